"""Of which pictures the focal length was known, and what is said of it."""
import numpy as np
import pytest

from mmdepthcls.commands.calibrate.known_cameras import known_cameras
from mmdepthcls.commands.calibrate.measured_image import MeasuredImage

HERE = np.array([2.0])


def images(*cameras, correction=1.0):
    return [MeasuredImage(f'{index}.png', str(index), HERE, HERE, np.array([[1.0], [3.0]]), correction, camera=camera)
            for index, camera in enumerate(cameras)]


@pytest.mark.parametrize(('cameras', 'wanted', 'trained', 'expected', 'words', 'short'), [
    (['given'] * 2, True, True, 'corrected', 'known (given: 2 pictures)', 'focal lengths: given'),
    (['EXIF, 28 mm', 'EXIF, 30 mm', 'KITTI'], True, True, 'corrected', 'known (EXIF: 2 pictures, KITTI: 1 picture)',
     'focal lengths: EXIF, KITTI'),
    (list('abcde'), True, True, 'corrected', 'c: 1 picture and 2 more)', 'focal lengths: a, b, c and 2 more'),
    (['', ''], True, True, 'uncorrected', 'unknown. The scale then holds for this camera', 'focal length unknown'),
    (['given'], False, True, 'uncorrected', '--no-focal-correction', 'not corrected by a focal length'),
    (['given', ''], False, True, 'uncorrected', '--no-focal-correction', 'not corrected by a focal length'),
    (['given'], True, False, 'uncorrected', 'does not know that of its training', 'not corrected by a focal length')])
def test_what_is_said(cameras, wanted, trained, expected, words, short):
    known = known_cameras(images(*cameras), wanted, trained)
    known.check()
    assert known.scale_focal == expected and words in known.text() and known.short == short
    assert ('alone' in known.text()) == (expected == 'uncorrected')


def test_pictures_of_which_some_are_corrected_are_refused():
    with pytest.raises(ValueError, match=r'unknown of 2 of 3 pictures and known of the others \(given\).*--focal-px'):
        known_cameras(images('', 'given', ''), True, True).check()


def test_an_image_without_its_correction():
    image, = images('given', correction=4.0)
    plain = image.uncorrected()
    assert plain.correction == 1 and plain.pred == HERE / 4 and plain.interval.tolist() == [[0.25], [0.75]]
    assert plain.gt is image.gt and plain.uncorrected() is plain
