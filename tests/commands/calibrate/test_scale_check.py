"""A scale that only another unit explains."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.commands.calibrate.scale_check import check_scale


@given(st.floats(0.1, 10), st.booleans(), st.booleans())
def test_what_a_camera_or_a_scene_explains_is_taken(scale, labelled, knows_camera):
    check_scale(scale, labelled, knows_camera)


@given(st.sampled_from([('centimetres', 100), ('millimetres', 1000), ('kilometres', 0.001)]), st.floats(0.6, 1.7),
       st.booleans())
def test_the_unit_is_named(unit, error, labelled):
    name, size = unit
    with pytest.raises(ValueError, match=f'{"depth maps" if labelled else "points"} in {name}\\?.*--any-scale'):
        check_scale(size * error, labelled, True)


@pytest.mark.parametrize(('scale', 'labelled', 'knows_camera', 'words'), [
    (0.05, True, True, r'0.05 times .* and in metres\? --depth-scale N'),
    (1e5, False, True, 'of these pictures, and in metres'),
    (12, False, False, 'very different one.*--focal-px PX'), (0.08, False, False, '--focal-px PX')])
def test_others(scale, labelled, knows_camera, words):
    with pytest.raises(ValueError, match=words):
        check_scale(scale, labelled, knows_camera)
