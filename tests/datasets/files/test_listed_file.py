"""Files that lists name."""
import pytest

from mmdepthcls.datasets.files.file_finder import FileFinder
from mmdepthcls.datasets.files.listed_file import listed_path


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'rgb').mkdir()
    for name in ('rgb/0.png', 'rgb/0.jpg', 'rgb/1.PNG'):
        (tmp_path / name).write_bytes(b'')
    return tmp_path / 'rgb'


@pytest.mark.parametrize('name, expected', [
    ('0.png', '0.png'), ('./0.png', '0.png'), ('/0.png', '0.png'), ('rgb/0.png', '0.png'), ('1', '1.PNG'),
    ('1.png', '1.PNG'), ('7.png', '7.png')])
def test_names_as_people_write_them(folder, name, expected):
    assert listed_path(FileFinder(), str(folder), name, ('.png', '.jpg'), 'LIST, line 3') == str(folder / expected)


@pytest.mark.parametrize('name, words', [
    ('0', "'0' may be .*0.png or .*0.jpg. Write the ending"),
    ('../rgb/0.png', "path '../rgb/0.png' leaves the data root"),
    ('', "path '' leaves the data root, or is none")])
def test_what_names_no_file_is_refused(folder, name, words):
    with pytest.raises(ValueError, match=f'LIST, line 3: {words}'):
        listed_path(FileFinder(), str(folder), name, ('.png', '.jpg'), 'LIST, line 3')
