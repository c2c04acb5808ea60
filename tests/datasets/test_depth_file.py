"""Depth files of every kind: what their numbers mean, and that no damaged or foreign file passes."""
import io
import math
import re
import zipfile

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_data import png_bytes

from mmdepthcls.datasets.depth_file import DepthFormat, probe_depth, read_depth, read_values
from mmdepthcls.datasets.files.depth_png import DepthFileError

KITTI = DepthFormat()


def npy(values):
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def npz(compressed=False, **arrays):
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, **arrays)
    return file.getvalue()


# ---------------------------------------------------------------------------------------------------------------- units
def metres_by_definition(value, scale, invalid, offset, focal_baseline):
    """One stored value, by the words of the docstring."""
    if not value > 0 or math.isinf(value) or value in invalid or value - offset <= 0:
        return 0.0
    units = (value - offset) / scale
    return units if focal_baseline is None else focal_baseline / units


@settings(deadline=None)
@given(st.lists(st.integers(0, 65535), min_size=1, max_size=20), st.booleans(),
       st.sampled_from([None, 1.0, 100.0, 256.0, 1000.0]), st.sampled_from([(), (65535, ), (7, 65535)]),
       st.sampled_from([0.0, 1.0, 2.5]), st.none() | st.floats(1, 1000))
def test_metres_equal_the_definition(numbers, whole, scale, invalid, offset, focal_baseline):
    numbers += [0, 1, 7, 65535]
    values = np.array([numbers], np.uint16 if whole else np.float32)
    got = DepthFormat(scale=scale, invalid=invalid, offset=offset, focal_baseline=focal_baseline).metres(values)
    used = scale or (256.0 if whole else 1.0)
    expected = [metres_by_definition(value, used, invalid, offset, focal_baseline) for value in numbers]
    assert got.dtype == np.float32 and got.shape == values.shape
    np.testing.assert_allclose(got[0], expected, rtol=1e-6)


def test_values_that_are_no_measurement():
    values = np.array([[np.nan, np.inf, -np.inf, -1, 0, -0.0, 5, 1e38]], np.float32)
    assert DepthFormat().metres(values).tolist() == [[0, 0, 0, 0, 0, 0, 5, np.float32(1e38)]]
    assert DepthFormat(scale=1e-3).metres(values).tolist() == [[0, 0, 0, 0, 0, 0, 5000, 0]]  # 1e41 m is no float32
    assert DepthFormat(invalid=5).metres(values)[0, 6] == 0
    assert DepthFormat(invalid=[65535, 5]) == DepthFormat(invalid=(65535, 5))


@pytest.mark.parametrize('kwargs, message', [
    *((dict(scale=value), 'scale must be > 0') for value in (0, -256, math.inf, math.nan)),
    (dict(focal_baseline=0), 'focal_baseline must be > 0, got 0'),
    (dict(channels=5), 'channels must be 1..4, got 5'), (dict(scale='1000'), "scale must be > 0, got '1000'"),
    (dict(invalid='65535'), 'invalid must be numbers'), (dict(offset=math.nan), 'offset must be a finite number'),
    (dict(bits=8), 'scale must be given with bits=8'), (dict(bits=12, scale=1), 'bits must be one of')])
def test_settings_without_sense(kwargs, message):
    with pytest.raises(ValueError, match=f'depth_format: {message}'):
        DepthFormat(**kwargs)


def test_formats_of_configs():
    assert DepthFormat.of(None) == DepthFormat.of({}) == DepthFormat() and DepthFormat.of(KITTI) is KITTI
    assert DepthFormat.of(dict(scale=1000.0, bits=8)) == DepthFormat(scale=1000.0, bits=8)
    for wrong in (1000, 'mm', [1000.0], dict(factor=1000.0), dict(scale=2.0, scal=1.0)):
        with pytest.raises(ValueError, match=r'depth_format must be a dict of scale, channels, .* such as dict\(scale'):
            DepthFormat.of(wrong)


# ------------------------------------------------------------------------------------------------------- kinds of files
VALUES = np.random.default_rng(0).uniform(0.5, 90, (6, 9)).astype(np.float32)
FILES = {
    '.npy': npy(VALUES),
    '.npz': npz(depth=VALUES),
    '.tiff': cv2.imencode('.tiff', VALUES)[1].tobytes(),
    '.TIF': cv2.imencode('.tiff', VALUES)[1].tobytes(),
}


@pytest.mark.parametrize('suffix', FILES)
def test_floating_point_files_are_exact(tmp_path, suffix):
    np.testing.assert_array_equal(read_depth(FILES[suffix], f'a{suffix}', KITTI), VALUES)
    path = tmp_path / f'a{suffix}'
    path.write_bytes(FILES[suffix])
    assert probe_depth(str(path), KITTI) == VALUES.shape


@pytest.mark.parametrize('order', ['C', 'F'])
@pytest.mark.parametrize(
    'dtype', ['f2', 'f4', 'f8', '>f2', '>f4', '>f8', 'u2', '>u2', 'u4', 'u8', 'i2', 'i4', '>i4', 'i8'])
@pytest.mark.parametrize('shape', [(6, 9), (1, 6, 9), (6, 9, 1), (1, 1, 6, 9), (1, 6, 9, 1), (6, 9, 1, 1)], ids=str)
def test_arrays_of_every_real_type_and_layout(shape, dtype, order):
    values = np.asarray(np.rint(VALUES).reshape(shape).astype(dtype), order=order)
    got = read_depth(npy(values), 'a.npy', DepthFormat(scale=1.0))
    np.testing.assert_array_equal(got, np.rint(VALUES))


def test_negative_whole_numbers_are_no_measurement():
    assert read_depth(npy(np.array([[-5, 0, 512]], np.int16)), 'a.npy', KITTI).tolist() == [[0, 0, 2]]


def test_an_npz_with_several_arrays_needs_a_key(tmp_path):
    data = npz(first=VALUES, other=VALUES * 2)
    np.testing.assert_array_equal(read_depth(data, 'a.npz', DepthFormat(key='other')), VALUES * 2)
    np.testing.assert_array_equal(read_depth(npz(compressed=True, d=VALUES), 'a.npz', KITTI), VALUES)
    for key, message in ((None, "expected one array, got \\['first', 'other'\\]"), ('x', "expected an array 'x'")):
        with pytest.raises(DepthFileError, match=f'a.npz: {message}'):
            read_depth(data, 'a.npz', DepthFormat(key=key))
        (tmp_path / 'a.npz').write_bytes(data)
        with pytest.raises(DepthFileError, match=message):
            probe_depth(str(tmp_path / 'a.npz'), DepthFormat(key=key))


def test_the_one_array_of_an_npz_that_can_be_depth_is_taken(tmp_path):
    data = npz(focallength_px=np.float32(721.5), intrinsics=np.eye(3), pose=np.eye(4)[None], mask=VALUES > 9,
               picture=np.zeros((6, 9, 3), np.uint8), depth=VALUES[None, None], names=np.array(['a']))
    np.testing.assert_array_equal(read_depth(data, 'a.npz', KITTI), VALUES)
    (tmp_path / 'a.npz').write_bytes(data)
    assert probe_depth(str(tmp_path / 'a.npz'), KITTI) == VALUES.shape
    with pytest.raises(DepthFileError, match="a.npz: expected one array, got .*depth_format=dict\\(key='...'\\)"):
        read_depth(npz(k=np.eye(3), focal=np.float32(1)), 'a.npz', KITTI)
    np.testing.assert_array_equal(read_depth(npz(tiny=np.eye(3)), 'a.npz', KITTI), np.eye(3))  # the only one


@pytest.mark.parametrize('name, data', [
    ('a.npy', npy(np.stack([VALUES, VALUES * 2, VALUES * 3], -1))),
    ('a.npz', npz(d=np.stack([VALUES, VALUES * 2, VALUES * 3], -1), k=np.eye(3)))])
def test_the_first_channel_of_an_array_counts(name, data):
    np.testing.assert_array_equal(read_depth(data, name, DepthFormat(channels=3)), VALUES)


@pytest.mark.parametrize('marker', [65535, 65.535, -1, np.nan, np.inf, 1e38])
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_markers_in_floating_point(marker, dtype):
    for stored in (marker, np.float32(marker)):  # also one that was single precision once
        values = np.array([[stored, 2.5, 0]], dtype)
        assert DepthFormat(invalid=marker).metres(values).tolist() == [[0, 2.5, 0]]


@pytest.mark.parametrize('dtype', [np.uint16, np.uint32, np.uint64])
def test_markers_in_whole_numbers(dtype):
    values = np.array([[65535, 2500, 0]], dtype)
    for invalid in (65535, 65535.0, (-1, 65535), [np.nan, 65535, np.inf]):
        assert DepthFormat(scale=1000.0, invalid=invalid).metres(values).tolist() == [[0, 2.5, 0]]
    with pytest.raises(DepthFileError, match='a.npy: invalid is 65.535, but the file holds whole numbers'):
        read_depth(npy(values), 'a.npy', DepthFormat(scale=1000.0, invalid=65.535))


def test_big_values_are_exact():
    values = np.array([[2**32 - 1, 2**53]], np.uint64)
    assert DepthFormat(scale=2.0**20).metres(values).tolist() == [[np.float32(2**12), 2**33]]
    assert DepthFormat(scale=1.0, offset=2**53 - 8).metres(values).tolist() == [[0, 8]]


@pytest.mark.parametrize('prediction', [np.float32, np.float64])
def test_predictions_keep_what_is_bad(prediction):
    values = np.array([[np.nan, np.inf, -np.inf, -2, 0, 4, 99]], prediction)
    np.testing.assert_array_equal(DepthFormat().predicted_metres(values), values)
    np.testing.assert_array_equal(DepthFormat(invalid=99, scale=2).predicted_metres(values),
                                  [[np.nan, np.inf, -np.inf, -1, 0, 2, 0]])
    np.testing.assert_array_equal(DepthFormat(focal_baseline=8.0).predicted_metres(values),
                                  [[np.nan, 0, -0.0, -4, np.inf, 2, 8 / 99]])
    whole = np.array([[0, 257, 65535]], np.uint16)
    assert DepthFormat(offset=1, scale=256, focal_baseline=1, invalid=65535).predicted_metres(whole).tolist() == [
        [0, 1, 0]]


@pytest.mark.parametrize('spelling, expected', [(None, 'depth_format=dict(channels=3)'), ('--gt-{option} {value}',
                                                                                       '--gt-channels 3')])
def test_a_remedy_is_spelled_as_its_tool_does(spelling, expected):
    data = cv2.imencode('.png', np.ones((4, 5, 3), np.uint16))[1].tobytes()
    depth_format = DepthFormat(spelling=spelling) if spelling else DepthFormat()
    with pytest.raises(DepthFileError, match=re.escape(f'Set {expected} if the file is right')):
        read_depth(data, 'a.png', depth_format)


def test_eight_bits_only_where_they_are_asked_for():
    data = cv2.imencode('.png', np.array([[0, 51, 255]], np.uint8))[1].tobytes()
    with pytest.raises(DepthFileError, match='got 8 bits.*depth_format=dict.bits=8. and depth_format=dict.scale='):
        read_depth(data, 'a.png', DepthFormat(scale=25.5))
    assert read_depth(data, 'a.png', DepthFormat(scale=25.5, bits=8)).tolist() == [[0, 2, 10]]
    assert read_depth(npy(np.array([[0, 51]], np.uint8)), 'a.npy', DepthFormat(scale=25.5, bits=8)).tolist() == [[0, 2]]


def test_bytes_behind_the_end_of_a_png(tmp_path):
    data = cv2.imencode('.png', np.full((4, 5), 512, np.uint16))[1].tobytes() + b'\n\0trailer'
    (tmp_path / 'a.png').write_bytes(data)
    assert probe_depth(str(tmp_path / 'a.png'), KITTI) == (4, 5)
    np.testing.assert_array_equal(read_depth(data, 'a.png', KITTI), np.full((4, 5), 2))


def test_the_first_of_several_channels_counts():
    image = np.stack([VALUES, VALUES * 2, VALUES * 3], axis=-1)
    data = cv2.imencode('.tiff', np.ascontiguousarray(image[..., ::-1]))[1].tobytes()  # OpenCV takes BGR
    np.testing.assert_array_equal(read_values(data, 'a.tiff', DepthFormat(channels=3)), VALUES)
    with pytest.raises(DepthFileError, match=r'a.tiff: expected 1 channel\(s\) of depth, got 3'):
        read_values(data, 'a.tiff', KITTI)


# --------------------------------------------------------------------------------------------------------------- damage
def pickled():
    file = io.BytesIO()
    np.save(file, np.array([{'a': 1}], dtype=object), allow_pickle=True)
    return file.getvalue()


def header_only(shape):
    """A .npy that claims to be huge."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, dict(descr='<f4', fortran_order=False, shape=shape))
    return file.getvalue()


def bomb():
    """A .npz whose array is claimed to be 4 TB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('depth.npy', header_only((2**20, 2**20)) + bytes(1000))
    return file.getvalue()


BAD = [
    ('empty.npy', b'', 'its content is an empty file'),
    ('png.npy', b'\x89PNG\r\n\x1a\n' * 9, 'its content is a PNG'),
    ('half.npy', FILES['.npy'][:-7], 'the array is truncated'),
    ('long.npy', FILES['.npy'] + b'1234', 'the array is truncated'),
    ('header.npy', FILES['.npy'][:40], 'its content is none'),
    ('pickle.npy', pickled(), r'expected \(H, W\) real numbers'),
    ('huge.npy', header_only((2**20, 2**20)), r'expected \(H, W\) real numbers, at most'),
    ('color.npy', npy(np.zeros((4, 5, 3), np.float32)), r'got float32 of shape \(4, 5, 3\)'),
    ('8bit.npy', npy(np.zeros((4, 5), np.uint8)), '8-bit numbers'),
    ('bool.npy', npy(np.zeros((4, 5), bool)), 'got bool'),
    ('empty.npz', b'', 'it is an empty file'),
    ('half.npz', FILES['.npz'][:len(FILES['.npz']) // 2], 'it is none or truncated'),
    ('bomb.npz', bomb(), 'at most'),
    ('none.npz', npz(), r'expected one array, got \[\]'),
    ('pickle.npz', npz(depth=np.array([None])), 'real numbers'),
]


@pytest.mark.parametrize('name, data, message', BAD, ids=[name for name, *_ in BAD])
def test_damaged_and_foreign_arrays(tmp_path, name, data, message):
    """Seen before training by a look at the beginning and the size, and while loading."""
    path = tmp_path / name
    path.write_bytes(data)
    for look in (lambda: probe_depth(str(path), KITTI), lambda: read_depth(data, str(path), KITTI)):
        with pytest.raises(DepthFileError, match=f'{name}: .*{message}'):
            look()


def test_a_flipped_byte_in_a_compressed_array_is_seen_while_loading():
    data = bytearray(npz(compressed=True, depth=np.random.default_rng(0).random((40, 40))))
    data[len(data) // 2] ^= 0x55
    with pytest.raises(DepthFileError, match='a.npz: the array is truncated or damaged'):
        read_depth(bytes(data), 'a.npz', KITTI)


@pytest.mark.parametrize('name, data, message', [
    ('empty.tiff', b'', 'the file is empty'),
    ('half.tiff', FILES['.tiff'][:100], 'the TIFF is truncated'),
    ('text.exr', b'not an exr', 'cannot decode it as .exr.*EXR needs an OpenCV that has it'),
    ('8bit.tif', cv2.imencode('.tiff', np.zeros((4, 5), np.uint8))[1].tobytes(), 'got 8 bits'),
], ids=str)
def test_damaged_and_foreign_images(name, data, message, capfd):
    with pytest.raises(DepthFileError, match=f'{name}: (?s:.*){message}'):
        read_depth(data, name, KITTI)
    capfd.readouterr()


def test_an_empty_image_is_seen_before_training(tmp_path):
    (tmp_path / 'a.tiff').write_bytes(b'')
    with pytest.raises(DepthFileError, match='a.tiff: the file is empty'):
        probe_depth(str(tmp_path / 'a.tiff'), KITTI)


@pytest.mark.parametrize('name', ['depth.jpg', 'depth.bin', 'depth'])
def test_other_suffixes(name):
    for look in (lambda: probe_depth(name, KITTI), lambda: read_depth(b'x', name, KITTI)):
        with pytest.raises(DepthFileError, match=f'{name}: expected a depth file that ends in one of .png, .npy'):
            look()


def test_exr_where_opencv_can(tmp_path):
    path = str(tmp_path / 'a.exr')
    try:
        written = cv2.imwrite(path, VALUES)
    except cv2.error:
        written = False
    if not written:
        pytest.skip('this OpenCV has no EXR')
    with open(path, 'rb') as file:
        np.testing.assert_array_equal(read_depth(file.read(), path, KITTI), VALUES)


@pytest.mark.parametrize('names, chosen', [(('depth', 'conf'), 'depth'), (('pred_depth', 'depth_conf'), 'pred_depth'),
                                           (('a', 'b'), None), (('gt_depth', 'pred_depth'), None)])
def test_the_array_that_is_called_depth(names, chosen):
    data = npz(**{name: np.full((6, 7), index + 1.0) for index, name in enumerate(names)})
    if chosen:
        assert (read_depth(data, 'a.npz', KITTI) == names.index(chosen) + 1).all()
    else:
        with pytest.raises(DepthFileError, match='expected one array'):
            read_depth(data, 'a.npz', KITTI)


@given(st.lists(st.integers(0, 2**24 - 1), min_size=6, max_size=6), st.booleans())
def test_24_bits_in_three_channels(numbers, with_alpha):
    """As CARLA writes it: the red channel has the lowest bits."""
    stored = np.array([*numbers, 0, 1, 2**24 - 1, 65536, 256, 255], np.uint32).reshape(3, 4)
    planes = [stored % 256, stored // 256 % 256, stored // 65536] + [np.full_like(stored, 255)] * with_alpha
    scale = (2**24 - 1) / 1000
    depth_format = DepthFormat(bits=24, scale=scale, invalid=2**24 - 1)
    data = png_bytes(np.stack(planes, axis=-1).astype(np.uint8))
    expected = 1000 * stored.astype(np.float64) / (2**24 - 1)
    expected[stored == 2**24 - 1] = 0
    np.testing.assert_allclose(read_depth(data, 'a.png', depth_format), expected, rtol=1e-7)
    np.testing.assert_array_equal(read_values(data, 'a.png', depth_format), stored)


def test_what_is_not_in_24_bits(tmp_path):
    packed = DepthFormat(bits=24, scale=16777.215)
    for array, message in ((np.zeros((2, 2, 3), np.uint16), r'three channels of 8 bits \(bits=24\), got 3 of 16 bits'),
                           (np.zeros((2, 2), np.uint8), r'got 1 of 8 bits. If one channel holds the depth')):
        with pytest.raises(DepthFileError, match=message):
            read_depth(png_bytes(array), 'a.png', packed)
    np.save(tmp_path / 'a.npy', np.zeros((2, 2, 3), np.uint16))
    with pytest.raises(DepthFileError, match='only PNGs hold depth in three channels of 8 bits'):
        probe_depth(str(tmp_path / 'a.npy'), packed)
    with pytest.raises(ValueError, match='scale must be given with bits=24'):
        DepthFormat(bits=24)


def test_a_scale_that_single_precision_does_not_hold_is_taken_at_its_word():
    values = np.arange(1, 60000, 7, dtype=np.uint16).reshape(1, -1)
    np.testing.assert_array_equal(DepthFormat(scale=0.1 + 1e-9).metres(values),
                                  (values / np.float64(0.1 + 1e-9)).astype(np.float32))
