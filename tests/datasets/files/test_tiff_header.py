"""TIFF headers against files that are written here by hand, and by Pillow and OpenCV."""
import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from mmdepthcls.datasets.depth_file import DepthFileError, DepthFormat, probe_depth, read_depth, read_values
from mmdepthcls.datasets.files.tiff_header import TIFFHeader, read_tiff_header

VALUES = np.arange(2, 62).reshape(6, 10) * 3
METRES = DepthFormat(scale=1.0)


def tiff_bytes(values, order='<', compressed=False, rows_a_strip=None, big=False, **more):
    """A TIFF of (H, W) or (H, W, C), as the standard has it; ``more`` are tags of one short each."""
    values = np.asarray(values)
    height, width = values.shape[:2]
    channels = values.shape[2] if values.ndim == 3 else 1
    rows = rows_a_strip or height
    ordered = values.astype(values.dtype.newbyteorder(order))
    strips = [ordered[row:row + rows].tobytes() for row in range(0, height, rows)]
    strips = [zlib.compress(strip) if compressed else strip for strip in strips]
    start = 16 if big else 8
    offsets = np.cumsum([start, *map(len, strips)])[:-1]
    kind = {'u': 1, 'i': 2, 'f': 3}[values.dtype.kind]
    tags = {256: ('I', [width]), 257: ('I', [height]), 258: ('H', [values.dtype.itemsize * 8] * channels),
            259: ('H', [8 if compressed else 1]), 262: ('H', [1 if channels == 1 else 2]), 273: ('I', offsets),
            277: ('H', [channels]), 278: ('I', [rows]), 279: ('I', [len(strip) for strip in strips]),
            284: ('H', [1]), 339: ('H', [kind] * channels), **{int(tag): ('H', [value]) for tag, value in more.items()}}
    body = b''.join(strips)
    body += bytes(len(body) % 2)
    directory = start + len(body)
    field, entry, count, pointer = (8, 20, 'Q', 'Q') if big else (4, 12, 'H', 'I')
    tail = directory + struct.calcsize(order + count) + entry * len(tags) + field
    entries, extra = struct.pack(order + count, len(tags)), b''
    for tag, (code, numbers) in sorted(tags.items()):
        data = struct.pack(f'{order}{len(numbers)}{code}', *numbers)
        if len(data) > field:
            extra, data = extra + data, struct.pack(order + pointer, tail + len(extra))
        entries += struct.pack(order + 'HH' + pointer, tag, {'H': 3, 'I': 4}[code], len(numbers))
        entries += data.ljust(field, b'\0')
    mark = (b'II' if order == '<' else b'MM') + struct.pack(order + 'H', 43 if big else 42)
    mark += struct.pack(order + 'HHQ', 8, 0, directory) if big else struct.pack(order + 'I', directory)
    return mark + body + entries + bytes(field) + extra


def header(data):
    return read_tiff_header(io.BytesIO(data), 'a.tiff', len(data))


@pytest.mark.parametrize('big', [False, True], ids=['TIFF', 'BigTIFF'])
@pytest.mark.parametrize('compressed', [False, True], ids=['raw', 'deflate'])
@pytest.mark.parametrize('order', '<>')
@pytest.mark.parametrize('dtype', ['i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'f4', 'f8'])
def test_numbers_of_every_width_sign_and_order(tmp_path, dtype, order, compressed, big):
    values = VALUES.astype(dtype)
    if values.dtype.kind != 'u':
        values[0, 0] = -1  # no measurement
    data = tiff_bytes(values, order, compressed, 4, big)
    np.testing.assert_array_equal(read_depth(data, 'a.tiff', METRES), np.maximum(values, 0).astype(np.float32))
    (tmp_path / 'a.tiff').write_bytes(data)
    assert probe_depth(str(tmp_path / 'a.tiff'), METRES) == (6, 10)
    assert header(data) == TIFFHeader(6, 10, int(dtype[1]) * 8, dtype[0], 1, 1, False)


@pytest.mark.parametrize('save', [
    dict(compression='tiff_lzw'), dict(compression='tiff_adobe_deflate'), dict(compression='packbits'), dict()],
                         ids=str)
def test_what_pillow_writes(save):
    file = io.BytesIO()
    Image.fromarray(VALUES.astype(np.int32)).save(file, 'TIFF', **save)
    np.testing.assert_array_equal(read_depth(file.getvalue(), 'a.TIF', METRES), VALUES)


def test_the_first_page_counts():
    file = io.BytesIO()
    pages = [Image.fromarray((VALUES * factor).astype(np.uint16)) for factor in (1, 2, 3)]
    pages[0].save(file, 'TIFF', save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(read_depth(file.getvalue(), 'a.tiff', METRES), VALUES)


@pytest.mark.parametrize('orientation', range(1, 9))
def test_the_shape_is_the_decoders(orientation):
    data = tiff_bytes(VALUES.astype(np.uint16), **{'274': orientation})
    assert header(data).shape == read_values(data, 'a.tiff', METRES).shape
    assert header(data).orientation == orientation


@pytest.mark.parametrize('dtype, message', [
    ('u1', 'expected 16-bit depth, got 8 bits.*depth_format=dict.bits=8.'), ('i1', 'got 8 bits'),
    ('f2', 'got 16 bits of floating point, which OpenCV cannot decode. Save it as 32-bit floating point, or as .npy')])
def test_what_is_refused_and_what_helps(tmp_path, dtype, message):
    data = tiff_bytes(VALUES.astype(dtype))
    (tmp_path / 'a.tiff').write_bytes(data)
    for look in (lambda: read_depth(data, 'a.tiff', METRES), lambda: probe_depth(str(tmp_path / 'a.tiff'), METRES)):
        with pytest.raises(DepthFileError, match=f'a.tiff: .*{message}'):
            look()


@pytest.mark.parametrize('dtype', ['u1', 'i1'])
def test_eight_bits_where_they_are_asked_for(dtype):
    values = (VALUES // 2).astype(dtype)
    depth = read_depth(tiff_bytes(values), 'a.tiff', DepthFormat(bits=8, scale=2.0))
    np.testing.assert_array_equal(depth, values.astype(np.float32) / 2)


def test_channels_and_palettes():
    color = np.stack([VALUES, VALUES * 2, VALUES * 3], axis=-1).astype(np.uint16)
    with pytest.raises(DepthFileError, match=r'got 3. Set depth_format=dict\(channels=3\)'):
        read_depth(tiff_bytes(color), 'a.tiff', METRES)
    np.testing.assert_array_equal(read_depth(tiff_bytes(color), 'a.tiff', DepthFormat(scale=1.0, channels=3)), VALUES)
    file = io.BytesIO()
    Image.fromarray((VALUES % 7).astype(np.uint8), 'P').save(file, 'TIFF')
    with pytest.raises(DepthFileError, match='a palette'):
        read_depth(file.getvalue(), 'a.tiff', DepthFormat(bits=8, scale=1.0))


def test_every_truncation_is_seen_without_decoding_or_harmless():
    for data in (tiff_bytes(VALUES.astype(np.uint16)), cv2.imencode('.tiff', VALUES.astype(np.float32))[1].tobytes()):
        seen = []
        for size in range(len(data)):
            try:
                header(data[:size])
            except DepthFileError as error:
                seen.append(size)
                assert str(error).startswith('a.tiff')
            else:  # the pointer to a next page, or a comment
                np.testing.assert_array_equal(read_depth(data[:size], 'a.tiff', METRES), VALUES)
        assert len(seen) > len(data) - 40


@pytest.mark.parametrize('data, message', [
    (b'', 'empty'), (b'\x89PNG' * 9, 'its content is none'), (b'II*\0\xff\xff\xff\x7f', 'truncated'),
    (b'II*\0\x08\0\0\0\xff\xff', 'damaged')])
def test_foreign_and_damaged(data, message):
    with pytest.raises(DepthFileError, match=f'a.tiff: .*{message}'):
        header(data)
