"""Names of prediction files, what is written into them, how they are found and read."""
import os
import tempfile
from pathlib import PurePosixPath

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import BUILDERS

from mmdepthcls.datasets.depth_format import DepthFileError, DepthFormat
from mmdepthcls.evaluation.files.prediction_files import (
    PredictionWriter,
    camera_of_name,
    find_predictions,
    frame_of_name,
    match_predictions,
    prediction_name,
    read_prediction,
)

DRIVE, OTHER = '2011_09_26_drive_0002', '2011_09_26_drive_0009'
ONE = np.ones((2, 3), np.float32)


def units_of(path):
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


# ------------------------------------------------------------------------------------------------------------- writing
PARTS = st.one_of(st.sampled_from(['..', '.', '', '~', '...', 'a.b', '.png', 'C:', '\\..\\', ' ']),
                  st.text(st.characters(blacklist_characters='/\0', blacklist_categories=['Cs']), max_size=8))


@settings(deadline=None)
@given(st.lists(PARTS, max_size=8), st.booleans())
def test_a_name_never_leads_out_of_the_folder(parts, absolute):
    img_path = '/' * absolute + '/'.join(parts)
    try:
        name = prediction_name(img_path)
    except ValueError:
        assert PurePosixPath(img_path).name in ('', '..')
        return
    path = PurePosixPath(name)
    assert not path.is_absolute() and '..' not in path.parts and 1 <= len(path.parts) <= 4 and name.endswith('.png')
    assert os.path.normpath(os.path.join('/folder', name)).startswith('/folder/')


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.sampled_from(['a', 'b', '..', 'x.png', 'x.jpg', 'y']), min_size=1, max_size=6),
                min_size=2, max_size=4))
def test_no_prediction_overwrites_another(paths):
    with tempfile.TemporaryDirectory() as folder:
        writer, contents = PredictionWriter(folder), {}
        for value, parts in enumerate(paths, 1):
            img_path = '/'.join(parts)
            try:
                contents[writer.write(value * ONE, img_path)] = (value, img_path)
            except (ValueError, OSError):  # OSError: a folder and a file of one name
                continue
        for path, (value, img_path) in contents.items():
            assert (units_of(path) == value * 256).all()
            # Only the same image may have been written there before.
            assert [other for other, name in contents.values() if name == img_path] == [value]


def test_two_images_of_one_name_are_refused_and_one_image_may_come_again(tmp_path):
    writer = PredictionWriter(tmp_path / 'out')
    path = writer.write(ONE, '/one/a/b/c/d.jpg')
    assert path == tmp_path / 'out/a/b/c/d.png' == writer.write(2 * ONE, '/one/a/b/c/d.jpg')
    with pytest.raises(ValueError, match=r'/two/a/b/c/d.jpg and /one/a/b/c/d.jpg would both be written to .*d\.png'):
        writer.write(ONE, '/two/a/b/c/d.jpg')
    assert (units_of(path) == 512).all()
    assert [file.name for file in (tmp_path / 'out').rglob('*') if file.is_file()] == ['d.png']  # nothing temporary
    with pytest.raises(ValueError, match="'/' has no file name"):
        writer.write(ONE, '/')


def test_values_are_rounded_and_saturate_and_bad_ones_are_not_predicted(tmp_path):
    pred = np.array([[0, np.nan, -1, np.inf, -np.inf], [1e-9, 0.001, 1, 255.99, 255.997],
                     [256, 1e6, 1e30, 2.003, 2.001]])
    path = PredictionWriter(tmp_path).write(pred, 'a.png')
    assert units_of(path).dtype == np.uint16
    assert units_of(path).tolist() == [[0] * 5, [1, 1, 256, 65533, 65535], [65535, 65535, 65535, 513, 512]]
    np.testing.assert_array_equal(read_prediction(path), units_of(path) / np.float32(256))


# ------------------------------------------------------------------------------------------------------------- reading
@pytest.mark.parametrize('dtype', ['<f4', '>f4', '<f8', '<f2'])
@pytest.mark.parametrize('shape', [(2, 3), (1, 2, 3), (2, 3, 1)])
def test_bad_values_of_arrays_reach_the_scoring(tmp_path, dtype, shape):
    values = np.array([[np.nan, -1, np.inf], [0, -np.inf, 2.5]], dtype)
    np.save(tmp_path / 'a.npy', values.reshape(shape))
    np.savez(tmp_path / 'a.npz', depth=values)
    for name in ('a.npy', 'a.npz'):
        depth = read_prediction(tmp_path / name)
        assert depth.dtype == (np.float64 if dtype == '<f8' else np.float32) and depth.dtype.isnative
        np.testing.assert_array_equal(depth, values.astype(np.float64))


def test_the_scale_is_256_for_whole_numbers_and_1_for_floating_point_unless_it_is_given(tmp_path):
    BUILDERS.write(tmp_path / 'a.png', np.array([[0, 1, 65535]], np.uint16))
    np.save(tmp_path / 'u.npy', np.array([[512, 2**31]], np.uint32))
    np.save(tmp_path / 'f.npy', np.array([[512.0]], np.float32))
    np.save(tmp_path / 'i.npy', np.array([[-512, 512]], np.int16))
    assert read_prediction(tmp_path / 'a.png').tolist() == [[0, 1 / 256, 65535 / 256]]
    millimetres = read_prediction(tmp_path / 'a.png', DepthFormat(scale=1000))
    assert millimetres.tolist() == [[0, np.float32(0.001), np.float32(65.535)]]
    assert read_prediction(tmp_path / 'u.npy').tolist() == [[2, 2**23]]
    assert read_prediction(tmp_path / 'f.npy').tolist() == [[512]]
    assert read_prediction(tmp_path / 'f.npy', DepthFormat(scale=256)).tolist() == [[2]]
    assert read_prediction(tmp_path / 'i.npy').tolist() == [[0, 2]]  # 0 is as bad as -2


@pytest.mark.parametrize('name, content, message', [
    ('a.png', np.zeros((2, 2), np.uint8), 'expected 16-bit depth, got 8 bits'),
    ('a.png', BUILDERS.png_bytes(np.ones((9, 9), np.uint16))[:-20], 'a.png: the PNG is truncated'),
    ('a.npy', b'nothing', 'a.npy: expected a NumPy array'),
])
def test_a_file_that_is_no_depth_is_named(tmp_path, name, content, message):
    BUILDERS.write(tmp_path / name, content)
    with pytest.raises(DepthFileError, match=message):
        read_prediction(tmp_path / name)


# ------------------------------------------------------------------------------------------------------------- finding
def test_found_are_the_depth_files_below_a_folder_in_order(tmp_path):
    for name in ('b/2.png', 'b/1.NPY', 'a.npz', 'notes.txt', '.hidden/1.png', '.1.png.77.tmp', 'b/.1.png'):
        BUILDERS.write(tmp_path / name, b'')
    assert find_predictions(tmp_path) == ['a.npz', 'b/1.NPY', 'b/2.png']
    (tmp_path / 'empty').mkdir()
    for folder, message in (('empty', 'holds no depth file'), ('nowhere', 'there is no such folder')):
        with pytest.raises(FileNotFoundError, match=f'{folder}.*{message}'):
            find_predictions(tmp_path / folder)


def test_links_are_followed_and_what_leads_nowhere_is_an_error(tmp_path):
    BUILDERS.write(tmp_path / 'disk/a/0.png', b'')
    BUILDERS.write(tmp_path / 'out/b/0.PNG', b'')
    BUILDERS.write(tmp_path / 'out/@eaDir/0.png', b'')
    (tmp_path / 'out/a').symlink_to(tmp_path / 'disk/a')
    (tmp_path / 'out/b/loop').symlink_to('..')
    assert find_predictions(tmp_path / 'out') == ['a/0.png', 'b/0.PNG']
    (tmp_path / 'out/c').symlink_to('gone')
    with pytest.raises(FileNotFoundError, match='out/c is a link to gone, which does not exist'):
        find_predictions(tmp_path / 'out')


def test_accents_may_be_spelled_differently():
    composed, decomposed = '\u00e9/\u00e9.png', 'e\u0301/e\u0301.png'
    assert match_predictions([decomposed], [composed]) == {composed: decomposed}
    assert match_predictions(['out/e\u0301.npy'], [composed]) == {composed: 'out/e\u0301.npy'}


@pytest.mark.parametrize('name, frame, camera', [
    (f'{DRIVE}_sync/image_02/data/0000000069.png', (DRIVE, 69), 2),
    (f'raw/2011_09_26/{DRIVE}_sync/image_03/data/0000000069.npy', (DRIVE, 69), 3),
    (f'{DRIVE}_sync_image_02_0000000069.png', (DRIVE, 69), 2),
    (f'{DRIVE}_sync_0000000069.png', (DRIVE, 69), None),
    (f'result_bts/raw/{DRIVE}_sync_0000000069.png', (DRIVE, 69), None),
    (f'{DRIVE}_sync_02_0000000069_depth.png', (DRIVE, 69), None),
    (f'{DRIVE}_sync_groundtruth_depth_0000000069_image_03.png', (DRIVE, 69), 3),
    (f'train/{DRIVE}_sync/proj_depth/groundtruth/image_02/0000000069.png', (DRIVE, 69), 2),
    (f'{DRIVE}/69.png', (DRIVE, 69), None),
    (f'{DRIVE}_sync/{DRIVE}_sync_0000000069.png', (DRIVE, 69), None),
    (f'{DRIVE}_sync/69_v2.png', None, None),  # 69 or 2?
    (f'{DRIVE}_sync/{OTHER}_sync_0000000069.png', None, None),
    (f'{DRIVE}_sync/depth.png', None, None),
    ('0000000069.png', None, None),
    ('data/image/test/000003.png', None, None),
])
def test_what_names_tell_of_kitti(name, frame, camera):
    assert (frame_of_name(name), camera_of_name(name)) == (frame, camera)


KITTI = [f'{drive}_sync/image_02/data/{frame:010d}.png' for drive in (DRIVE, OTHER) for frame in (5, 69)]


def test_matched_by_drive_and_frame():
    files = [f'{DRIVE}_sync_0000000069.png', f'x/{OTHER}_sync_image_02_0000000005.npy',
             f'{OTHER}_sync_image_03_0000000069.png', f'{OTHER}_sync_0000000070.png', '0000000005.png']
    assert match_predictions(files, KITTI) == {KITTI[1]: files[0], KITTI[2]: files[1]}


def test_matched_by_path_or_else_by_file_name():
    names = ['town/1.png', 'town/2.png', 'field/1.png']
    assert match_predictions(['town/1.npy', 'field/1.png', '2.png'], names) == {
        'town/1.png': 'town/1.npy', 'field/1.png': 'field/1.png'}
    assert match_predictions(['out/2.npy', 'out/7.npy'], names) == {'town/2.png': 'out/2.npy'}
    assert match_predictions(['out/7.npy'], names) == {}
    assert match_predictions(['0000000069.png'], KITTI[:2]) == {KITTI[1]: '0000000069.png'}
    # A drive in the name is believed.
    assert match_predictions([f'{OTHER}_sync/a/0000000069.png'], KITTI[:2]) == {}


@pytest.mark.parametrize('files, names, message', [
    ([f'{DRIVE}_sync_0000000069.png', f'{DRIVE}_sync/image_02/0000000069.npy'], KITTI,
     f'both {DRIVE}_sync_0000000069.png and {DRIVE}_sync/image_02/0000000069.npy may be .* for {KITTI[1]}'),
    (['a/1.png', 'a/1.npy'], ['a/1.png'], 'both a/1.png and a/1.npy'),
    (['a/1.png', 'b/1.png'], ['c/1.png'], 'both a/1.png and b/1.png'),
    (['1.png'], ['a/1.png', 'b/1.png'], '1.png may be for a/1.png and for b/1.png'),
    (['0000000069.png'], KITTI, f'0000000069.png may be for {KITTI[1]} and for {KITTI[3]}'),
])
def test_what_may_be_two_things_is_refused_and_both_are_named(files, names, message):
    with pytest.raises(ValueError, match=message):
        match_predictions(files, names)


@settings(deadline=None)
@given(st.sets(st.tuples(st.sampled_from([DRIVE, OTHER]), st.integers(0, 9999999999)), min_size=1, max_size=9),
       st.randoms())
def test_everything_that_a_writer_names_is_found_again(frames, random):
    names = [f'{drive}_sync/image_02/data/{frame:010d}.png' for drive, frame in frames]
    written = [prediction_name(f'/kitti/raw/2011_09_26/{name}') for name in names]
    random.shuffle(written)
    assert match_predictions(written, names) == {name: name for name in names}


@pytest.mark.parametrize('files, names', [
    (['x/a/0.npy', 'x/b/0.npy'], ['a/0.png', 'b/0.png']), (['a/0.npy', 'b/0.npy'], ['y/z/a/0.png', 'y/z/b/0.png']),
    (['a/rgb/0.npy', 'b/rgb/0.npy'], ['a/depth/0.png', 'b/depth/0.png']),
    (['a_0.npy', 'b_0.npy'], ['a/0.png', 'b/0.png']), (['a-x-0.npy', 'b-x-0.npy'], ['a/x/0.png', 'b/x/0.png'])])
def test_folders_that_only_one_side_has(files, names):
    """Equal names in different scenes stay apart; so does a scene that has no prediction."""
    assert match_predictions(files, names) == dict(zip(names, files, strict=True))
    assert match_predictions(files[:1], names) == {names[0]: files[0]}


def test_folders_that_do_not_tell():
    with pytest.raises(ValueError, match='may be for a/0.png and for b/0.png'):
        match_predictions(['0.npy'], ['a/0.png', 'b/0.png'])
    with pytest.raises(ValueError, match='both a_0_1.npy and a-0-1.npy'):
        match_predictions(['a_0_1.npy', 'a-0-1.npy'], ['a/0/1.png'])


def test_what_a_folder_without_depth_holds(tmp_path):
    for name in ('0.pt', '1.pt', 'x'):
        (tmp_path / name).write_bytes(b'\0')
    with pytest.raises(FileNotFoundError, match='no depth file .*; it holds 1 without ending, 2 .pt'):
        find_predictions(tmp_path)
