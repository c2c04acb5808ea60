"""Headers of images against what OpenCV and MMCV decode, of files that Pillow and OpenCV have written."""
import io
import struct

import cv2
import numpy as np
import pytest
from mmcv import imfrombytes
from PIL import Image

from mmdepthcls.datasets.depth_format import DepthFileError
from mmdepthcls.datasets.files.image_header import probe_image

SIZE = (31, 45)
RGB = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
RGB[8:20, 8:30] = 200  # something that compresses


def saved(kind, image=RGB, mode=None, **options):
    file = io.BytesIO()
    picture = Image.fromarray(image)
    (picture.convert(mode) if mode else picture).save(file, kind, **options)
    return file.getvalue()


def encoded(ending, image, *options):
    done, data = cv2.imencode(ending, image, options)
    assert done
    return data.tobytes()


KINDS = {
    'png': saved('PNG'), 'gray.png': saved('PNG', mode='L'), 'palette.png': saved('PNG', mode='P'),
    'alpha.png': saved('PNG', mode='RGBA'), 'grayalpha.png': saved('PNG', mode='LA'),
    'bits.png': saved('PNG', mode='1'),
    '16.png': encoded('.png', RGB.astype(np.uint16) * 257),
    '16gray.png': encoded('.png', RGB[..., 0].astype(np.uint16)),
    'jpg': saved('JPEG'), 'progressive.jpeg': saved('JPEG', progressive=True), 'cmyk.jpg': saved('JPEG', mode='CMYK'),
    'gray.jpg': saved('JPEG', mode='L'), 'jpe': saved('JPEG'), 'film.jpg': saved('JPEG') + bytes(9000),
    'bmp': saved('BMP'), 'gray.bmp': saved('BMP', mode='L'), 'palette.bmp': saved('BMP', mode='P'),
    'bits.bmp': saved('BMP', mode='1'), 'alpha.bmp': saved('BMP', mode='RGBA'), 'dib': encoded('.dib', RGB),
    'tif': saved('TIFF'), 'lzw.tiff': saved('TIFF', compression='tiff_lzw'),
    'jpeg.tif': saved('TIFF', compression='jpeg'),
    '16.tif': encoded('.tif', RGB.astype(np.uint16) * 257), 'gray.tif': saved('TIFF', mode='L'),
    'palette.tif': saved('TIFF', mode='P'), 'alpha.tif': saved('TIFF', mode='RGBA'),
    'webp': saved('WEBP'), 'lossless.webp': saved('WEBP', lossless=True), 'alpha.webp': saved('WEBP', mode='RGBA'),
    'ppm': saved('PPM'), 'pgm': saved('PPM', mode='L'), 'pbm': saved('PPM', mode='1'), 'pnm': saved('PPM'),
    '16.ppm': encoded('.ppm', RGB.astype(np.uint16) * 257), 'text.ppm': encoded('.ppm', RGB, cv2.IMWRITE_PXM_BINARY, 0),
    'comment.pgm': b'P5\n# by a camera\n45 31\n# more\n255\n' + RGB[..., 0].tobytes(),
    'jp2': saved('JPEG2000'), 'gif': saved('GIF', mode='P'), 'ras': encoded('.ras', RGB), 'pam': encoded('.pam', RGB),
    'hdr': encoded('.hdr', RGB.astype(np.float32)),
}


def placed(folder, name, data):
    path = folder / (name if '.' in name else f'0.{name}')
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize('upper', [False, True], ids=['', 'UPPER'])
@pytest.mark.parametrize('name', KINDS)
def test_every_kind_that_mmcv_decodes(tmp_path, name, upper):
    assert imfrombytes(KINDS[name]).shape == (*SIZE, 3)
    assert probe_image(placed(tmp_path, name.upper() if upper else name, KINDS[name])).shape() == SIZE


@pytest.mark.parametrize('name', [name for name in KINDS if name not in ('film.jpg', 'hdr')])
def test_truncated_files_are_seen(tmp_path, name, capfd):
    data = KINDS[name]
    for size in (0, 5, 20, len(data) // 2, len(data) - 12 - len(data) // 20):
        with pytest.raises(DepthFileError, match=r'0?\.?\w+: '):
            probe_image(placed(tmp_path, name, data[:size]))
    capfd.readouterr()


@pytest.mark.parametrize('kind', ['JPEG', 'PNG', 'WEBP', 'TIFF'])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_orientation_is_what_the_loader_obeys(tmp_path, kind, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    data = saved(kind, exif=exif)
    header = probe_image(placed(tmp_path, kind.lower(), data))
    assert header.orientation == orientation
    for color_type, obeyed in (('color', True), ('color_ignore_orientation', False)):
        assert header.shape(obeyed) == imfrombytes(data, color_type).shape[:2], color_type
    assert header.hides_orientation == (kind != 'TIFF' and orientation in (2, 3, 4))


def test_orientation_behind_the_pixels_of_a_png(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    data = saved('PNG', exif=exif)
    at = data.index(b'eXIf') - 4
    length, = struct.unpack('>I', data[at:at + 4])
    chunk = data[at:at + 12 + length]
    moved = data.replace(chunk, b'')
    moved = moved[:-12] + chunk + moved[-12:]
    assert probe_image(placed(tmp_path, 'png', moved)).shape() == imfrombytes(moved).shape[:2]


@pytest.mark.parametrize('name, data', [
    ('tga', saved('TGA')), ('ico', saved('ICO')), ('float.tif', encoded('.tiff', RGB[..., 0].astype(np.float32))),
    ('txt', b'no image'), ('text.png', b'no image'), ('link.png', b'../disk/0.png')])
def test_what_is_no_image_to_the_loader(tmp_path, name, data, capfd):
    with pytest.raises(DepthFileError, match='expected a'):
        probe_image(placed(tmp_path, name, data))
    capfd.readouterr()


def test_a_tiff_of_floating_point_says_what_it_is(tmp_path, capfd):
    data = encoded('.tiff', RGB.astype(np.float32) / 255)
    with pytest.raises(DepthFileError, match='0.tif: .*of floating point of 32 bits.* Save it as a PNG'):
        probe_image(placed(tmp_path, 'tif', data))
    capfd.readouterr()


@pytest.mark.parametrize('ending, kind', [('png', 'JPEG'), ('jpg', 'PNG'), ('jpg', 'WEBP'), ('png', 'BMP'),
                                          ('jpeg', 'TIFF'), ('png', 'GIF')])
def test_the_content_counts_not_the_ending(tmp_path, ending, kind):
    """As for MMCV. Damage is seen all the same."""
    data = saved(kind)
    assert probe_image(placed(tmp_path, ending, data)).shape() == imfrombytes(data).shape[:2]
    if kind != 'GIF':
        with pytest.raises(DepthFileError, match='truncated'):
            probe_image(placed(tmp_path, ending, data[:len(data) * 2 // 3]))


@pytest.mark.parametrize('behind', [b'', b'x' * 100, bytes(10000)])
def test_bytes_behind_the_end_of_a_png(tmp_path, behind):
    data = saved('PNG')
    assert probe_image(placed(tmp_path, 'png', data + behind)).shape() == imfrombytes(data).shape[:2]
    with pytest.raises(DepthFileError, match='truncated'):
        probe_image(placed(tmp_path, 'png', data[:-12] + behind))
