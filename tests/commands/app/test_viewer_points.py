"""Points as squares in a binary glTF, read by a reader of these tests."""
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.apis.depth_result import DepthResult
from mmdepthcls.apis.picture_source import PictureSource
from mmdepthcls.apis.point_cloud import PointCloud
from mmdepthcls.camera import PictureCamera
from mmdepthcls.commands.app.viewer_points import FROM, squares_glb, thinned, viewed_points

TYPES = {5126: '<f4', 5123: '<u2', 5125: '<u4'}
WIDTHS = {'SCALAR': 1, 'VEC3': 3, 'VEC4': 4}


def read_glb(content):
    """JSON of a binary glTF, and its arrays."""
    magic, version, length = struct.unpack_from('<4sII', content)
    assert (magic, version, length) == (b'glTF', 2, len(content))
    size, kind = struct.unpack_from('<I4s', content, 12)
    assert kind == b'JSON' and size % 4 == 0
    head = json.loads(content[20:20 + size])
    arrays = []
    if 'buffers' in head:
        start = 20 + size
        bytes_, kind = struct.unpack_from('<I4s', content, start)
        assert kind == b'BIN\0' and bytes_ == head['buffers'][0]['byteLength'] == len(content) - start - 8
        for accessor in head['accessors']:
            view = head['bufferViews'][accessor['bufferView']]
            data = content[start + 8 + view['byteOffset']:start + 8 + view['byteOffset'] + view['byteLength']]
            array = np.frombuffer(data, TYPES[accessor['componentType']]).reshape(-1, WIDTHS[accessor['type']])
            assert len(array) == accessor['count'] and view['byteOffset'] % 4 == 0
            arrays.append(array)
    return head, arrays


def result_of(shape, camera=None, seed=0, **changes):
    rng = np.random.default_rng(seed)
    return DepthResult(
        PictureSource('a.png'), rng.integers(0, 256, (*shape, 3), dtype=np.uint8),
        rng.uniform(1, 80, shape).astype(np.float32), rng.random(shape) < .5, (1.0, 80.0),
        **{**dict(camera=camera or PictureCamera(30.0)), **changes})


def test_each_point_is_a_square_of_its_color_and_size():
    points = PointCloud(np.array([[1, 2, 10], [-3, 0, 20]], np.float32), np.array([[255, 0, 128], [1, 2, 3]], np.uint8),
                        np.ones(2, bool))
    head, (corners, colors, faces) = read_glb(squares_glb(points, 100.0))
    squares = corners.reshape(2, 4, 3)
    np.testing.assert_allclose(squares.mean(axis=1), [[1, -2, -10], [-3, 0, -20]], rtol=1e-6)
    np.testing.assert_allclose(np.ptp(squares, axis=1), [[.1, .1, 0], [.2, .2, 0]], atol=1e-6)  # a pixel's, z / focal
    shown = (colors.reshape(2, 4, 4)[:, 0] / 65535).astype(float)
    srgb = np.where(shown <= .0031308, 12.92 * shown, 1.055 * shown**(1 / 2.4) - .055)
    np.testing.assert_allclose(srgb[:, :3] * 255, points.colors, atol=.1)
    assert (shown[:, 3] == 1).all() and len(np.unique(colors.reshape(2, 4, 4), axis=1)[0]) == 1
    triangles = corners[faces.reshape(-1, 3)]
    area = np.linalg.norm(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), axis=1) / 2
    np.testing.assert_allclose(area, [.005, .005, .02, .02], rtol=1e-4)  # two a square, which they cover
    accessor = head['accessors'][0]
    np.testing.assert_allclose([accessor['min'], accessor['max']], [corners.min(0), corners.max(0)], rtol=1e-6)


def test_no_point_is_no_mesh():
    none = PointCloud(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8), np.zeros(0, bool))
    head, arrays = read_glb(squares_glb(none, 10.0))
    assert arrays == [] and 'meshes' not in head


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 500), st.booleans())
def test_thinned_points_are_points_of_all(height, width, most, off_center):
    camera = PictureCamera(30.0, (3.0, 7.5) if off_center else None)
    result = result_of((height, width), camera, maps=dict(interval=np.ones((2, height, width), np.float32)))
    small = thinned(result, most)
    assert 0 < small.depth.size <= most and small.interval.shape == (2, *small.depth.shape)
    if height * width <= most:
        assert small.depth.shape == result.depth.shape
    every = {(*xyz, *color) for xyz, color in zip(rounded(result), result.points().colors.tolist(), strict=True)}
    some = {(*xyz, *color) for xyz, color in zip(rounded(small), small.points().colors.tolist(), strict=True)}
    assert some <= every


def rounded(result):
    return [tuple(f'{value:.3g}' if abs(value) > 1e-3 else '0' for value in xyz)
            for xyz in result.points().xyz.tolist()]


def test_unsure_points_are_not_viewed():
    result = result_of((10, 10))
    low = result.depth * .5
    high = result.depth * np.where(np.arange(100).reshape(10, 10) < 30, 1.4, 1.7).astype(np.float32)
    result.maps['interval'] = np.stack([low, high])
    corners = read_glb(viewed_points(result))[1][0]
    assert len(corners) == 4 * 30
    del result.maps['interval']
    assert len(read_glb(viewed_points(result))[1][0]) == 4 * 100


def test_the_middle_of_the_points_is_one_unit_from_the_camera():
    head, (corners, *_) = read_glb(viewed_points(result_of((20, 30))))
    scale = head['nodes'][0]['scale'][0]
    assert -(corners[:, 2].min() + corners[:, 2].max()) / 2 * scale == pytest.approx(1, rel=1e-5)
    assert FROM[2] > 1  # and so one looks from behind the camera


def test_points_need_a_camera():
    result = result_of((4, 4))
    result.camera = None
    with pytest.raises(ValueError, match='focal length'):
        viewed_points(result)
