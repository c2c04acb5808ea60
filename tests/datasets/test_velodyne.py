"""Projection of LiDAR scans against slow loops and, where it is at hand, against KITTI's own maps."""
import shutil

import cv2
import numpy as np
import pytest

from mmdepthcls.datasets.velodyne import Calibration, project_velodyne, read_calibration, read_scan

SHAPE = (20, 64)


@pytest.fixture
def day(tmp_path, builders):
    return builders.kitti(tmp_path, frames=(5, )) / 'raw' / '2011_09_26'


def file_numbers(path, key):
    line, = (line for line in path.read_text().splitlines() if line.startswith(f'{key}:'))
    return [float(number) for number in line.split(':')[1].split()]


def to_camera(day, camera, point):
    """(u z, v z, z) of one point, by the chain of the devkit's readme in plain loops."""
    def times(matrix, vector):
        return [sum(row[i] * vector[i] for i in range(len(vector))) for row in matrix]

    lidar, cameras = day / 'calib_velo_to_cam.txt', day / 'calib_cam_to_cam.txt'
    r, t = file_numbers(lidar, 'R'), file_numbers(lidar, 'T')
    rect, p = file_numbers(cameras, 'R_rect_00'), file_numbers(cameras, f'P_rect_0{camera}')
    x = [a + b for a, b in zip(times([r[0:3], r[3:6], r[6:9]], point), t, strict=True)]
    x = times([rect[0:3], rect[3:6], rect[6:9]], x)
    return times([p[0:4], p[4:8], p[8:12]], [*x, 1.0])


def slow_projection(points, day, camera, shape, convention):
    height, width = shape
    visible = []  # row, column, depth
    for x, y, z, *_ in points.astype(np.float64).tolist():
        if x < 0:
            continue
        u, v, depth = to_camera(day, camera, [x, y, z])
        if depth <= 0:
            continue
        column, row = round(u / depth), round(v / depth)  # Python also rounds halves to even
        if convention == 'monodepth':
            column, row, depth = column - 1, row - 1, x
        if 0 <= row < height and 0 <= column < width:
            visible.append((row, column, depth))
    paint = nearest_wins if convention == 'kitti' else paint_like_monodepth
    return paint(visible, shape), visible


def nearest_wins(visible, shape):
    result = np.zeros(shape)
    for row, column, depth in visible:
        if result[row, column] == 0 or depth < result[row, column]:
            result[row, column] = depth
    return result


def paint_like_monodepth(visible, shape):
    result = np.zeros(shape)
    for row, column, depth in visible:
        result[row, column] = depth
    width, by_index = shape[1], {}
    for row, column, depth in visible:
        by_index.setdefault(row * (width - 1) + column - 1, []).append((row, column, depth))
    for same in by_index.values():
        if len(same) > 1:
            row, column, _ = same[0]
            result[row, column] = min(depth for _, _, depth in same)
    return result


@pytest.mark.parametrize('convention', ['kitti', 'monodepth'])
@pytest.mark.parametrize('camera', [2, 3])
@pytest.mark.parametrize('seed', [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in (1, 2))])
def test_equals_the_slow_loop(day, builders, convention, camera, seed):
    points = builders.scan(seed, 6000)
    expected, visible = slow_projection(points, day, camera, SHAPE, convention)
    got = project_velodyne(points, read_calibration(str(day), camera), SHAPE, convention)
    assert got.dtype == np.float32 and got.shape == SHAPE
    np.testing.assert_allclose(got, expected, rtol=1e-6)
    # The case says something: pixels are shared, holes remain, some points are not seen.
    assert (expected > 0).sum() < len(visible) < len(points)
    assert (expected == 0).any()
    if convention == 'monodepth':  # the wrapping index also joins the end of a row with the start of the next
        indices = {}
        for row, column, _ in visible:
            indices.setdefault(row * (SHAPE[1] - 1) + column - 1, set()).add((row, column))
        assert any(len(pixels) > 1 for pixels in indices.values())


# A camera that looks along the LiDAR's x: u = 10 - 10 y / x, v = 5 - 10 z / x, depth = x + 0.27.
SIMPLE = Calibration(np.array([[10.0, -10, 0, 2.7], [5, 0, -10, 1.35], [1, 0, 0, 0.27]]))


def project_one(*points, convention='kitti'):
    depth = project_velodyne(np.array(points, np.float32), SIMPLE, (10, 20), convention)
    return {(int(row), int(column)): float(depth[row, column]) for row, column in np.argwhere(depth)}


def test_by_hand():
    assert project_one((9.73, 0, 0)) == {(5, 10): pytest.approx(10)}
    assert project_one((9.73, 0, 0), convention='monodepth') == {(4, 9): pytest.approx(9.73)}
    assert project_one((9.73, -4, 2)) == {(3, 14): pytest.approx(10)}  # to the right (-y) and up (+z)
    assert project_one((-9.73, 0, 0)) == project_one((9.73, 40, 0)) == project_one((9.73, 0, 40)) == {}


@pytest.mark.parametrize('order', [1, -1])
def test_the_nearest_point_wins_a_pixel(order):
    points = [(9.73, 0, 0), (4.73, 0, 0), (29.73, 0, 0)][::order]
    assert project_one(*points) == {(5, 10): pytest.approx(5)}
    assert project_one(*points, convention='monodepth') == {(4, 9): pytest.approx(4.73)}


@pytest.mark.parametrize('convention', ['kitti', 'monodepth'])
def test_points_around_the_cameras_plane(day, convention):
    """Where single precision cannot say on which side a point lies, the rough sorting must keep it."""
    rng = np.random.default_rng(0)
    points = rng.uniform([0, -0.6, -0.3, 0], [0.6, 0.6, 0.3, 1], (4000, 4)).astype(np.float32)
    points[::2, 0] = 0.27 + rng.normal(0, 1e-4, 2000)  # the camera is 0.27 m before the LiDAR
    expected = slow_monodepth_behind(points, day, SHAPE) if convention == 'monodepth' else slow_projection(
        points, day, 2, SHAPE, convention)[0]
    assert (expected > 0).sum() > 30
    got = project_velodyne(points, read_calibration(str(day), 2), SHAPE, convention)
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def slow_monodepth_behind(points, day, shape):
    """As :func:`slow_projection`, also for points before the LiDAR and behind the camera, which that code keeps."""
    visible = []
    for x, y, z, _ in points.astype(np.float64).tolist():
        u, v, depth = to_camera(day, 2, [x, y, z])
        column, row = round(u / depth) - 1, round(v / depth) - 1
        if 0 <= row < shape[0] and 0 <= column < shape[1]:
            visible.append((row, column, x))
    return paint_like_monodepth(visible, shape)


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('convention', ['kitti', 'monodepth'])
def test_no_points_and_points_that_are_not_numbers(convention):
    assert project_velodyne(np.zeros((0, 4), np.float32), SIMPLE, (10, 20), convention).max() == 0
    bad = [point for value in (np.nan, np.inf, -np.inf) for point in ((value, 0, 0), (9.73, value, 0), (9, 0, value))]
    good = project_one((4.73, 0, 0), convention=convention)
    assert len(good) == 1 and project_one(*bad, (4.73, 0, 0), convention=convention) == good


def test_unknown_convention():
    with pytest.raises(ValueError, match=r"convention must be one of \('kitti', 'monodepth'\), got 'eigen'"):
        project_velodyne(np.zeros((1, 4)), SIMPLE, (10, 20), 'eigen')


def test_calibration_is_the_product_of_the_chain(day):
    for camera in (0, 2, 3):
        projection = read_calibration(str(day), camera).projection
        assert projection.shape == (3, 4) and projection.dtype == np.float64
        for point in ([12.0, 3.0, -1.0], [0.5, -2.0, 0.7]):
            np.testing.assert_allclose(projection @ [*point, 1], to_camera(day, camera, point), rtol=1e-12)


@pytest.mark.parametrize('name, old, new, message', [
    ('calib_cam_to_cam.txt', 'P_rect_02', 'P_rect_09', "no line 'P_rect_02'. Is it the calibration of a raw KITTI day"),
    ('calib_cam_to_cam.txt', 'R_rect_00: 0.99992', 'R_rect_00:', 'R_rect_00 must be 9 numbers'),
    ('calib_cam_to_cam.txt', '31.7 1.8', 'nonsense 1.8', 'P_rect_02 must be 12 numbers'),
    ('calib_velo_to_cam.txt', 'T: -0.004', 'T: -0.004 7', 'T must be 3 numbers'),
    ('calib_velo_to_cam.txt', 'R:', 'S:', "no line 'R'"),
])
def test_broken_calibration_names_file_and_key(day, name, old, new, message):
    text = (day / name).read_text()
    assert old in text
    (day / name).write_text(text.replace(old, new))
    with pytest.raises(ValueError, match=f'{name}: {message}'):
        read_calibration(str(day), 2)


@pytest.mark.parametrize('name', ['calib_cam_to_cam.txt', 'calib_velo_to_cam.txt'])
def test_missing_calibration(day, name):
    (day / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        read_calibration(str(day), 2)


def test_read_scan(tmp_path, builders):
    points = builders.scan(num=7)
    path = builders.write(tmp_path / 'scan.bin', points.tobytes())
    np.testing.assert_array_equal(read_scan(path), points)
    for size in (0, 1, 15, 7 * 16 - 4):
        builders.write(path, points.tobytes()[:size])
        with pytest.raises(ValueError, match=f'scan.bin: a LiDAR scan is a positive multiple of 16 bytes, got {size}'):
            read_scan(path)
    with pytest.raises(FileNotFoundError, match='nowhere.bin'):
        read_scan(str(tmp_path / 'nowhere.bin'))


# --------------------------------------------------------------------------------------------------------- a real frame
def real_frame(kitti_sample, camera=2):
    drive = '2011_09_26/2011_09_26_drive_0001_sync'
    points = read_scan(f'{kitti_sample}/raw/{drive}/velodyne_points/data/0000000005.bin')
    calibration = read_calibration(f'{kitti_sample}/raw/2011_09_26', camera)
    maps = {}
    for kind in ('velodyne_raw', 'groundtruth'):
        path = f'{kitti_sample}/annotated/train/{drive[11:]}/proj_depth/{kind}/image_0{camera}/0000000005.png'
        maps[kind] = cv2.imread(path, cv2.IMREAD_UNCHANGED) / 256
        assert maps[kind].shape == (375, 1242)
    return points, calibration, maps['velodyne_raw'], maps['groundtruth']


def test_real_frame_agrees_with_kittis_own_maps(kitti_sample):
    points, calibration, official, annotated = real_frame(kitti_sample)
    depth = project_velodyne(points, calibration, official.shape)
    shared = (depth > 0) & (official > 0)
    assert shared.sum() >= 6200
    relative = np.abs(depth - official)[shared] / official[shared]
    assert np.median(relative) < 0.01
    both = (depth > 0) & (annotated > 0)
    assert both.sum() > 5000
    difference = np.abs(depth - annotated)[both]
    assert np.median(difference) <= 0.08
    assert (difference / annotated[both] < 0.02).mean() >= 0.92


def test_real_frame_right_camera(kitti_sample):
    points, calibration, _, annotated = real_frame(kitti_sample, camera=3)
    depth = project_velodyne(points, calibration, annotated.shape)
    both = (depth > 0) & (annotated > 0)
    difference = np.abs(depth - annotated)[both]
    assert both.sum() > 5000 and np.median(difference) <= 0.08


def test_real_frame_monodepth_is_one_pixel_and_27_cm_off(kitti_sample, tmp_path):
    points, calibration, official, annotated = real_frame(kitti_sample)
    depth = project_velodyne(points, calibration, official.shape, 'monodepth')
    assert 1200 < ((depth > 0) & (official > 0)).sum() < 1400  # 1305 are reported
    both = (depth > 0) & (annotated > 0)
    assert 0.2 < np.median((depth - annotated)[both]) < 0.35
    some = points[::10]
    day = tmp_path / 'day'
    shutil.copytree(f'{kitti_sample}/raw/2011_09_26', day, ignore=shutil.ignore_patterns('*_sync'))
    expected, _ = slow_projection(some, day, 2, official.shape, 'monodepth')
    np.testing.assert_allclose(project_velodyne(some, calibration, official.shape, 'monodepth'), expected, rtol=1e-6)
    assert (expected > 0).sum() > 1000
