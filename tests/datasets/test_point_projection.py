"""Points as depth: by hand, and files that hold none."""
import io
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmdepthcls.datasets.depth_file import probe_depth, read_depth
from mmdepthcls.datasets.depth_format import DepthFileError, DepthFormat
from mmdepthcls.datasets.point_projection import PointProjection

PINHOLE = (2.0, 0, 1.5, 0, 0, 2.0, 1.0, 0, 0, 0, 1.0, 0)  # of a camera in the frame of the points
SIZE = (3, 4)


def projection(**changes):
    return PointProjection(PINHOLE, SIZE, **changes)


def test_by_hand():
    points = np.array([[0, 0, 5], [0, 0, 4], [0, 0, 6],  # u = 1.5, v = 1: column 2, the nearest of three
                       [1, 1, 2], [1, 1, -2],            # u = 2.5, v = 2: even, column 2; behind: not at all
                       [-9, 0, 2], [0, 9, 2], [np.nan, 0, 3], [0, np.inf, 3], [0, 0, 0.5], [0, 0, 0]])
    depth = projection(nearest=1.0).depth(points)
    expected = np.zeros(SIZE, np.float32)
    expected[1, 2], expected[2, 2] = 4, 2
    np.testing.assert_array_equal(depth, expected)
    assert depth.dtype == np.float32
    floor = projection(pixel='floor', nearest=1.0).depth(points)
    assert floor[1, 1] == 4 and floor[2, 2] == 2 and np.count_nonzero(floor) == 2
    assert projection().depth(points)[1, 2] == 0.5
    own = projection(own_radius=0.5).depth(points)  # both x and y must be near
    assert own[2, 2] == 2 and np.count_nonzero(own) == 1


# Quarters of a metre: products and sums are exact, and rounding is the same whoever computes.
@given(arrays(np.float64, st.tuples(st.integers(0, 40), st.just(3)),
              elements=st.integers(-200, 200).map(lambda n: n / 4)), st.booleans())
def test_each_pixel_has_its_nearest_point(points, floor):
    made = projection(pixel='floor' if floor else 'nearest', nearest=0.1)
    depth = made.depth(points)
    rounded = np.floor if floor else np.rint
    for row in range(SIZE[0]):
        for column in range(SIZE[1]):
            mine = [z for x, y, z in points if z > 0.1 and rounded((2 * x + 1.5 * z) / z) == column
                    and rounded((2 * y + z) / z) == row]
            assert depth[row, column] == np.float32(min(mine, default=0))


def saved(path, array):
    if path.suffix == '.npz':
        np.savez(path, data=array)
    else:
        path.write_bytes(array.tobytes())
    return path


@pytest.mark.parametrize('suffix', ['.pcd.bin', '.npz'])
def test_files(suffix, tmp_path):
    points = np.array([[0, 0, 5, 9, 1], [1, 1, 2, 9, 1]], np.float32)
    path = saved(tmp_path / f'0{suffix}', points)
    made = DepthFormat(projection=projection())
    assert probe_depth(str(path), made) == SIZE
    depth = read_depth(path.read_bytes(), str(path), made)
    assert (depth[1, 2], depth[2, 2]) == (5, 2)
    assert made == DepthFormat(projection=projection()) and hash(made)


def archive(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize('name, content, message', [
    ('0.bin', b'', 'positive multiple of 20 bytes, got 0: truncated'),
    ('0.bin', bytes(39), 'positive multiple of 20 bytes, got 39'),
    ('0.bin', np.full((2, 5), np.nan, np.float32).tobytes(), 'no point of 2 has finite coordinates'),
    ('0.npz', b'', "expected points as 'data' in an .npz, got BadZipFile"),
    ('0.npz', archive(points=np.ones((3, 3))), "expected points as 'data' in an .npz, got KeyError"),
    ('0.npz', archive(data=np.ones((3, 2))), r'got float64 of shape \(3, 2\). Is it a point cloud'),
    ('0.npz', archive(data=np.ones((3, 3), int)), 'got int64'),
    ('0.npz', archive(data=np.array([None] * 3)), 'got object'),
    ('0.npz', archive(data=np.ones((90, 4)))[:-300], 'expected points|truncated or damaged')])
def test_files_of_no_points(name, content, message, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    made = DepthFormat(projection=projection())
    with pytest.raises(DepthFileError, match=f'{name}: .*{message}'):
        probe_depth(str(path), made)
        read_depth(content, str(path), made)
    assert os.path.getsize(path) == len(content)
