"""Points in space and their files, read back by a reader of PLY of our own."""
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.apis.point_cloud import point_cloud
from mmdepthcls.camera import PictureCamera


def read_ply(data):
    """Columns of a PLY, by its header alone."""
    head, _, body = data.partition(b'end_header\n')
    lines = head.decode().splitlines()
    assert lines[0] == 'ply' and lines[1] == 'format binary_little_endian 1.0'
    count = int(next(line.split()[2] for line in lines if line.startswith('element vertex')))
    codes = dict(float='<f4', uchar='u1')
    kind = np.dtype([(line.split()[2], codes[line.split()[1]]) for line in lines if line.startswith('property')])
    assert len(body) == count * kind.itemsize
    return np.frombuffer(body, kind)


@given(seed=st.integers(0, 2**31), focal=st.floats(5, 500), x=st.floats(-5, 15), y=st.floats(-5, 15))
def test_points_fall_on_their_pixels(seed, focal, x, y):
    rng = np.random.default_rng(seed)
    depth = (rng.uniform(1, 80, (6, 9)) * (rng.random((6, 9)) < 0.7)).astype(np.float32)
    picture = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    points = point_cloud(depth, picture, PictureCamera(focal, (x, y)))
    columns = points.xyz[:, 0] * focal / points.xyz[:, 2] + x
    rows = points.xyz[:, 1] * focal / points.xyz[:, 2] + y
    expected = np.argwhere(depth > 0)
    assert np.allclose(np.stack([rows, columns], 1), expected, atol=1e-3)
    assert np.array_equal(points.xyz[:, 2], depth[depth > 0]) and np.array_equal(points.colors, picture[depth > 0])


def test_files(tmp_path):
    depth = np.array([[1, 0, np.nan], [4, np.inf, 2]], np.float32)
    picture = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    told = np.array([[True, True, True], [False, True, True]])
    points = point_cloud(depth, picture, PictureCamera(10.0), supervised=told)
    assert len(points) == 3
    ply = read_ply(points.ply())
    assert ply['z'].tolist() == [1, 4, 2] and ply['supervised'].tolist() == [1, 0, 1]
    assert ply['x'] == pytest.approx([-0.1, -0.4, 0.2]) and ply['y'] == pytest.approx([-0.05, 0.2, 0.1])
    assert np.stack([ply[name] for name in ('red', 'green', 'blue')], 1).tolist() == [
        [0, 1, 2], [9, 10, 11], [15, 16, 17]]
    arrays = np.load(io.BytesIO(points.npz()))
    assert np.array_equal(arrays['xyz'], points.xyz) and np.array_equal(arrays['supervised'], [True, False, True])
    empty = point_cloud(np.zeros((2, 3), np.float32), picture, PictureCamera(10.0))
    assert len(empty) == 0 and not len(read_ply(empty.ply()))


def test_sizes_that_differ():
    with pytest.raises(ValueError, match='one size'):
        point_cloud(np.ones((2, 3), np.float32), np.zeros((3, 2, 3), np.uint8), PictureCamera(1.0))
