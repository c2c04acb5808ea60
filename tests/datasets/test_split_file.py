"""Split files and the paths in them."""
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.datasets.split_file import join_inside, read_split_file


def test_lines_are_numbered_as_an_editor_does(tmp_path):
    path = tmp_path / 'split.txt'
    path.write_bytes(b'\xef\xbb\xbfa b\r\n\r\n# c d\r\n e  f\tg \r\nh')
    assert list(read_split_file(str(path))) == [
        (f'{path}, line 1', ['a', 'b']), (f'{path}, line 4', ['e', 'f', 'g']), (f'{path}, line 5', ['h'])]


def test_no_file_and_no_text(tmp_path):
    path = tmp_path / 'split.txt'
    with pytest.raises(FileNotFoundError, match='Mine: split file .*split.txt does not exist'):
        list(read_split_file(str(path), 'Mine'))
    path.write_bytes('a b'.encode('utf-16'))
    with pytest.raises(ValueError, match='split.txt: a split file is UTF-8 text'):
        list(read_split_file(str(path)))


@settings(deadline=None)
@given(st.lists(st.sampled_from(['a', 'b', '.', '..', '...', '..c']), min_size=1, max_size=6).map('/'.join))
def test_join_inside_never_leaves(name):
    depth = lowest = 0  # folders below the root, walking the path part by part
    for part in name.split('/'):
        depth += 0 if part == '.' else -1 if part == '..' else 1
        lowest = min(lowest, depth)
    try:
        joined = join_inside('root', name, 'here')
    except ValueError:
        assert lowest < 0
    else:
        assert joined == f'root/{name}' and lowest == 0
