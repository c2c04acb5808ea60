"""Points in space: of a depth map and its camera, and as files. Pure.

x points to the right, y down, z along the view, in metres, as in OpenCV and in KITTI's cameras.
"""
from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from ..camera import PictureCamera

PLY_HEADER = '''ply
format binary_little_endian 1.0
comment metres; x right, y down, z along the view
element vertex {count}
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
property uchar supervised
end_header
'''
VERTEX = np.dtype([('xyz', '<f4', 3), ('color', 'u1', 3), ('supervised', 'u1')])


@dataclass(frozen=True)
class PointCloud:
    """P points.

    Args:
        xyz: (P, 3) float32 m.
        colors: (P, 3) uint8 RGB.
        supervised: (P, ) bool: False where the model was never told the truth in its training.
    """
    xyz: np.ndarray
    colors: np.ndarray
    supervised: np.ndarray

    def __len__(self) -> int:
        return len(self.xyz)

    def ply(self) -> bytes:
        """A binary little-endian PLY: x, y, z (float), red, green, blue, supervised (uchar)."""
        vertices = np.empty(len(self), VERTEX)
        vertices['xyz'], vertices['color'], vertices['supervised'] = self.xyz, self.colors, self.supervised
        return PLY_HEADER.format(count=len(self)).encode() + vertices.tobytes()

    def npz(self) -> bytes:
        """A compressed ``.npz`` with ``xyz``, ``colors`` and ``supervised``."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, xyz=self.xyz, colors=self.colors, supervised=self.supervised)
        return buffer.getvalue()


def point_cloud(depth: np.ndarray, picture: np.ndarray, camera: PictureCamera, keep: np.ndarray | None = None,
                supervised: np.ndarray | None = None) -> PointCloud:
    """Points of the pixels that have depth, row by row.

    Args:
        depth: (H, W) m along the view; 0, negative and not finite: no point.
        picture: (H, W, 3) uint8 RGB.
        camera: of this picture, in its pixels.
        keep: (H, W) bool, pixels that become points; default: all.
        supervised: (H, W) bool; default: all.

    Raises:
        ValueError: for sizes that differ.
    """
    shape = depth.shape
    if picture.shape != (*shape, 3) or any(each is not None and each.shape != shape for each in (keep, supervised)):
        raise ValueError(f'depth, picture and masks must be of one size, got {shape} and {picture.shape[:2]}')
    valid = np.isfinite(depth) & (depth > 0)
    rows, columns = np.nonzero(valid if keep is None else valid & keep)
    x, y = camera.center_in(*shape)
    z = depth[rows, columns].astype(np.float64)
    xyz = np.stack([(columns - x) * z, (rows - y) * z, z * camera.focal_px], axis=1) / camera.focal_px
    told = np.ones(len(rows), bool) if supervised is None else supervised[rows, columns]
    return PointCloud(xyz.astype(np.float32), picture[rows, columns], told)
