"""What people give: files, folders, patterns, lists, films, arrays; with spaces, links, upper case and rubbish."""
import os

import cv2
import numpy as np
import pytest

from mmdepthcls.apis.picture_source import PictureSources, frame_rate


@pytest.fixture
def tree(tmp_path, builders):
    """A folder as people have them."""
    for name in ('b.png', 'a b.PNG', 'sub/c.jpg', 'sub/deep/d.png', '._b.png', '.hidden/e.png', 'Thumbs.db',
                 '__MACOSX/b.png', 'notes.txt', 'sub/[1].png'):
        builders.write(tmp_path / 'in' / name, builders.image())
    (tmp_path / 'in/loop').symlink_to(tmp_path / 'in')
    return tmp_path / 'in'


def names(inputs, **options):
    return [source.name for source in PictureSources(inputs, **options)]


ALL = ['a b.PNG', 'b.png', 'sub/[1].png', 'sub/c.jpg', 'sub/deep/d.png']


def test_folders(tree, tmp_path, builders):
    assert names(str(tree)) == names(tree) == names([str(tree) + '/']) == ALL
    builders.write(tmp_path / 'other/b.png', builders.image())
    assert names([tree, tmp_path / 'other']) == [f'in/{name}' for name in ALL] + ['other/b.png']
    assert names([tree, tree]) == [f'{name}' for name in ALL]  # once
    sources = PictureSources(tree)
    assert sources.total == 5 and next(iter(sources)).read().shape == (*builders.size, 3)


def test_files_and_patterns_keep_the_folders_that_tell_them_apart(tree):
    assert names([tree / 'b.png', tree / 'sub/c.jpg']) == ['b.png', 'c.jpg']
    (tree / 'sub/b.png').write_bytes((tree / 'b.png').read_bytes())
    assert names([tree / 'b.png', tree / 'sub/b.png']) == ['b.png', 'sub/b.png']
    (tree / 'sub/b.png').unlink()
    assert names(tree / 'sub/c.jpg') == ['c.jpg']
    assert names(f'{tree}/sub/**/*.*') == ['[1].png', 'c.jpg', 'deep/d.png']
    assert names(f'{tree}/*.png') == ['b.png']
    assert names(tree / 'sub/[1].png') == ['[1].png']  # the file, and no pattern
    assert names([tree / 'b.png', tree / 'b.png', f'{tree}/b.*']) == ['b.png']


def test_lists(tree, tmp_path):
    (tree / 'list.txt').write_text('# mine\nb.png None 721.5\n\n"a b.PNG"\nsub/c.jpg\n')
    assert names(tree / 'list.txt') == ['b.png', 'a b.PNG', 'sub/c.jpg']
    (tmp_path / 'list.txt').write_text(f'{tree}/b.png\nin/sub/c.jpg\n')
    assert names(tmp_path / 'list.txt') == ['b.png', 'sub/c.jpg']
    (tmp_path / 'elsewhere').mkdir()
    (tmp_path / 'elsewhere/list.txt').write_text(f'{tree}/b.png\n')
    with pytest.raises(ValueError, match='line 1: .*--list-root'):
        names(tmp_path / 'elsewhere/list.txt')
    assert names(tmp_path / 'elsewhere/list.txt', list_root=str(tree)) == ['b.png']
    (tmp_path / 'list.txt').write_text('../secret.png\n')
    with pytest.raises(ValueError, match='leaves'):
        names(tmp_path / 'list.txt')


def test_results_do_not_become_inputs(tree, builders):
    builders.write(tree / 'out/b.png', builders.image())
    builders.write(tree / 'before/x/b.png', builders.image())
    def results(folder):
        return {'x/b.png'} if folder == str(tree / 'before') else None

    sources = PictureSources(tree, without=tree / 'out', results=results)
    assert [source.name for source in sources] == ALL and sources.skipped == [str(tree / 'before')]
    with pytest.raises(FileNotFoundError, match='holds no pictures but results of before'):
        PictureSources(tree / 'before', results=results)
    assert names(f'{tree}/*/b.png', without=tree / 'out') == ['b.png']  # by the link; what is hidden is passed over


def test_pictures_beside_results_are_pictures(tree, monkeypatch):
    """Of a picture that was predicted into its own folder, and of a folder above that of the pictures."""
    def results(folder):
        return {'b.png', 'deep/d.png'} if folder == str(tree / 'sub') else None

    (tree / 'sub/b.png').write_bytes((tree / 'b.png').read_bytes())
    assert names(tree, results=results) == ['a b.PNG', 'b.png', 'sub/[1].png', 'sub/c.jpg']
    assert names(tree / 'sub', without=tree, results=results) == ['[1].png', 'c.jpg']
    monkeypatch.chdir(tree / 'sub')
    for pattern in ('*.*', f'{tree}/sub/*'):
        assert names(pattern, without='.', results=results) == ['[1].png', 'c.jpg']
        assert names(pattern, without='..', results=results) == ['[1].png', 'c.jpg']
    assert names('**/*.*', without='deep', results=results) == ['[1].png', 'c.jpg']


def test_what_follows_a_broken_film_is_read(tree):
    (tree / 'broken.mp4').write_bytes(b'film')
    broken, picture = PictureSources([tree / 'broken.mp4', tree / 'b.png'])
    assert picture.read().size and str(broken) == str(tree / 'broken.mp4')
    with pytest.raises(ValueError, match=r'broken\.mp4: OpenCV reads no frame'):
        broken.read()


@pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='a system without pipes')
def test_pipes_are_not_waited_for(tree):
    os.mkfifo(tree / 'pipe.jpg')
    with pytest.raises(ValueError, match='pipe or a device'):
        PictureSources(tree / 'pipe.jpg')
    (tree / 'list.txt').write_text('pipe.jpg\n')
    with pytest.raises(ValueError, match='pipe or a device'):
        next(iter(PictureSources(tree / 'list.txt'))).read()


def test_films_of_equal_names_have_folders_of_their_own(film):
    assert names([film('a/x.mp4'), film('b/x.mp4')], frames=1) == ['a/x.mp4/000000', 'b/x.mp4/000000']


@pytest.fixture
def film(tmp_path):
    """Makes a film of two frames."""
    def make(name):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        writer = cv2.VideoWriter(str(tmp_path / name), cv2.VideoWriter.fourcc(*'mp4v'), 10, (64, 48))
        for value in (0, 99):
            writer.write(np.full((48, 64, 3), value, np.uint8))
        writer.release()
        return tmp_path / name
    return make


def test_films(tmp_path):
    path = tmp_path / 'my film.MP4'
    writer = cv2.VideoWriter(str(tmp_path / 'a.mp4'), cv2.VideoWriter.fourcc(*'mp4v'), 10, (64, 48))
    for index in range(6):
        writer.write(np.full((48, 64, 3), (0, 0, 40 * index), np.uint8))
    writer.release()
    os.rename(tmp_path / 'a.mp4', path)
    sources = PictureSources(path)
    frames = list(sources)
    assert sources.total == 6 and sources.has_films and frame_rate(str(path)) == 10
    assert [frame.name for frame in frames] == [f'my film.MP4/{index:06d}' for index in range(6)]
    assert [round(frame.read()[..., 0].mean() / 40) for frame in frames] == list(range(6))  # red, in order
    assert names(path, frames=2) == ['my film.MP4/000000', 'my film.MP4/000001']
    (tmp_path / 'broken.mp4').write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match=r'broken\.mp4: OpenCV reads no frame'):
        next(iter(PictureSources(tmp_path / 'broken.mp4'))).read()
    (tmp_path / 'broken.mp4').unlink()
    with pytest.raises(FileNotFoundError, match=r'Give films by their names: my film\.MP4'):
        PictureSources(tmp_path)


def test_a_camera_that_is_not_there():
    with pytest.raises(ValueError, match='camera 97'):
        next(iter(PictureSources('97'))).read()


@pytest.mark.parametrize(('given', 'words'), [
    ('none.png', r'none\.png does not exist: .* holds'), ('empty', 'holds no pictures'), ('*.gif', 'fits no picture'),
    ('empty.txt', 'lists no pictures'), ('none/none.png', 'does not exist')])
def test_what_is_not_there(tmp_path, monkeypatch, given, words):
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'empty.txt').write_text('\n# nothing\n')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=words):
        PictureSources(given)


def test_what_is_no_path():
    for given in ([], [3], [None]):
        with pytest.raises((TypeError, FileNotFoundError)):
            PictureSources(given)
