"""The doctor on real KITTI frames, spoilt in a copy."""
import shutil

import cv2
import numpy as np
import pytest

DRIVE = 'raw/2011_09_26/2011_09_26_drive_0001_sync'
TRUTH = 'annotated/train/2011_09_26_drive_0001_sync/proj_depth/groundtruth/image_02'
FRAME_5, FRAME_50 = f'{TRUTH}/0000000005.png', f'{TRUTH}/0000000050.png'
SCAN = f'{DRIVE}/velodyne_points/data/0000000005.bin'


def units(change):
    def spoil(path):
        values = change(cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(np.float64))
        cv2.imwrite(str(path), np.clip(np.rint(values), 0, 65535).astype(np.uint16))
    return spoil


def points(change):
    return lambda path: change(np.fromfile(path, np.float32).reshape(-1, 4)).astype(np.float32).tofile(path)


def replaced(old, new):
    return lambda path: path.write_text(path.read_text().replace(old, new))


FAULTS = {
    'centimetres': ('kitti', FRAME_50, units(lambda d: d / 2.56), 'another unit'),
    'half as much again': ('kitti', FRAME_50, units(lambda d: d * 1.5), 'unusual depth'),
    'mirrored': ('kitti', FRAME_50, units(lambda d: d[:, ::-1]), 'depth is mirrored'),
    'upside down': ('kitti', FRAME_50, units(lambda d: d[::-1]), 'depth grows downwards'),
    'moved': ('kitti', FRAME_50, units(lambda d: np.roll(d, 20, 1)), 'depth is moved'),
    'moved, and a scan beside it': ('kitti', FRAME_5, units(lambda d: np.roll(d, 16, 1)),
                                    'depth disagrees with another file'),
    'camera 3': ('kitti', FRAME_5, lambda p: shutil.copy(str(p).replace('image_02', 'image_03'), p),
                 'depth disagrees with another file'),
    'another frame': ('kitti', FRAME_5, lambda p: shutil.copy(p.with_name('0000000100.png'), p),
                      'depth disagrees with another file'),
    'inverse': ('kitti', FRAME_50, units(lambda d: np.where(d > 0, 2e7 / np.maximum(d, 1), 0)),
                'depth grows downwards'),
    'a third lost': ('kitti', FRAME_50, units(lambda d: np.where(np.arange(d.shape[1]) > 828, 0, d)),
                     'unusual region of depth'),
    'points enlarged': ('kitti', FRAME_50, units(lambda d: cv2.dilate(d, np.ones((5, 5)))), 'filled depth'),
    'scan cut at a point': ('kitti_scan', SCAN, points(lambda s: s[:len(s) * 9 // 10]), 'scan is cut'),
    'scan thinned out': ('kitti_scan', SCAN, points(lambda s: s[::4]), 'few points'),
    'scan upside down': ('kitti_scan', SCAN, points(lambda s: s * [1, 1, -1, 1]), 'scan in another unit or form'),
    'scan of double precision': ('kitti_scan', SCAN, lambda p: np.fromfile(p, np.float32).astype(float).tofile(p),
                                 'scan in another unit or form'),
    'focal length of another day': ('kitti_scan', 'raw/2011_09_26/calib_cam_to_cam.txt',
                                    replaced('7.215377e+02', '7.070912e+02'), 'calibration'),
}


@pytest.mark.parametrize('kind', ['kitti', 'kitti_scan'])
def test_the_real_frames_have_no_fault(kind, kitti_sample, doctor):
    assert not [f for f in doctor(kind, kitti_sample).findings if f.level != 'note']


@pytest.mark.parametrize('name', FAULTS)
def test_a_fault_planted_in_a_real_frame_is_found(name, kitti_sample, tmp_path, doctor):
    kind, file, spoil, expected = FAULTS[name]
    shutil.copytree(kitti_sample, tmp_path / 'tree')
    spoil(tmp_path / 'tree' / file)
    found = [f for f in doctor(kind, tmp_path / 'tree').findings if f.level != 'note']
    assert [f for f in found if f.kind == expected and f.path == str(tmp_path / 'tree' / file)], found
