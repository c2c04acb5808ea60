"""Focal lengths and corrections, against the pinhole model itself."""
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.camera import PictureCamera, focal_correction, focal_of_film, focal_of_fov

FOCALS = st.floats(10, 1e4)


@given(focal=FOCALS, trained=FOCALS, scale=st.floats(0.01, 10), height=st.floats(0.1, 5), depth=st.floats(1, 100))
def test_an_object_has_its_size_after_the_correction(focal, trained, scale, height, depth):
    """A model that measures by size sees h pixels and answers as if its own camera had taken the picture."""
    pixels = focal * scale * height / depth
    answer = trained * height / pixels
    assert answer * focal_correction(focal, trained, (scale, scale)) == pytest.approx(depth, rel=1e-9)


@given(focal=FOCALS, trained=FOCALS, scale=st.floats(0.01, 10), zoom=st.floats(0.1, 10))
def test_resizing_a_picture_before_is_the_same_as_resizing_it_by_the_pipeline(focal, trained, scale, zoom):
    resized = PictureCamera(focal).resized(zoom).focal_px
    assert focal_correction(resized, trained, (scale, scale)) == pytest.approx(
        focal_correction(focal, trained, (scale * zoom, scale * zoom)))


def test_what_is_unknown_corrects_nothing():
    assert focal_correction(None, 300.0, (0.5, 0.5)) == focal_correction(300.0, None, (0.5, 0.5)) == 1
    assert focal_correction(600.0, 300.0, (0.5, 0.5)) == 1


@given(degrees=st.floats(1, 179), width=st.integers(1, 10000))
def test_a_field_of_view_ends_at_the_borders(degrees, width):
    angle = 2 * math.degrees(math.atan2(width / 2, focal_of_fov(degrees, width)))
    assert angle == pytest.approx(degrees)


@pytest.mark.parametrize('degrees', [0, -1, 180, math.nan])
def test_a_field_of_view_that_is_none(degrees):
    with pytest.raises(ValueError, match='field of view'):
        focal_of_fov(degrees, 100)


def test_film():
    """A picture of the film's own proportions: the focal length is to 36 mm as it is to the width."""
    assert focal_of_film(28, 2000, 3000) == pytest.approx(28 / 36 * 3000)
    assert focal_of_film(28, 3000, 2000) == pytest.approx(28 / 36 * 3000)  # turned


def test_the_principal_point_follows_the_pixels():
    camera = PictureCamera(100.0, (9.5, 4.5)).resized(2.0)
    assert camera.center == (19.5, 9.5) and camera.focal_px == 200
    assert PictureCamera(100.0).center_in(10, 20) == (9.5, 4.5)


@pytest.mark.parametrize('values', [(0.0, ), (math.nan, ), (-3.0, ), (math.inf, ), (1.0, (math.nan, 2.0))])
def test_no_camera(values):
    with pytest.raises(ValueError, match='here: a'):
        PictureCamera(*values, *[None] * (2 - len(values)), source='here')
