"""KITTI's LiDAR scans projected into its cameras. Pure.

Frames: LiDAR x forward, y left, z up; rectified camera x right, y down, z forward; all in metres. P is the number of
points, H x W the image.
"""
from __future__ import annotations

import os
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from .kitti_layout import calibration_files
from .point_projection import nearest_points

CONVENTIONS = ('kitti', 'monodepth')


class Calibration(NamedTuple):
    """LiDAR to one rectified camera: ``projection`` is (3, 4) float64, homogeneous LiDAR metres -> (u z, v z, z)."""
    projection: np.ndarray


def read_calibration(folder: str | os.PathLike[str], camera: int = 2) -> Calibration:
    """Calibration of one recording day.

    Args:
        folder: day folder with ``calib_cam_to_cam.txt`` and ``calib_velo_to_cam.txt``.
        camera: 0..3; 2 is the left and 3 the right color camera.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: if a file lacks a matrix; names the file and the key.
    """
    cameras, lidar = calibration_files(folder)
    projection = _read_matrix(cameras, f'P_rect_{camera:02d}', (3, 4))
    rectification = np.eye(4)
    rectification[:3, :3] = _read_matrix(cameras, 'R_rect_00', (3, 3))
    lidar_to_camera = np.eye(4)
    lidar_to_camera[:3, :3] = _read_matrix(lidar, 'R', (3, 3))
    lidar_to_camera[:3, 3] = _read_matrix(lidar, 'T', (3, ))
    return Calibration(projection @ rectification @ lidar_to_camera)


# For whoever loads frame after frame of the same few days.
known_calibration = lru_cache(maxsize=64)(read_calibration)


@cache
def rectified_size(folder, camera):
    """Size of a camera's rectified images, as the calibration of their day says it.

    Args:
        folder (str): day folder with ``calib_cam_to_cam.txt``.
        camera (int): 0..3.

    Returns:
        tuple[int, int]: H, W.

    Raises:
        ValueError: if the file does not say it.
    """
    path, key = calibration_files(folder)[0], f'S_rect_{camera:02d}'
    size = read_numbers(path, key, 2)
    if size is None:
        raise ValueError(f"{path}: no line '{key}: WIDTH HEIGHT', which tells the size of a frame that has neither "
                         'image nor annotated depth. Is it the calibration of a raw KITTI day?')
    return int(size[1]), int(size[0])


def read_numbers(path: str | os.PathLike[str], key: str, count: int) -> np.ndarray | None:
    """The numbers of a line of a calibration file.

    Returns:
        (count, ) float64; None where there is no such line of so many numbers.
    """
    words = _words_of_line(path, key)
    try:
        numbers = None if words is None else np.array(words, dtype=np.float64)
    except ValueError:
        return None
    return numbers if numbers is not None and numbers.size == count else None


def _read_matrix(path, key, shape):
    words = _words_of_line(path, key)
    if words is None:
        raise ValueError(f'{path}: no line {key!r}. Is it the calibration of a raw KITTI day?')
    try:
        return np.array(words, dtype=np.float64).reshape(shape)
    except ValueError as error:
        raise ValueError(f'{path}: {key} must be {np.prod(shape)} numbers, got {words}') from error


def _words_of_line(path, key):
    """list[str] or None: what stands behind a key in a calibration file."""
    with open(path, encoding='utf-8', errors='replace') as file:
        return next((values.split() for name, _, values in (line.partition(':') for line in file) if name == key), None)


def check_scan(path: str | os.PathLike[str]) -> None:
    """Look at the size of a LiDAR scan, without reading it.

    Raises:
        ValueError: if the file is empty or not made of 16-byte points; names it.
    """
    size = os.path.getsize(path)
    if size == 0 or size % 16:
        raise ValueError(f'{path}: a LiDAR scan is a positive multiple of 16 bytes, got {size}: '
                         'truncated? Copy it again.')


def read_scan(path: str | os.PathLike[str]) -> np.ndarray:
    """One LiDAR scan.

    Args:
        path: ``.bin`` file of float32 x, y, z, reflectance.

    Returns:
        (P, 4) float32.

    Raises:
        ValueError: see :func:`check_scan`.
    """
    check_scan(path)
    return np.fromfile(path, dtype=np.float32).reshape(-1, 4)


def project_velodyne(points: np.ndarray, calibration: Calibration, shape: tuple[int, int],
                     convention: str = 'kitti') -> np.ndarray:
    """Sparse depth map of a scan.

    Args:
        points: (P, >= 3) LiDAR points, m.
        calibration: of the day and camera.
        shape: H, W of the image.
        convention: 'kitti': pixel = round(u), depth = camera z, the nearest point wins (agrees with KITTI's own maps).
            'monodepth': as the evaluation code of Godard et al. 2017, on which published raw-LiDAR numbers rest: pixel
            = round(u) - 1, depth = the LiDAR's forward x (about 0.27 m too far), and its row-wrapping index of shared
            pixels.

    Returns:
        (H, W) float32 metres, 0 = no point.

    Raises:
        ValueError: for another convention.
    """
    if convention not in CONVENTIONS:
        raise ValueError(f'convention must be one of {CONVENTIONS}, got {convention!r}')
    height, width = shape
    points = _visible(points, calibration, height, width)
    # In one product with a fourth coordinate of 1, as the reference code does.
    homogeneous = np.column_stack([points[:, :3].astype(np.float64), np.ones(len(points))])
    u, v, z = calibration.projection @ homogeneous.T
    # The reference code keeps points behind the camera that are before the LiDAR; KITTI's own maps do not.
    in_front = z > 0 if convention == 'kitti' else z != 0
    u, v, z, forward = u[in_front], v[in_front], z[in_front], points[in_front, 0]
    # Rounding to nearest even on both axes, as the reference code does.
    u, v = np.rint(u / z), np.rint(v / z)
    if convention == 'monodepth':
        u, v = u - 1, v - 1
    inside = (u >= 0) & (v >= 0) & (u < width) & (v < height)
    u, v = u[inside].astype(np.int64), v[inside].astype(np.int64)
    depth = (z if convention == 'kitti' else forward)[inside].astype(np.float32)
    if convention == 'kitti':
        return nearest_points(u, v, depth, shape)
    depth_map = np.zeros((height, width), np.float32)
    _paint_like_monodepth(depth_map, u, v, depth)
    return depth_map


def _visible(points, calibration, height, width):
    """The points before the LiDAR that may be seen, roughly: in single precision, with a margin of 3 pixels.

    Six of seven points are sorted out here, at a fraction of the cost of projecting them.
    """
    projection = calibration.projection.astype(np.float32)
    with np.errstate(divide='ignore', invalid='ignore', over='ignore'):
        u, v, z = projection[:, :3] @ points[:, :3].astype(np.float32, copy=False).T + projection[:, 3:]
        # Near the camera's plane single precision decides nothing. Coordinates that are not finite compare false.
        undecided = np.abs(z) < 0.05
        u /= z
        v /= z
        seen = (u > -3) & (u < width + 3) & (v > -3) & (v < height + 3)
    return points[(seen | undecided) & (points[:, 0] >= 0)]


def _paint_like_monodepth(depth_map, u, v, depth):
    """The last point wins, then points of equal index share their minimum at the first one's pixel.

    The index ``v * (W - 1) + u - 1`` is not unique: the end of a row and the start of the next coincide.
    """
    height, width = depth_map.shape
    depth_map[v, u] = depth
    index = v * (width - 1) + u  # one more than the reference code's, so that it is not negative
    number = np.arange(len(index))
    # Of each index that occurs: its first and its last point, and the least depth.
    first, last = np.empty((2, height * width), np.int64)
    nearest = np.empty(height * width, np.float32)
    last[index], first[index[::-1]], nearest[index] = number, number[::-1], np.inf
    np.minimum.at(nearest, index, depth)
    shared = (first[index] == number) & (last[index] != number)
    depth_map[v[shared], u[shared]] = nearest[index[shared]]
