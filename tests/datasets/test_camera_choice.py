"""Which of a car's cameras are taken."""
import pytest

from mmdepthcls.datasets.camera_choice import chosen_cameras

KNOWN = ('CAM_FRONT', 'CAM_BACK')


@pytest.mark.parametrize('cameras, chosen', [
    ('all', KNOWN), ('CAM_BACK', ('CAM_BACK', )), (['cam_back', 'CAM_FRONT'], ('CAM_BACK', 'CAM_FRONT'))])
def test_names_in_any_case_and_order(cameras, chosen):
    assert chosen_cameras(cameras, KNOWN, 'X') == chosen


@pytest.mark.parametrize('cameras', [[], 'front', ['CAM_FRONT', 'CAM_UP'], [1], [None]])
def test_what_is_no_camera_is_refused(cameras):
    with pytest.raises(ValueError, match=r"X: cameras_used are of CAM_FRONT, CAM_BACK \(or 'all'\), got"):
        chosen_cameras(cameras, KNOWN, 'X')
