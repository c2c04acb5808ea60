"""LiDAR points in files as depth maps of a camera elsewhere on the car. Pure.

P is the number of points, H x W the image. Cameras look along z, with x to the right and y down; all in metres.
"""
from __future__ import annotations

import io
import os
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.lib import format as npy_format

from .depth_format import DepthFileError

MOST_POINTS = 2**24  # in a file; scans have 10 000 to 500 000
ARRAY = 'data'  # in an .npz
PIXELS = ('nearest', 'floor')


@dataclass(frozen=True)
class PointProjection:
    """How the points of a file become depth: as part of a :class:`.DepthFormat`, for whoever reads depth.

    Args:
        matrix: 12 numbers, (3, 4) row by row: homogeneous metres of the points -> (u z, v z, z), u and v in pixels.
        shape: H, W of the image.
        columns: float32 numbers of a point in a .bin, of which the first three are x, y, z. An .npz holds them as
            ``data``, (P, at least 3).
        nearest: points whose distance along the camera's axis is not greater are dropped, m.
        own_radius: points less than this away from the sensor both in x and in y are dropped, m: the car itself.
        pixel: 'nearest': u = 1.5 is column 2 as in KITTI's maps; 'floor': it is column 1.
    """
    matrix: tuple[float, ...]
    shape: tuple[int, int]
    columns: int = 5
    nearest: float = 0.0
    own_radius: float = 0.0
    pixel: str = 'nearest'

    def depth(self, points: np.ndarray) -> np.ndarray:
        """Sparse depth map; of several points in a pixel the nearest one counts.

        Args:
            points: (P, 3) metres in the frame of the points; what is not finite is dropped.

        Returns:
            (H, W) float32 metres, 0 = no point.
        """
        points = points[np.isfinite(points).all(axis=1)].astype(np.float64)
        if self.own_radius:
            points = points[(np.abs(points[:, :2]) >= self.own_radius).any(axis=1)]
        matrix = np.array(self.matrix).reshape(3, 4)
        u, v, z = matrix[:, :3] @ points.T + matrix[:, 3:]
        seen = z > max(self.nearest, 1e-6)
        u, v, z = u[seen] / z[seen], v[seen] / z[seen], z[seen]
        u, v = (np.floor(u), np.floor(v)) if self.pixel == 'floor' else (np.rint(u), np.rint(v))
        inside = (u >= 0) & (v >= 0) & (u < self.shape[1]) & (v < self.shape[0])
        return nearest_points(u[inside].astype(np.int64), v[inside].astype(np.int64), z[inside], self.shape)


def nearest_points(u: np.ndarray, v: np.ndarray, depth: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A depth map of points, the nearest of each pixel.

    Args:
        u, v: (P, ) int, columns and rows inside the map.
        depth: (P, ) metres.
        shape: H, W.

    Returns:
        (H, W) float32 metres, 0 = no point.
    """
    depth_map = np.zeros(shape, np.float32)
    depth_map[v, u] = np.inf
    np.minimum.at(depth_map.reshape(-1), v * shape[1] + u, depth.astype(np.float32))
    return depth_map


def probe_points(path: str, projection: PointProjection) -> tuple[int, int]:
    """Look at a file of points without reading it all.

    Returns:
        H, W of the image.

    Raises:
        DepthFileError: if it cannot hold points; names it.
    """
    with open(path, 'rb') as file:
        if path.lower().endswith('.npz'):
            _check_archive(file, path)
        else:
            _check_size(os.fstat(file.fileno()).st_size, path, projection.columns)
    return projection.shape


def read_points(data: bytes, path: str, projection: PointProjection) -> np.ndarray:
    """The points of a file.

    Args:
        data: the whole file.
        path: its name; the suffix says what it is.
        projection: ``columns`` is used.

    Returns:
        (P, 3) floating point, metres.

    Raises:
        DepthFileError: for anything but an intact file of points; names it.
    """
    if not path.lower().endswith('.npz'):
        _check_size(len(data), path, projection.columns)
        points = np.frombuffer(data, '<f4').reshape(-1, projection.columns)[:, :3]
    else:
        file = io.BytesIO(data)
        _check_archive(file, path)
        try:
            with zipfile.ZipFile(file) as archive, archive.open(f'{ARRAY}.npy') as member:
                points = npy_format.read_array(member, allow_pickle=False)[:, :3]
        except (ValueError, EOFError, OSError, zipfile.BadZipFile, NotImplementedError) as error:
            raise DepthFileError(f'{path}: the points are truncated or damaged ({error}). Copy the file again.'
                                 ) from error
    if not np.isfinite(points).all(axis=1).any():
        raise DepthFileError(f'{path}: no point of {len(points)} has finite coordinates. Copy the file again.')
    return points


def _check_size(size, path, columns):
    if not size or size % (4 * columns):
        raise DepthFileError(f'{path}: points of {columns} float32 numbers take a positive multiple of {4 * columns} '
                             f'bytes, got {size}: truncated? Copy the file again.')


def _check_archive(file, path):
    """Believe an .npz only after its header: (P, at least 3) floating point, not too many."""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(f'{ARRAY}.npy') as member:
            version = npy_format.read_magic(member)
            header = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}[version]
            shape, _, dtype = header(member)
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise DepthFileError(f'{path}: expected points as {ARRAY!r} in an .npz, got {type(error).__name__}: {error}. '
                             'Copy the file again.') from error
    if len(shape) != 2 or not 3 <= shape[1] <= 64 or not 0 < shape[0] <= MOST_POINTS or dtype.kind != 'f':
        raise DepthFileError(f'{path}: expected 1 to {MOST_POINTS} points of 3 floating-point numbers or more, got '
                             f'{dtype} of shape {shape}. Is it a point cloud?')
