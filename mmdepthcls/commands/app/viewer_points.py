"""A point cloud as a file that a viewer of glTF 2.0 shows: each point a small square, as large as the pixels for which
it stands. Pure.

A viewer draws points of one pixel, between which one sees through a wall; squares of the right size look closed from
where the camera stood, and come apart as one turns them. glTF's y points up and z towards the viewer.
"""
from __future__ import annotations

import math
import struct
from dataclasses import replace

import numpy as np

from ...apis.depth_result import DepthResult
from ...apis.point_cloud import PointCloud
from ...camera import PictureCamera
from ...json_text import json_text

MOST_POINTS = 60_000
WIDEST_INTERVAL = 1.0  # of what is viewed, for a metre of depth
# Where a viewer looks from: degrees around, degrees from above, and distance from the middle of the points, which are
# scaled so that it lies one unit before the camera that took the picture.
FROM = (90, 78, 1.3)
FLOAT, UNSIGNED_SHORT, UNSIGNED_INT = 5126, 5123, 5125
VERTICES, INDICES = 34962, 34963
TRIANGLES = 4
CORNERS = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) / 2
FACES = np.array([0, 1, 2, 0, 2, 3], np.uint32)


def viewed_points(result: DepthResult) -> bytes:
    """What a viewer shows of a result's points, as a binary glTF: few enough, and only those that are surer than far.

    Raises:
        ValueError: if no camera is known.
    """
    small = thinned(result)
    sure = WIDEST_INTERVAL if 'interval' in small.maps else None
    assert small.camera is not None
    return squares_glb(small.points(max_interval_ratio=sure), small.camera.focal_px)


def thinned(result: DepthResult, most: int = MOST_POINTS) -> DepthResult:
    """Every n-th pixel of a result in both directions, whose points are points of the result.

    Args:
        result: of a known or assumed camera.
        most: pixels that may remain.

    Raises:
        ValueError: if no camera is known.
    """
    camera = result.camera or result.assumed_camera
    if camera is None:
        raise ValueError('points need a focal length')
    height, width = result.depth.shape
    step = 1
    while math.ceil(height / step) * math.ceil(width / step) > most:
        step += 1
    first = step // 2 if min(height, width) > step // 2 else 0
    x, y = camera.center_in(height, width)
    pixels = slice(first, None, step), slice(first, None, step)
    return replace(
        result, picture=result.picture[pixels], depth=result.depth[pixels], supervised=result.supervised[pixels],
        camera=PictureCamera(camera.focal_px / step, ((x - first) / step, (y - first) / step), camera.source),
        maps={name: each[(..., *pixels)] for name, each in result.maps.items()}, recompute=None)


def squares_glb(points: PointCloud, focal_px: float) -> bytes:
    """A binary glTF of squares that face the camera.

    Args:
        points: P of them, in the camera's coordinates.
        focal_px: of the pixels that they are of.

    Returns:
        The file; with P = 0 it holds no mesh.
    """
    number = len(points)
    half = np.zeros((number, 4, 3), np.float32)
    half[..., :2] = CORNERS * (points.xyz[:, 2, None, None] / np.float32(focal_px))
    corners = ((points.xyz[:, None] + half) * np.array([1, -1, -1], np.float32)).reshape(-1, 3)
    colors = np.full((number, 4, 4), 65535, np.uint16)
    colors[..., :3] = _linear(points.colors)[:, None]
    faces = (np.arange(number, dtype=np.uint32)[:, None] * 4 + FACES).ravel()
    return _glb(corners.astype('<f4'), colors.reshape(-1, 4).astype('<u2'), faces.astype('<u4'))


def _linear(colors):
    """(P, 3) uint16: light, which a viewer turns into sRGB again."""
    table = np.arange(256) / 255
    light = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055)**2.4)
    return np.rint(light * 65535).astype(np.uint16)[colors]


def _scale_of(corners):
    return float(2 / max(-(corners[:, 2].min() + corners[:, 2].max()), 1e-6))


def _glb(corners, colors, faces):
    head = {
        'asset': {'version': '2.0', 'generator': 'mmdepthcls'}, 'scene': 0, 'scenes': [{'nodes': []}],
        'extensionsUsed': ['KHR_materials_unlit']}
    data = b''
    if len(corners):
        parts = [corners.tobytes(), colors.tobytes(), faces.tobytes()]
        starts = [0, len(parts[0]), len(parts[0]) + len(parts[1])]
        data = b''.join(parts)
        head |= {
            'scenes': [{'nodes': [0]}], 'nodes': [{'mesh': 0, 'name': 'points', 'scale': [_scale_of(corners)] * 3}],
            'meshes': [{'primitives': [{'attributes': {'POSITION': 0, 'COLOR_0': 1}, 'indices': 2, 'material': 0,
                                        'mode': TRIANGLES}]}],
            'materials': [{'doubleSided': True, 'extensions': {'KHR_materials_unlit': {}},
                           'pbrMetallicRoughness': {'metallicFactor': 0, 'roughnessFactor': 1}}],
            'accessors': [
                {'bufferView': 0, 'componentType': FLOAT, 'count': len(corners), 'type': 'VEC3',
                 'min': corners.min(axis=0).tolist(), 'max': corners.max(axis=0).tolist()},
                {'bufferView': 1, 'componentType': UNSIGNED_SHORT, 'normalized': True, 'count': len(colors),
                 'type': 'VEC4'},
                {'bufferView': 2, 'componentType': UNSIGNED_INT, 'count': len(faces), 'type': 'SCALAR'}],
            'bufferViews': [
                {'buffer': 0, 'byteOffset': start, 'byteLength': len(part), 'target': target}
                for start, part, target in zip(starts, parts, (VERTICES, VERTICES, INDICES), strict=True)],
            'buffers': [{'byteLength': len(data)}]}
    text = json_text(head).encode()
    text += b' ' * (-len(text) % 4)
    chunks = struct.pack('<II', len(text), 0x4E4F534A) + text
    if data:
        chunks += struct.pack('<II', len(data), 0x004E4942) + data
    return struct.pack('<4sII', b'glTF', 2, 12 + len(chunks)) + chunks

