"""What stands in place of data: links that Git wrote as text, pointers of Git LFS, web pages."""
import os

import pytest

from mmdepthcls.datasets.files.file_finder import check_usable, find_files, why_missing
from mmdepthcls.datasets.files.stand_in import content_of, link_target, written_link


@pytest.mark.parametrize('data, expected', [
    (b'../disk/a', '../disk/a'), (b'disk/a\n', 'disk/a'), (b'0.png', '0.png'), ('ü/0.png'.encode(), 'ü/0.png'),
    (b'hello', None), (b'', None), (b'a/b\nc/d', None), (b'\x89PNG\r\n\x1a\n', None), (b'a/' * 5000, None)])
def test_links_written_as_text(data, expected):
    assert link_target(data) == expected


@pytest.mark.parametrize('data, what, remedy', [
    (b'version https://git-lfs.github.com/spec/v1\noid', 'Git LFS', 'git lfs pull'), (b'', 'empty', 'Copy'),
    (b'\n<!DOCTYPE html>', 'web page', 'fetch it again'), (b'../disk/0.png', "'../disk/0.png'", 'core.symlinks'),
    (b'\xff\xd8\xff\xe0' + bytes(20), 'a JPEG', 'name it as what it is')])
def test_what_a_file_is_instead(data, what, remedy):
    found = content_of(data)
    assert what in found[0] and remedy in found[1]


def test_a_written_link_among_files_is_not_passed_over(tmp_path):
    for name in ('disk/a/0.png', 'image/1.png', 'image/README', 'image/list.txt'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b'see docs/data.md')
    found = find_files(tmp_path / 'image', ('.png', ))
    assert found.names == ['1.png'] and not found.unusable and set(found.others) == {'', '.txt'}
    (tmp_path / 'image/a').write_bytes(b'../disk/a')
    found = find_files(tmp_path / 'image', ('.png', ))
    assert found.unusable == ['a']
    with pytest.raises(FileNotFoundError, match=r"image/a is the text '../disk/a'.*core.symlinks true"):
        check_usable(tmp_path / 'image', found)
    (tmp_path / 'image/a').unlink()
    (tmp_path / 'image/a').symlink_to('../disk/a')
    assert find_files(tmp_path / 'image', ('.png', )).names == ['1.png', 'a/0.png']


def test_what_lies_where_a_path_should_be(tmp_path):
    (tmp_path / 'depth').mkdir()
    for number in range(9):
        (tmp_path / f'depth/{number}_depth.png').write_bytes(b'')
    (tmp_path / 'image').write_bytes(b'depth')
    assert 'depth holds 7_depth.png, 0_depth.png' in why_missing(tmp_path / 'depth/7.png')
    assert why_missing(tmp_path / 'depth/7.png').endswith('and 4 more.')
    assert why_missing(tmp_path / 'image/0.png') == f'{tmp_path}/image is a file.'
    (tmp_path / 'image').write_bytes(b'../depth')
    assert 'core.symlinks' in why_missing(tmp_path / 'image/0.png')
    assert why_missing(tmp_path / 'no/such/0.png') == f'{tmp_path} holds depth, image.'


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / 'pipe')
    assert written_link(tmp_path / 'pipe') is None
