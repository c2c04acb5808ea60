"""KITTI's LiDAR scans projected into its cameras. Pure.

Frames: LiDAR x forward, y left, z up; rectified camera x right, y down, z forward; all in metres. P is the number of
points, H x W the image.
"""
import os
from typing import NamedTuple

import numpy as np

CONVENTIONS = ('kitti', 'monodepth')


class Calibration(NamedTuple):
    """LiDAR to one rectified camera: ``projection`` is (3, 4) float64, homogeneous LiDAR metres -> (u z, v z, z)."""
    projection: np.ndarray


def read_calibration(folder, camera=2):
    """Calibration of one recording day.

    Args:
        folder (str): day folder with ``calib_cam_to_cam.txt`` and ``calib_velo_to_cam.txt``.
        camera (int): 0..3; 2 is the left and 3 the right colour camera.

    Returns:
        Calibration

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: if a file lacks a matrix; names the file and the key.
    """
    cameras = os.path.join(folder, 'calib_cam_to_cam.txt')
    lidar = os.path.join(folder, 'calib_velo_to_cam.txt')
    projection = _read_matrix(cameras, f'P_rect_{camera:02d}', (3, 4))
    rectification = np.eye(4)
    rectification[:3, :3] = _read_matrix(cameras, 'R_rect_00', (3, 3))
    lidar_to_camera = np.eye(4)
    lidar_to_camera[:3, :3] = _read_matrix(lidar, 'R', (3, 3))
    lidar_to_camera[:3, 3] = _read_matrix(lidar, 'T', (3, ))
    return Calibration(projection @ rectification @ lidar_to_camera)


def _read_matrix(path, key, shape):
    with open(path, encoding='utf-8', errors='replace') as file:
        for line in file:
            name, _, values = line.partition(':')
            if name == key:
                try:
                    return np.array(values.split(), dtype=np.float64).reshape(shape)
                except ValueError as error:
                    raise ValueError(f'{path}: {key} must be {np.prod(shape)} numbers, got {values.split()}') from error
    raise ValueError(f'{path}: no line {key!r}. Is it the calibration of a raw KITTI day?')


def check_scan(path):
    """Look at the size of a LiDAR scan, without reading it.

    Raises:
        ValueError: if the file is empty or not made of 16-byte points; names it.
    """
    size = os.path.getsize(path)
    if size == 0 or size % 16:
        raise ValueError(f'{path}: a LiDAR scan is a positive multiple of 16 bytes, got {size}: '
                         'truncated? Copy it again.')


def read_scan(path):
    """One LiDAR scan.

    Args:
        path (str): ``.bin`` file of float32 x, y, z, reflectance.

    Returns:
        ndarray: (P, 4) float32.

    Raises:
        ValueError: see :func:`check_scan`.
    """
    check_scan(path)
    return np.fromfile(path, dtype=np.float32).reshape(-1, 4)


def project_velodyne(points, calibration, shape, convention='kitti'):
    """Sparse depth map of a scan.

    Args:
        points (ndarray): (P, >= 3) LiDAR points, m.
        calibration (Calibration): of the day and camera.
        shape (tuple[int, int]): H, W of the image.
        convention (str): 'kitti': pixel = round(u), depth = camera z, the nearest point wins (agrees with KITTI's own
            maps). 'monodepth': as the evaluation code of Godard et al. 2017, on which published raw-LiDAR numbers
            rest: pixel = round(u) - 1, depth = the LiDAR's forward x (about 0.27 m too far), and its row-wrapping
            index of shared pixels.

    Returns:
        ndarray: (H, W) float32 metres, 0 = no point.

    Raises:
        ValueError: for another convention.
    """
    if convention not in CONVENTIONS:
        raise ValueError(f'convention must be one of {CONVENTIONS}, got {convention!r}')
    points = points[points[:, 0] >= 0]
    projected = points[:, :3].astype(np.float64) @ calibration.projection[:, :3].T + calibration.projection[:, 3]
    z = projected[:, 2]
    # The reference code keeps points behind the camera that are before the LiDAR; KITTI's own maps do not.
    in_front = z > 0 if convention == 'kitti' else z != 0
    # Rounding to nearest even on both axes, as the reference code does.
    pixels = np.rint(projected[in_front, :2] / z[in_front, None])
    if convention == 'monodepth':
        pixels -= 1
        depth = points[in_front, 0].astype(np.float64)
    else:
        depth = z[in_front]
    height, width = shape
    u, v = pixels[:, 0], pixels[:, 1]
    inside = (u >= 0) & (v >= 0) & (u < width) & (v < height)
    u, v, depth = u[inside].astype(np.int64), v[inside].astype(np.int64), depth[inside]
    depth_map = np.zeros((height, width))
    if convention == 'kitti':
        farthest_first = np.argsort(-depth, kind='stable')
        depth_map[v[farthest_first], u[farthest_first]] = depth[farthest_first]
    else:
        _paint_like_monodepth(depth_map, u, v, depth)
    return depth_map.astype(np.float32)


def _paint_like_monodepth(depth_map, u, v, depth):
    """The last point wins, then points of equal index share their minimum at the first one's pixel.

    The index ``v * (W - 1) + u - 1`` is not unique: the end of a row and the start of the next coincide.
    """
    depth_map[v, u] = depth
    index = v * (depth_map.shape[1] - 1) + u - 1
    _, first, inverse, counts = np.unique(index, return_index=True, return_inverse=True, return_counts=True)
    nearest = np.full(len(counts), np.inf)
    np.minimum.at(nearest, inverse, depth)
    shared = counts > 1
    depth_map[v[first[shared]], u[first[shared]]] = nearest[shared]
