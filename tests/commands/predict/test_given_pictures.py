"""What is seen of pictures before a model is loaded."""
import cv2
import numpy as np
import pytest

from mmdepthcls.commands.predict.given_pictures import check_focal, check_names, depth_remark
from mmdepthcls.commands.running.program import UsageError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a photograph, a depth map, a gray picture, rubbish and a film without frames."""
    cv2.imwrite(str(tmp_path / 'street.jpg'), np.zeros((120, 400, 3), np.uint8))
    cv2.imwrite(str(tmp_path / 'street.png'), np.zeros((120, 400, 3), np.uint16))
    cv2.imwrite(str(tmp_path / 'depth.png'), np.full((120, 400), 3000, np.uint16))
    cv2.imwrite(str(tmp_path / 'gray.png'), np.zeros((120, 400), np.uint8))
    (tmp_path / 'broken.png').write_bytes(b'\x89PNG')
    (tmp_path / 'film.mp4').write_bytes(b'0' * 100)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_names(folder):
    check_names(['street.jpg', '.', '*.png', '0'])
    with pytest.raises(UsageError, match=r'steet\.jpg does not exist'):
        check_names(['street.jpg', 'steet.jpg'])
    with pytest.raises(UsageError, match='the pattern fits no picture'):
        check_names(['*.webp'])


def test_a_focal_length_that_no_picture_has(folder):
    for focal in (0.8, 4.2, 1e6):
        with pytest.raises(UsageError, match=r'street\.jpg, which has 400 x 120 pixels: .*not in mm'):
            check_focal(focal, ['film.mp4', 'broken.png', 'street.jpg', 'gray.png'])
    cv2.imwrite('small.png', np.zeros((12, 16, 3), np.uint8))
    for focal, paths in ((241.0, ['street.jpg']), (0.8, ['street.jpg', 'small.png']), (0.8, ['film.mp4']),
                         (0.8, ['none.png'])):
        check_focal(focal, paths)


def test_depth_maps_among_photographs(folder):
    paths = ['street.jpg', 'street.png', 'gray.png', 'broken.png', 'film.mp4']
    assert depth_remark(paths) == ''
    remark = depth_remark([*paths, 'depth.png'])
    assert remark.startswith('Note: 1 of 6 pictures (depth.png) is a PNG of 16 bits and one channel')
    assert 'predicted as a gray photograph' in remark
    assert '3 of 3 pictures (depth.png, depth.png and 1 more) are PNGs' in depth_remark(['depth.png'] * 3)
