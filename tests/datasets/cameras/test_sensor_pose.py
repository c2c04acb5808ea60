"""Poses: against turns about axes, and what is none."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_sets import into_world, out_of_world, quaternion

from mmdepthcls.datasets.cameras.sensor_pose import inverse, pose_matrix, projection_matrix

NUMBERS = st.floats(-10, 10)
POSES = st.tuples(st.tuples(NUMBERS, NUMBERS, NUMBERS).filter(lambda axis: np.linalg.norm(axis) > 0.1),
                  st.floats(-180, 180), st.tuples(NUMBERS, NUMBERS, NUMBERS))


def test_a_quarter_turn_and_a_step():
    pose = pose_matrix((0.5**0.5, 0, 0, 0.5**0.5), (10, 0, 1), 'here')
    np.testing.assert_allclose(pose @ [1, 0, 0, 1], [10, 1, 1, 1], atol=1e-12)  # x turns to y


@given(POSES, POSES, st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_points_go_as_quaternions_turn_them(first, second, point):
    poses = [(quaternion(axis, degrees), shift) for axis, degrees, shift in (first, second)]
    matrices = [pose_matrix(*pose, 'here') for pose in poses]
    np.testing.assert_allclose(matrices[0] @ [*point, 1], [*into_world(poses[0], point), 1], atol=1e-9)
    np.testing.assert_allclose(inverse(matrices[0]) @ [*point, 1], [*out_of_world(poses[0], point), 1], atol=1e-9)
    whole = np.array(projection_matrix(np.eye(3), matrices[:1], matrices[1:])).reshape(3, 4)
    np.testing.assert_allclose(whole @ [*point, 1], out_of_world(poses[0], into_world(poses[1], point)), atol=1e-9)


@pytest.mark.parametrize('rotation, translation', [
    ((1, 0, 0), (0, 0, 0)), ((2, 0, 0, 0), (0, 0, 0)), ((0, 0, 0, 0), (0, 0, 0)), ((1, 0, 0, 0), (0, 0)),
    ((1, 0, 0, 0), (0, 0, float('nan'))), (None, (0, 0, 0)), (('a', 0, 0, 0), (0, 0, 0)), ((1, 0, 0, 0), 3)])
def test_what_is_no_pose(rotation, translation):
    with pytest.raises(ValueError, match='ego_pose.json, abc: expected a (unit )?quaternion'):
        pose_matrix(rotation, translation, 'ego_pose.json, abc')
