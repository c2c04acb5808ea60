"""One LiDAR scan and its calibration, and whether both fit the image. Pure.

Frames as in :mod:`mmdepthcls.datasets.velodyne`; P is the number of points.
"""
import os

import numpy as np

from ...datasets import velodyne
from ...datasets.kitti_layout import calibration_files
from .content import missing_file
from .depth_map import describe
from .finding import error, warning

SECTORS = 36
FEW_POINTS, WHOLE = 20_000, 70_000  # a scan of the HDL-64E has about 120 000; with fewer it is of another sensor
LONGEST = 200.0  # m; the HDL-64E sees 120
ELEVATIONS = (-40.0, 20.0)  # degrees; the HDL-64E looks from -24.8 to +2
LOWEST_RING = -22.0
LEAST_SHARE = 0.005  # of the pixels; a scan meets 4 %
# Focal lengths (px) of the rectified images, by day and image width.
FOCAL = {('2011_09_26', 1242): 721.5377, ('2011_09_28', 1224): 707.0493, ('2011_09_29', 1238): 718.3351,
         ('2011_09_30', 1226): 707.0912, ('2011_10_03', 1241): 718.856}


def inspect_scan(sample, shape, convention, edges=None):
    """Read and project a scan as ``LoadVelodyneDepth`` does, and look at it.

    Args:
        sample (dict): ``velodyne_path``, ``calibration_folder``, ``camera``.
        shape (tuple[int, int]): H, W of the image.
        convention (str): see :func:`mmdepthcls.datasets.velodyne.project_velodyne`.
        edges (ndarray, optional): (K + 1,) of the bins, m.

    Returns:
        tuple[ndarray or None, DepthRecord or None, list[Finding]]: depth (H, W) float32 m, where it can be used.
    """
    path, folder, camera = (sample[key] for key in ('velodyne_path', 'calibration_folder', 'camera'))
    fault = missing_file(path, 'LiDAR scan')
    if fault:
        return None, None, [fault]
    try:
        points = velodyne.read_scan(path)
    except ValueError as reason:
        return None, None, [error('damaged scan', path, str(reason).removeprefix(f'{path}: '))]
    findings = scan_faults(points, path)
    try:
        calibration = velodyne.read_calibration(folder, camera)
    except (OSError, ValueError) as reason:
        path = getattr(reason, 'filename', None) or folder
        return None, None, [*findings, error('calibration', path, str(reason), 'Copy the calibration of the day.')]
    findings += calibration_faults(folder, camera, shape)
    with np.errstate(all='ignore'):
        depth = velodyne.project_velodyne(points, calibration, shape, convention)
    depth[~np.isfinite(depth)] = 0
    record = describe(depth, edges=edges)
    record.points = len(points)
    if record.valid < LEAST_SHARE:
        findings.append(error('scan misses the image', path, f'only {int((depth > 0).sum())} pixels of '
                              f'{shape[0]} x {shape[1]} have a point', f'Check the calibration in {folder} and the '
                              'scan.'))
    return depth, record, findings


def scan_faults(points, path):
    """Findings about the points (P, 4) of a scan."""
    finite = np.isfinite(points).all(axis=1)
    if not finite.all():
        return [error('damaged scan', path, f'{(~finite).sum()} of {len(points)} points hold NaN or infinity',
                      'Copy it again.')]
    x, y, z, reflectance = points.T.astype(np.float64)
    distance = np.sqrt(x**2 + y**2 + z**2)
    empty = (distance == 0).mean()
    if empty > 0.01:
        return [error('damaged scan', path, f'{empty:.0%} of the points are zero', 'Copy it again.')]
    if distance.max() > LONGEST or np.median(distance) < 1:
        return [error('scan in another unit or form', path, f'points are {np.median(distance):.3g} m away (median), '
                      f'at most {distance.max():.3g} m', 'Expected float32 x, y, z in metres and reflectance.')]
    findings = []
    if reflectance.min() < 0 or reflectance.max() > 1:
        findings.append(warning('scan in another unit or form', path, 'the fourth number is from '
                                f'{reflectance.min():.3g} to {reflectance.max():.3g}, expected reflectance in 0..1',
                                'Is its order x, y, z, reflectance?'))
    lowest, low, high = np.percentile(np.degrees(np.arcsin(z / np.maximum(distance, 1e-9))), (0.2, 1, 99))
    if len(points) >= FEW_POINTS and not ELEVATIONS[0] < low < high < ELEVATIONS[1]:
        findings.append(error('scan in another unit or form', path, f'points lie {low:.0f} to {high:.0f} degrees above '
                              'the horizon, expected -24 to 2', 'z is up: is the order x, y, z? Is it turned?'))
    elif len(points) >= FEW_POINTS and lowest > LOWEST_RING:
        findings.append(error('scan is cut', path, f'of its {len(points)} points none is lower than {lowest:.0f} '
                              'degrees: the lowest rings, the last in the file, are missing', 'Copy the file again.'))
    elif FEW_POINTS <= len(points) < WHOLE:
        findings.append(warning('few points', path, f'{len(points)} points, a scan of KITTI has about 120 000',
                                'Thinned out, or cut? Use the original file.'))
    return findings + _gaps(points, path)


def _gaps(points, path):
    """A whole turn has no empty sector. A short or half scan is a cut file."""
    counts = np.histogram(np.arctan2(points[:, 1], points[:, 0]), SECTORS, (-np.pi, np.pi))[0]
    empty = int((counts < 0.05 * np.median(counts[counts > 0])).sum())
    if len(points) < FEW_POINTS and empty < SECTORS // 2:
        return []  # thin but all around: another sensor; the split decides whether it is an outlier
    if empty >= 3:
        return [error('scan is cut', path, f'{len(points)} points leave {empty * 360 // SECTORS} of 360 degrees empty',
                      'The turn is not closed: copy the file again.')]
    return []


def calibration_faults(folder, camera, shape):
    """Findings about a day's calibration files and the image size (H, W) they are used for."""
    height, width = shape
    cameras, lidar = calibration_files(folder)
    found, remedy = [], 'Copy the calibration of this day (and of these image sizes).'
    matrix = velodyne.read_numbers(cameras, f'P_rect_{camera:02d}', 12).reshape(3, 4)
    focal, cx, cy = matrix[0, 0], matrix[0, 2], matrix[1, 2]
    if abs(cx / width - 0.5) > 0.15 or abs(cy / height - 0.5) > 0.2 or not 0.2 < focal / width < 3:
        found.append((cameras, f'P_rect_{camera:02d} has focal length {focal:.1f} and center ({cx:.1f}, {cy:.1f}) px, '
                      f'which does not fit an image of {width} x {height}'))
    size = velodyne.read_numbers(cameras, f'S_rect_{camera:02d}', 2)
    if size is not None and tuple(size.astype(int)) != (width, height):
        found.append((cameras, f'S_rect_{camera:02d} says {size[0]:.0f} x {size[1]:.0f}, the image has '
                      f'{width} x {height}'))
    expected = FOCAL.get((os.path.basename(os.path.normpath(folder)), width))
    if expected and abs(focal / expected - 1) > 0.003:
        found.append((cameras, f'the focal length is {focal:.2f} px, that of the day is {expected:.2f} px'))
    left, right = (velodyne.read_numbers(cameras, f'P_rect_{number:02d}', 12) for number in (2, 3))
    if left is not None and right is not None and right[3] / right[0] >= left[3] / left[0]:
        found.append((cameras, 'camera 3 is not to the right of camera 2: their projections seem exchanged'))
    for path, key in ((cameras, 'R_rect_00'), (lidar, 'R')):
        rotation = velodyne.read_numbers(path, key, 9).reshape(3, 3)
        if np.abs(rotation @ rotation.T - np.eye(3)).max() > 0.05 or np.linalg.det(rotation) < 0:
            found.append((path, f'{key} is no rotation'))
    turn = velodyne.read_numbers(lidar, 'R', 9).reshape(3, 3)
    if turn[2, 0] < 0.9 or turn[0, 1] > -0.9:
        found.append((lidar, "R does not turn the LiDAR's axes (x forward, y left) into the camera's (z forward, "
                      'x right)'))
    length = np.linalg.norm(velodyne.read_numbers(lidar, 'T', 3))
    if length > 2:
        found.append((lidar, f'T is {length:.3g} m long, in the car it is about 0.3 m'))
    return [error('calibration', path, seen, remedy) for path, seen in found]
