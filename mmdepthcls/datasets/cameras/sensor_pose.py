"""Where sensors stand: poses of quaternions and translations, and the way of a point from one sensor into an image.
Pure."""
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def pose_matrix(rotation: Sequence[float], translation: Sequence[float], where: str) -> np.ndarray:
    """A pose as a matrix.

    Args:
        rotation: quaternion w, x, y, z of about unit length.
        translation: x, y, z, m.
        where: what says so, for messages.

    Returns:
        (4, 4) float64: homogeneous coordinates in the sensor's frame -> those of the frame that the pose is given in.

    Raises:
        ValueError: for anything else; names ``where``.
    """
    try:
        w, x, y, z = map(float, rotation)
        shift = [float(number) for number in translation]
    except (TypeError, ValueError) as error:
        raise ValueError(f'{where}: expected a quaternion w, x, y, z and a translation x, y, z, got {rotation!r} and '
                         f'{translation!r}') from error
    length = math.sqrt(w * w + x * x + y * y + z * z)
    if len(shift) != 3 or not all(map(math.isfinite, shift)) or not abs(length - 1) < 0.01:
        raise ValueError(f'{where}: expected a unit quaternion w, x, y, z and a translation x, y, z, got {rotation!r} '
                         f'and {translation!r}')
    w, x, y, z = (number / length for number in (w, x, y, z))
    pose = np.eye(4)
    pose[:3, :3] = [[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]]
    pose[:3, 3] = shift
    return pose


def inverse(pose: np.ndarray) -> np.ndarray:
    """The pose the other way round, (4, 4)."""
    turned = np.eye(4)
    turned[:3, :3] = pose[:3, :3].T
    turned[:3, 3] = -pose[:3, :3].T @ pose[:3, 3]
    return turned


def projection_matrix(intrinsics: np.ndarray, camera: Sequence[np.ndarray],
                      points: Sequence[np.ndarray]) -> tuple[float, ...]:
    """From the points of one sensor into the image of another.

    Args:
        intrinsics: (3, 3) of the camera, pixels.
        camera: poses, (4, 4), from the camera's frame to the world, one after the other.
        points: poses from the points' frame to the same world.

    Returns:
        12 numbers, see :class:`.PointProjection`.
    """
    whole = np.eye(4)
    for pose in points:
        whole = pose @ whole
    for pose in reversed(camera):
        whole = inverse(pose) @ whole
    return tuple((np.asarray(intrinsics, float) @ whole[:3]).ravel().tolist())
