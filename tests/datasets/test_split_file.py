"""Split files and the paths in them."""
import os

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mmdepthcls.datasets.files.inside_path import join_inside
from mmdepthcls.datasets.split_file import read_split_file


def write(folder, text):
    path = folder / 'split.txt'
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def columns(folder, text):
    return [found for _, found in read_split_file(write(folder, text))]


def test_lines_are_numbered_as_an_editor_does(tmp_path):
    path = write(tmp_path, b'\xef\xbb\xbfa b\r\n\r\n# c d\r e  f g \r\nh')
    assert list(read_split_file(path)) == [
        (f'{path}, line 1', ['a', 'b']), (f'{path}, line 4', ['e', 'f', 'g']), (f'{path}, line 5', ['h'])]


IMAGE, DEPTH = 'my images/frame 1.png', 'my depth/frame 1.npy'


@pytest.mark.parametrize('line, expected', [
    (f'{IMAGE}\t{DEPTH}', [IMAGE, DEPTH]),
    (f'{IMAGE} \t\t {DEPTH}\t518.8', [IMAGE, DEPTH, '518.8']),
    (f'"{IMAGE}" "{DEPTH}" 518.8', [IMAGE, DEPTH, '518.8']),
    (f"'{IMAGE}' '{DEPTH}'", [IMAGE, DEPTH]),
    (f'{IMAGE} {DEPTH} 518.8', [IMAGE, DEPTH, '518.8']),
    (f'{IMAGE} None 518.8', [IMAGE, 'None', '518.8']),
    (f'{IMAGE}, {DEPTH}, 518.8', [IMAGE, DEPTH, '518.8']),
    (f'{IMAGE},,518.8', [IMAGE, 'None', '518.8']),
    (f'{IMAGE};{DEPTH};518,8', [IMAGE, DEPTH, '518,8']),
    ('"a ""b"".png","c,d.png"', ['a "b".png', 'c,d.png']),
    ('i/a,b.png d/a,b.png', ['i/a,b.png', 'd/a,b.png']),
    ("bob's.png ann's.png", ["bob's.png", "ann's.png"]),
    ('a.png d.png\t518.8', ['a.png', 'd.png', '518.8']),
    ('7,i/a.png,d/a.png', ['i/a.png', 'd/a.png', '7']),
    ('1.5 rgb/1.5.png 1.6 depth/1.6.png', ['rgb/1.5.png', 'depth/1.6.png', '1.5', '1.6']),
    ('1.6 depth/1.6.png 1.5 rgb/1.5.png', ['rgb/1.5.png', 'depth/1.6.png', '1.6', '1.5']),
    ('1.5 a.png 1.6 b.png 0.1 -0.2', ['a.png', 'b.png', '1.5', '1.6', '0.1', '-0.2']),
    ('2011_09_26/2011_09_26_drive_0001_sync 6 l', ['2011_09_26/2011_09_26_drive_0001_sync', '6', 'l']),
    ('2011_09_26/2011_09_26_drive_0001_sync,6,l', ['2011_09_26/2011_09_26_drive_0001_sync', '6', 'l']),
    (r'k\rgb_1.jpg k\d_1.png', ['k/rgb_1.jpg', 'k/d_1.png']),
    ('a\xa0b.png\u3000c.png d.png', ['a\xa0b.png\u3000c.png', 'd.png']),
])
def test_forms_of_a_line(tmp_path, line, expected):
    assert columns(tmp_path, f'{line}\n') == [expected]


@pytest.mark.parametrize('header, row, expected', [
    ('image,depth', 'a.png,b.png', ['a.png', 'b.png']),
    ('image depth', 'a.png b.png', ['a.png', 'b.png']),
    ('depth_path\timage_path', 'b c.png\ta.png', ['a.png', 'b c.png']),
    ('scene,RGB,Depth,focal', 'kitchen,a.png,b.png,518', ['a.png', 'b.png', 'kitchen', '518']),
    ('timestamp;imageFile;timestamp;depthFile', '1;a.png;2;b.png', ['a.png', 'b.png', '1', '2']),
    ('left,right', 'a.png,b.png', ['a.png', 'b.png']),
])
def test_a_header_says_which_column_is_which(tmp_path, header, row, expected):
    assert columns(tmp_path, f'# table\n{header}\n{row}\n{row}') == [expected] * 2


NAME = st.text(st.characters(blacklist_characters='/\\"\0\x1c\x1d\x1e', blacklist_categories=['Cs', 'Cc']), max_size=8)
FILE = st.lists(NAME, min_size=1, max_size=3).map(lambda parts: f'{"/".join(parts)}.png')


@settings(deadline=None, max_examples=200)
@given(image=FILE, depth=FILE, separator=st.sampled_from(' \t,;'), end=st.sampled_from(['\n', '\r\n', '\r']))
def test_every_name_can_be_written_in_quotes(tmp_path_factory, image, depth, separator, end):
    folder = tmp_path_factory.getbasetemp()
    line = f'"{image}"{separator}"{depth}"{end}'
    assert columns(folder, f'{line}# note{end}{line}') == [[image, depth]] * 2


@settings(deadline=None, max_examples=200)
@given(image=FILE, depth=FILE)
def test_every_name_can_be_written_between_tabs(tmp_path_factory, image, depth):
    assume(not {'\x85', '\u2028', '\u2029'} & set(image + depth) and '.png ' not in image + depth)
    assume(image == image.strip(" '\ufeff#") and depth == depth.strip(" '\ufeff#"))
    assert columns(tmp_path_factory.getbasetemp(), f'{image}\t{depth}\n') == [[image, depth]]


@pytest.mark.parametrize('char, name', [('\v', 'a vertical tab'), ('\f', 'a form feed'), ('\x85', r'.*\(U\+0085\)'),
                                        ('\u2028', 'a line separator'), ('\u2029', 'a paragraph separator')])
def test_what_only_some_programs_call_the_end_of_a_line_is_refused_inside_of_one(tmp_path, char, name):
    path = write(tmp_path, f'a.png b.png\nc.png d.png{char}e.png f.png\n')
    with pytest.raises(ValueError, match=f'split.txt, line 2: the line holds {name}.* Is it two samples'):
        list(read_split_file(path))
    # Around a line it does no harm, and in quotes it is meant.
    assert columns(tmp_path, f'a.png b.png{char}\n{char}\n{char}c.png 7') == [['a.png', 'b.png'], ['c.png', '7']]
    assert columns(tmp_path, f'"a{char}.png" b.png') == [[f'a{char}.png', 'b.png']]


def test_two_samples_on_one_line(tmp_path):
    with pytest.raises(ValueError, match="line 1: the line seems to hold two samples, 'i/0.png' and 'i/1.png'"):
        columns(tmp_path, 'i/0.png d/0.png i/1.png d/1.png')
    assert columns(tmp_path, 'i/0.png d/0.png mask/0.png pose/0.png') == [
        ['i/0.png', 'd/0.png', 'mask/0.png', 'pose/0.png']]


@pytest.mark.parametrize('content', [bytes(range(256)), b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'a b'.encode('utf-16-le'),
                                     'é.png d.png'.encode('latin-1'), 'a b'.encode('utf-16')[:-1], b'a b\0c d'])
def test_what_is_no_text(tmp_path, content):
    with pytest.raises(ValueError, match='split.txt: a split file is UTF-8 text, this is not.*[sS]ave it as UTF-8'):
        columns(tmp_path, content)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='Mine: split file .*split.txt does not exist'):
        list(read_split_file(str(tmp_path / 'split.txt'), 'Mine'))
    with pytest.raises(ValueError, match='Mine: .* is a folder, expected a split file'):
        list(read_split_file(str(tmp_path), 'Mine'))


@settings(deadline=None)
@given(st.lists(st.sampled_from(['a', 'b', '.', '..', '...', '..c']), min_size=1, max_size=6).map('/'.join),
       st.booleans())
def test_join_inside_never_leaves(name, slash):
    depth = lowest = 0  # folders below the root, walking the path part by part
    for part in name.split('/'):
        depth += 0 if part == '.' else -1 if part == '..' else 1
        lowest = min(lowest, depth)
    try:
        joined = join_inside('root', '/' * slash + name, 'here')
    except ValueError:
        assert lowest < 0 or depth == 0
    else:
        assert joined == os.path.normpath(f'root/{name}') and joined.startswith('root/') and lowest == 0


@pytest.mark.parametrize('name', ['..', '../a', 'a/../../b', '/../a', '//host/a', 'C:/a', 'c:a', '', '/', '.'])
def test_what_leaves_or_names_nothing_is_refused(name):
    with pytest.raises(ValueError, match='LIST, line 7: path .* leaves the data root, or is none'):
        join_inside('root', name, 'LIST, line 7')


@pytest.mark.parametrize('line, expected', [
    ('depth/0.png rgb/0.png', ['rgb/0.png', 'depth/0.png']),
    ('depth/0.png,rgb/0.png,518.8', ['rgb/0.png', 'depth/0.png', '518.8']),
    ('left/0.png right/0.png depth/0.png', ['left/0.png', 'right/0.png', 'depth/0.png']),
    ('rgb/0.png rgb/1.png depth/0.png', ['rgb/0.png', 'depth/0.png', 'rgb/1.png']),
    ('nyu_depth/0.png labels/0.png', ['nyu_depth/0.png', 'labels/0.png']),
    ('depth/image/0.png depth/gt/0.png', ['depth/image/0.png', 'depth/gt/0.png']),
    ('rgb/0.png|depth/0.png', ['rgb/0.png', 'depth/0.png']), ('rgb/0.png -', ['rgb/0.png', 'None'])])
def test_columns_whose_words_say_what_they_are(tmp_path, line, expected):
    assert columns(tmp_path, f'{line}\n\x1a') == [expected]


@pytest.mark.parametrize('name, text, kind', [
    ('a.json', '[{"image": "a.png"}]', 'JSON'), ('a.txt', '{"image": "a.png"}\n{"image": "b.png"}\n', 'JSON'),
    ('a.yaml', '- image: a.png\n', 'YAML'), ('a.txt', "('a.png', 'b.png')\n('c.png', 'd.png')\n", 'Python'),
    ('nyu.mat', 'MATLAB 5.0', 'a MATLAB file')])
def test_lists_of_another_form_are_named(tmp_path, name, text, kind):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=f"{name}: .*'IMAGE DEPTH'.* this is {kind}"):
        list(read_split_file(str(path)))


def test_brackets_in_a_name_are_no_json(tmp_path):
    assert columns(tmp_path, '[1].png (1).png\n') == [['[1].png', '(1).png']]
