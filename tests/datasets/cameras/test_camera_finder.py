"""Where a picture's camera is found, and what counts first."""
import json

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from mmdepthcls.datasets.cameras.camera_finder import CameraFinder, kitti_camera
from mmdepthcls.datasets.cameras.exif_focal import exif_camera

SHAPE = (40, 60)


def photo(path, size=SHAPE, kind='JPEG', **tags):
    """A picture with EXIF tags."""
    names = dict(film=0xA405, focal=0x920A, resolution=0xA20E, unit=0xA210, x=0xA002, y=0xA003)
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({names[key]: value for key, value in tags.items()})
    Image.fromarray(np.zeros((*size, 3), np.uint8)).save(path, kind, exif=exif)
    return path


def test_the_order_in_which_sources_count(tmp_path, builders):
    root = builders.kitti(tmp_path / 'kitti')
    frame = next(iter(sorted(root.glob('raw/*/*/image_02/data/*.png'))))
    plain = photo(tmp_path / 'a.jpg', film=36)
    cameras = tmp_path / 'cameras.json'
    cameras.write_text(json.dumps({'a.jpg': {'focal_px': 11}}))
    every = CameraFinder(cameras, focal_px=22, fov=60)
    assert every.find(frame, builders.size).focal_px == 40  # of the calibration
    assert every.find(plain, SHAPE, 'a.jpg').focal_px == 11
    assert every.find(plain.rename(tmp_path / 'b.jpg'), SHAPE, 'b.jpg').focal_px == 22
    found = CameraFinder(fov=60).find(tmp_path / 'b.jpg', SHAPE)
    assert found.focal_px == pytest.approx(60) and 'EXIF, 36 mm' in found.source
    (tmp_path / 'c.png').write_bytes(builders.png_bytes(builders.image()))
    assert CameraFinder(fov=90).find(tmp_path / 'c.png', SHAPE).focal_px == pytest.approx(30)
    assert CameraFinder().find(tmp_path / 'c.png', SHAPE) is None
    assert CameraFinder(focal_px=5).find(None, SHAPE, 'array').focal_px == 5


def test_kitti_calibration_of_both_cameras_and_of_resized_copies(tmp_path, builders):
    frame = tmp_path / f'raw/{builders.drive[:10]}/{builders.drive}_sync/image_03/data/0000000005.png'
    builders.kitti(tmp_path)
    camera = kitti_camera(frame, builders.size)
    assert (camera.focal_px, camera.center) == (40, (31.7, 9.6))
    file = tmp_path / 'raw' / builders.drive[:10] / 'calib_cam_to_cam.txt'
    file.write_text(file.read_text() + 'S_rect_03: 64 20\n')
    half = kitti_camera(frame, (10, 32))
    assert half.focal_px == 20 and half.center == pytest.approx((15.6, 4.55))
    file.write_text(file.read_text().replace('P_rect_03', 'P_wrong_03'))
    with pytest.raises(ValueError, match='calib_cam_to_cam.txt: no line .P_rect_03'):
        kitti_camera(frame, builders.size)
    file.unlink()
    assert kitti_camera(frame, builders.size) is None
    assert kitti_camera('street.png', SHAPE) is None


def test_a_real_frame(kitti_sample):
    frame = f'{kitti_sample}/raw/2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000005.png'
    assert kitti_camera(frame, (375, 1242)).focal_px == pytest.approx(721.5377)


def test_exif_of_film_and_of_the_sensor(tmp_path):
    path = tmp_path / 'a.jpg'
    assert exif_camera(photo(path, film=36), SHAPE).focal_px == pytest.approx(60)
    # 5 mm at 4 000 pixels over 6 mm: 3 333 px, of a picture that is 60 pixels wide now.
    sensor = dict(focal=TiffImagePlugin.IFDRational(5), resolution=TiffImagePlugin.IFDRational(4000, 6), unit=4)
    assert exif_camera(photo(path, **sensor, x=4000, y=2667), SHAPE).focal_px == pytest.approx(50, rel=1e-3)
    assert exif_camera(photo(path, **{**sensor, 'unit': 3}), SHAPE).focal_px == pytest.approx(5 * 4000 / 6 / 10)
    assert exif_camera(photo(path, film=36, x=40, y=60), SHAPE).focal_px == pytest.approx(60)  # turned
    assert exif_camera(photo(path, kind='WEBP', film=36), SHAPE).focal_px == pytest.approx(60)


@pytest.mark.parametrize('tags', [
    {}, dict(film=0), dict(focal=5.0), dict(film=36, x=4000, y=4000), dict(film=60000),
    dict(focal=TiffImagePlugin.IFDRational(5, 0), resolution=TiffImagePlugin.IFDRational(1, 0)),
    dict(focal=5.0, resolution=300.0, unit=9), dict(film='long')])
def test_exif_that_says_nothing(tmp_path, tags):
    """Also where the picture was cut out of the one that the tags describe."""
    assert exif_camera(photo(tmp_path / 'a.jpg', **tags), SHAPE) is None


def test_exif_of_what_is_no_picture(tmp_path):
    (tmp_path / 'a.jpg').write_bytes(b'\xff\xd8\xff\xe1\x00\x10Exif\0\0II*\0\xff\xff\xff\xff')
    assert exif_camera(tmp_path / 'a.jpg', SHAPE) is None and exif_camera(tmp_path / 'none.jpg', SHAPE) is None


def test_a_file_of_cameras(tmp_path):
    finder = CameraFinder({'sub/a.png': dict(fx=100, fy=144, cx=29.5, cy=19.5, width=60, height=40),
                           'default': dict(focal_px=7)})
    assert finder.find(None, SHAPE, 'sub/a.png').focal_px == pytest.approx(120)
    half = finder.find('elsewhere/sub/a.png', (20, 30), 'sub/a.png')
    assert half.focal_px == pytest.approx(60) and half.center == (14.5, 9.5)
    assert finder.find(None, SHAPE, 'sub/b.png').focal_px == 7
    assert CameraFinder(dict(focal_px=3.5)).find(None, SHAPE, 'x').focal_px == 3.5
    (tmp_path / 'mark.json').write_text('\ufeff{"focal_px": 9}', encoding='utf-8')
    assert CameraFinder(tmp_path / 'mark.json').find(None, SHAPE, 'x').focal_px == 9


@pytest.mark.parametrize('options', [dict(focal_px=28), dict(cameras=dict(focal_px=1e-320)), dict(focal_px=1e300),
                                     dict(fov=179.9999)])
def test_a_focal_length_that_no_picture_has(options):
    with pytest.raises(ValueError, match='not in mm'):
        CameraFinder(**options).find(None, (1080, 1920), 'x')


@pytest.mark.parametrize(('content', 'words'), [
    ('{', 'is no JSON'), ('[]', 'expected'), ('{}', 'expected'), ('{"a.png": 7}', "'a.png': expected focal_px"),
    ('{"focal_px": -1}', 'focal_px must be a positive'), ('{"focal_px": "7"}', "got '7'"),
    ('{"focal_px": true}', 'got True'), ('{"focal_px": NaN}', 'got nan'), ('{"focal_px": 7, "cx": 3}', 'go together'),
    ('{"focal_px": 7, "focal": 3}', 'expected focal_px'), ('[' * 100000, 'is no JSON'),
    ('{"focal_px": 1' + '0' * 400 + '}', 'must be a positive number'),
    ('{"focal_px": 7, "fx": 8}', 'give one of them'), ('{"focal_px": 7, "focal_px": 8}', 'stands twice')])
def test_a_file_that_is_no_file_of_cameras(tmp_path, content, words):
    path = tmp_path / 'cameras.json'
    path.write_text(content)
    with pytest.raises(ValueError, match=words) as error:
        CameraFinder(path)
    assert str(path) in str(error.value)
