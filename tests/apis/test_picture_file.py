"""Pictures of all kinds become RGB of 8 bits, the right way up."""
import warnings

import cv2
import numpy as np
import pytest
from PIL import Image

from mmdepthcls.apis.picture_file import check_picture, read_picture

RAMP = np.linspace(0, 255, 24 * 32).reshape(24, 32).astype(np.uint8)
COLORS = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=-1)


def test_channels_and_bits(tmp_path):
    def read(name, image, **options):
        Image.fromarray(image).save(tmp_path / name, **options)
        return read_picture(tmp_path / name)

    assert np.array_equal(read('a b.PNG', COLORS), COLORS)  # RGB, not BGR
    assert np.array_equal(read('gray.png', RAMP), np.stack([RAMP] * 3, -1))
    alpha = np.concatenate([COLORS, RAMP[..., None]], -1)
    assert np.array_equal(read('alpha.png', alpha), COLORS)
    deep = RAMP.astype(np.uint16) * 257
    assert np.abs(read('deep.png', deep).astype(int) - RAMP[..., None]).max() <= 1  # scaled, not clipped
    assert np.abs(read('deep.tiff', deep).astype(int) - RAMP[..., None]).max() <= 1
    assert np.array_equal(read('a.webp', COLORS, lossless=True), COLORS)
    assert np.array_equal(read('a.bmp', COLORS), COLORS)
    palette = Image.fromarray(COLORS).quantize(16)
    palette.save(tmp_path / 'palette.png')
    assert np.array_equal(read_picture(tmp_path / 'palette.png'), np.asarray(palette.convert('RGB')))
    (tmp_path / 'wrong.png').write_bytes((tmp_path / 'a.bmp').read_bytes())  # the content counts
    assert np.array_equal(read_picture(tmp_path / 'wrong.png'), COLORS)


def test_cmyk(tmp_path):
    image = Image.fromarray(np.full((16, 16, 3), (200, 100, 50), np.uint8)).convert('CMYK')
    image.save(tmp_path / 'a.jpg', quality=100)
    assert np.abs(read_picture(tmp_path / 'a.jpg')[8, 8].astype(int) - (200, 100, 50)).max() < 6


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'TIFF'])
def test_orientation_is_obeyed_once(tmp_path, orientation, kind):
    """As Pillow turns it."""
    from PIL import ImageOps
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f'a.{kind.lower()}'
    big = cv2.resize(COLORS, (64, 48))
    Image.fromarray(big).save(path, kind, exif=exif, **(dict(quality=100) if kind == 'JPEG' else {}))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert('RGB')).astype(int)
    got = read_picture(path).astype(int)
    assert got.shape == expected.shape and np.abs(got - expected).mean() < 3


@pytest.mark.parametrize('content', [b'', b'no picture', b'GIF89a', b'\x89PNG\r\n\x1a\n'])
def test_what_is_no_picture(tmp_path, content):
    path = tmp_path / 'a.png'
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r'a\.png'):
        read_picture(path)


@pytest.mark.parametrize('end', ['.png', '.jpg', '.webp', '.tiff', '.bmp'])
def test_a_truncated_picture_is_never_half_a_picture(tmp_path, end):
    path = tmp_path / f'a{end}'
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    data = path.read_bytes()
    for share in (0.02, 0.5, 0.95):
        path.write_bytes(data[:int(len(data) * share)])
        with pytest.raises(ValueError, match=f'a{end}'), warnings.catch_warnings():
            read_picture(path)


def test_photos_of_phones_are_named(tmp_path):
    (tmp_path / 'a.HEIC').write_bytes(b'\0\0\0\x18ftypheic\0\0\0\0mif1heic' + bytes(99))
    with pytest.raises(ValueError, match=r'a\.HEIC: .*HEIC.* Convert it to JPEG'):
        read_picture(tmp_path / 'a.HEIC')


def test_a_bomb_is_not_decoded(tmp_path, builders):
    header = bytearray(builders.png_bytes(np.zeros((1, 1, 3), np.uint8)))
    import struct
    import zlib
    header[16:24] = struct.pack('>II', 60000, 60000)
    header[29:33] = struct.pack('>I', zlib.crc32(header[12:29]))
    (tmp_path / 'a.png').write_bytes(header)
    with pytest.raises(ValueError, match='60000 x 60000'):
        read_picture(tmp_path / 'a.png')


@pytest.mark.parametrize('image', [RAMP, COLORS.astype(np.float32), COLORS[..., :2], COLORS[:0], 'a.png', None])
def test_arrays_that_are_no_pictures(image):
    with pytest.raises(TypeError, match='RGB'):
        check_picture(image)
    assert check_picture(COLORS) is COLORS
