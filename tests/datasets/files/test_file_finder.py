"""Files that are found: links, loops, hidden and system files, endings, spellings."""
import os

import pytest

from mmdepthcls.datasets.files.file_finder import FileFinder, check_usable, find_files


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b'')


def names(folder, suffixes=('.png', )):
    return find_files(folder, suffixes).names


def test_endings_in_any_case_in_order(tmp_path):
    touch(tmp_path, 'b/2.PNG', 'b/10.png', 'a.Png', 'a/1.png', 'c.jpg', 'd.JPEG', 'notes.txt', 'e.png.txt')
    assert names(tmp_path) == ['a.Png', 'a/1.png', 'b/10.png', 'b/2.PNG']
    assert names(tmp_path, ('.JPG', '.jpeg')) == ['c.jpg', 'd.JPEG']


def test_hidden_and_system_files_are_passed_over(tmp_path):
    root = tmp_path / '.data'  # the folder itself may be hidden
    touch(root, 'a.png', '.b.png', '._a.png', '.ipynb_checkpoints/a.png', '__MACOSX/a.png', '@eaDir/a.png/THUMB.png',
          '$RECYCLE.BIN/a.png', 'lost+found/a.png', 'Thumbs.db', 'desktop.ini', 'sub/._c.png', 'sub/c.png')
    assert names(root) == ['a.png', 'sub/c.png']
    assert names(root, ('.png', '.db', '.ini')) == ['a.png', 'sub/c.png']


def test_links_are_followed_and_each_folder_is_read_once(tmp_path):
    root = tmp_path / 'data'
    touch(tmp_path, 'disk/a/1.png', 'disk/a/deep/2.png', 'data/b/3.png', 'disk/4.png')
    (root / 'a').symlink_to(tmp_path / 'disk/a')
    (root / 'latest').symlink_to('b')
    (root / '0').symlink_to(tmp_path / 'disk/a/deep')
    (root / 'file.png').symlink_to('../disk/4.png')
    found = find_files(root, ('.png', ))
    # 'b' counts where it lies. Of links the first by name.
    assert found.names == ['0/2.png', 'a/1.png', 'b/3.png', 'file.png']
    assert found.repeated == [('a/deep', '0'), ('latest', 'b')] and not found.unusable


@pytest.mark.parametrize('target', ['.', '..', '../..', 'b', 'loop', '/'])
def test_loops_end(tmp_path, target):
    root = tmp_path / 'above/data'
    touch(root, 'a/1.png', 'b/2.png', '../depth/1.png')
    (root / 'a/loop').symlink_to(root / 'a' / target if target != '/' else target)
    (root / 'b/back').symlink_to(root / 'a')
    found = find_files(root, ('.png', ))
    assert found.names == ['a/1.png', 'b/2.png']


def test_folders_that_link_to_each_other_do_not_multiply(tmp_path):
    for index in range(12):
        touch(tmp_path, f'{index}/x.png')
        for other in range(12):
            (tmp_path / f'{index}/to{other}').symlink_to(f'../{other}')
    assert len(names(tmp_path)) == 12


def test_what_leads_nowhere_is_reported(tmp_path):
    touch(tmp_path, 'a.png')
    for name in ('b.png', 'scene', 'notes.txt', '.hidden'):
        (tmp_path / name).symlink_to('gone')
    found = find_files(tmp_path, ('.png', ))
    assert found.names == ['a.png', 'b.png'] and found.unusable == ['scene']
    with pytest.raises(FileNotFoundError, match='scene is a link to gone, which does not exist. Mend or remove it'):
        check_usable(tmp_path, found)
    os.mkfifo(tmp_path / 'c.png')  # to open it would wait for ever
    assert find_files(tmp_path, ('.png', )).unusable == ['c.png', 'scene']


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path, monkeypatch):
    touch(tmp_path, 'a/1.png', 'b/2.png')
    scan = os.scandir

    def refuse(path):
        if str(path).endswith('b'):
            raise PermissionError(13, 'Permission denied', str(path))
        return scan(path)

    monkeypatch.setattr(os, 'scandir', refuse)
    with pytest.raises(PermissionError, match='/b'):
        find_files(tmp_path, ('.png', ))


def test_find_by_ending(tmp_path):
    touch(tmp_path, '0.PNG', '1.png', '1.PNG', '1.npy', 'X.png', 'é.png', 'e\u0301.TIF')
    finder = FileFinder()

    def find(name, *suffixes):
        return [os.path.basename(path) for path in finder.find(str(tmp_path / name), suffixes)]

    assert find('0', '.png', '.npy') == ['0.PNG']
    assert sorted(find('1', '.npy', '.png')) == ['1.PNG', '1.npy', '1.png']
    assert find('x', '.png') == []  # only of endings the case is no matter
    assert find('é', '.png', '.tif') == ['é.png'] and find('e\u0301', '.png', '.tif') == ['e\u0301.TIF']
    assert find('é', '.tif') == ['e\u0301.TIF'] and find('none', '.png') == [] and find('no/where', '.png') == []
