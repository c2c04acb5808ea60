"""Depth PNGs: every value exact, every damage an error that names the file."""
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmdepthcls.datasets.depth_format import DepthFormat
from mmdepthcls.datasets.files.depth_png import (
    DepthFileError,
    PNGHeader,
    check_depth_header,
    decode_depth_png,
    decode_png,
    encode_depth_png,
    probe,
    read_header,
)

EVERY_VALUE = np.arange(65536, dtype=np.uint16).reshape(256, 256)


@pytest.mark.parametrize('scale', [256.0, 100.0])
def test_every_value_is_exact(builders, scale):
    depth = decode_depth_png(builders.png_bytes(EVERY_VALUE), 'x.png', scale)
    assert depth.dtype == np.float32 and depth.shape == (256, 256)
    np.testing.assert_array_equal(depth, (EVERY_VALUE.astype(np.float64) / scale).astype(np.float32))
    assert (depth == 0).sum() == 1
    # Metres go back to the very same units, written by this package or by the specification.
    np.testing.assert_array_equal(decode_depth_png(encode_depth_png(depth, scale), 'x.png', scale), depth)


def test_the_first_of_several_channels_counts(builders):
    units = np.stack([EVERY_VALUE, EVERY_VALUE.T, EVERY_VALUE[::-1], EVERY_VALUE[:, ::-1]], axis=-1)
    for channels in (3, 4):
        data = builders.png_bytes(np.ascontiguousarray(units[..., :channels]))
        values = decode_png(data, 'x', DepthFormat(channels=channels))
        np.testing.assert_array_equal(values, EVERY_VALUE)


def test_encode_rounds_saturates_and_leaves_holes():
    depth = np.array([[0, -1, np.nan, -np.inf], [1 / 1024, 1e-9, 1.001, 1.003], [255.99609375, 256, 1e9, np.inf]])
    units = cv2.imdecode(np.frombuffer(encode_depth_png(depth), np.uint8), cv2.IMREAD_UNCHANGED)
    assert units.dtype == np.uint16
    assert units.tolist() == [[0, 0, 0, 0], [1, 1, 256, 257], [65535, 65535, 65535, 65535]]


@settings(deadline=None, max_examples=50)
@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(width=32)))
def test_round_trip_of_anything(depth):
    back = decode_depth_png(encode_depth_png(depth), 'x.png')
    has_depth = depth > 0
    np.testing.assert_array_equal(back > 0, has_depth)
    inside = has_depth & (depth >= 1 / 256) & (depth <= 65535 / 256)
    assert (np.abs(back[inside] - depth[inside]) <= 1 / 512).all()
    assert (back[depth > 256] == np.float32(65535 / 256)).all()


def test_header(builders, tmp_path):
    path = builders.write(tmp_path / 'x.png', builders.image(shape=(7, 9)))
    assert probe(path) == PNGHeader(height=7, width=9, bit_depth=8, channels=3)
    builders.write(path, builders.units(shape=(3, 2)))
    assert probe(path) == read_header(path.read_bytes()[:33], path) == PNGHeader(3, 2, 16, 1)


def jpeg():
    return cv2.imencode('.jpg', np.zeros((20, 30, 3), np.uint8))[1].tobytes()


def forged_header(width, height, color_type=0, bit_depth=16):
    body = b'IHDR' + struct.pack('>IIBBBBB', width, height, bit_depth, color_type, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + struct.pack('>I', 13) + body + struct.pack('>I', zlib.crc32(body))


@pytest.mark.parametrize('make, message', [
    pytest.param(lambda b: b'', 'an empty file', id='empty'),
    pytest.param(lambda b: jpeg(), 'a JPEG', id='jpeg'),
    pytest.param(lambda b: b'<html>404</html>' * 9, 'a web page', id='html'),
    pytest.param(lambda b: b.png_bytes(b.units())[:20], 'cut off or damaged', id='half a header'),
    pytest.param(lambda b: b.png_bytes(b.units()).replace(b'IHDR\0', b'IHDR\1'), 'off or damaged', id='header byte'),
    pytest.param(lambda b: forged_header(10**5, 10**5), '100000 x 100000 pixels, more than .* Reduce it', id='bomb'),
    pytest.param(lambda b: forged_header(0, 5), 'impossible PNG header: 0 x 5', id='no pixels'),
    pytest.param(lambda b: forged_header(5, 5, color_type=7), 'color type 7', id='color type'),
    pytest.param(lambda b: b.png_bytes(b.image()), 'expected 16-bit depth, got 8 bits', id='8-bit rgb'),
    pytest.param(lambda b: b.png_bytes(b.image()[..., 0]), 'expected 16-bit depth, got 8 bits', id='8-bit gray'),
    pytest.param(lambda b: b.png_bytes(np.stack([b.units()] * 3, -1)), r'expected 1 channel\(s\) of depth, got 3',
                 id='3 channels'),
    pytest.param(lambda b: forged_header(4, 4), 'truncated or damaged', id='only a header'),
    pytest.param(lambda b: b.png_bytes(b.units())[:-12], 'truncated or damaged', id='no end'),
    pytest.param(lambda b: b.png_bytes(b.units())[:300] + b.png_bytes(b.units())[-12:], 'truncated or damaged',
                 id='a hole'),
])
def test_what_is_no_depth(builders, make, message):
    with pytest.raises(DepthFileError, match=f'depth/7.png: .*{message}'):
        decode_depth_png(make(builders), 'depth/7.png')


def test_one_channel_where_three_are_expected(builders):
    with pytest.raises(DepthFileError, match=r'expected 3 channel\(s\) of depth, got 1. Set depth_format'):
        check_depth_header(read_header(builders.png_bytes(builders.units()), 'x'), 'x', DepthFormat(channels=3))


@pytest.mark.long
def test_every_truncation_and_every_flipped_byte_is_seen(builders, tmp_path, capfd):
    """No damage of one place gives a depth map, silently right or silently wrong."""
    data = builders.png_bytes(builders.units(shape=(4, 6)))
    decode_depth_png(data, 'whole.png')
    path = tmp_path / 'cut.png'
    for size in range(len(data)):
        with pytest.raises(DepthFileError, match='cut.png'):
            decode_depth_png(data[:size], 'cut.png')
        with pytest.raises(DepthFileError, match='cut.png'):
            probe(builders.write(path, data[:size]))
    for place in range(len(data)):
        for mask in (1, 0x80):
            damaged = bytearray(data)
            damaged[place] ^= mask
            with pytest.raises(DepthFileError, match='flipped.png'):
                decode_depth_png(bytes(damaged), 'flipped.png')
    capfd.readouterr()  # OpenCV's own complaints


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere.png'):
        probe(tmp_path / 'nowhere.png')


def test_encode_refuses_what_is_no_map():
    with pytest.raises((DepthFileError, cv2.error)):
        encode_depth_png(np.ones((0, 4)))
