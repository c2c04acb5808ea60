"""Healthy trees of every kind, made of MiniDrive's scenes so that image and depth belong together."""
import shutil
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from mmengine.config import Config

from mmdepthcls.commands.check_data.doctor import examine

HEIGHT, WIDTH, FOCAL = 96, 320, 200.0
DRIVES = {'train': '2011_09_26_drive_0001', 'val': '2011_09_26_drive_0005', 'test': '2011_09_26_drive_0002'}
DAY = '2011_09_26'
BINS = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=20)
KITTI_CONFIG = dict(type='KITTIDepthDataset', pipeline=[dict(type='LoadDepth'), dict(type='LoadVelodyneDepth')])


def read(path):
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def save(path, array, *options):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), array, *options)
    return path


def scan_of_depth(depth, seed=0):
    """LiDAR points (P, 4): those of a depth map, seen from the camera, and some all around."""
    rng = np.random.default_rng(seed)
    v, u = np.nonzero(depth)
    z = depth[v, u]
    right, down = (u - WIDTH / 2) / FOCAL * z, (v - HEIGHT / 2) / FOCAL * z
    ahead = np.stack([z, -right, -down, rng.random(len(z))], axis=1)
    angle, distance = rng.uniform(0.6, 2 * np.pi - 0.6, 6000), rng.uniform(3, 50, 6000)
    around = np.stack([distance * np.cos(angle), distance * np.sin(angle), np.full(6000, -1.7), rng.random(6000)], 1)
    return np.concatenate([ahead, around]).astype(np.float32)


def make_kitti(root, source, num=5):
    """Frames of one drive a split, with annotated depth and scans; the drives' frames are annotated from 5 on."""
    projection = f'{FOCAL} 0 {WIDTH / 2} {{}} 0 {FOCAL} {HEIGHT / 2} 0 0 0 1 0'
    cameras = (f'calib_time: x\nS_rect_02: {WIDTH} {HEIGHT}\nR_rect_00: 1 0 0 0 1 0 0 0 1\n'
               f'P_rect_02: {projection.format(0)}\nP_rect_03: {projection.format(-100)}\n')
    day = root / 'raw' / DAY
    day.mkdir(parents=True)
    (day / 'calib_cam_to_cam.txt').write_text(cameras)
    (day / 'calib_velo_to_cam.txt').write_text('R: 0 -1 0 0 0 -1 1 0 0\nT: 0 0 0\n')
    for index in range(num):
        drive, frame = f'{DRIVES["train"]}_sync', f'{index + 5:010d}'
        image = day / drive / 'image_02' / 'data' / f'{frame}.png'
        image.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / f'image/train/{index:06d}.png', image)
        units = read(source / f'depth_sparse/train/{index:06d}.png')
        scan = day / drive / 'velodyne_points' / 'data' / f'{frame}.bin'
        scan.parent.mkdir(parents=True, exist_ok=True)
        units[units > 80 * 256] = 0
        scan_of_depth(units / 256.0, index).tofile(scan)
        save(root / f'annotated/train/{drive}/proj_depth/groundtruth/image_02/{frame}.png', units)
    return root


def make_synthia(root, source, num=5):
    """Files 0 to 4, which are of the training split: three channels of centimetres, the sky saturated."""
    for index in range(num):
        image = root / f'RGB/{index:07d}.png'
        image.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / f'image/train/{index:06d}.png', image)
        units = read(source / f'depth/train/{index:06d}.png')
        metres = np.where(units > 0, units / 256.0, 655.35)
        save(root / f'Depth/Depth/{index:07d}.png', np.repeat(np.rint(metres * 100).astype(np.uint16)[..., None], 3, 2))
    return root


def make_folders(root, source, num=5):
    """JPEG images and float32 .npy metres in two plain folders."""
    (root / 'depth').mkdir(parents=True)
    for index in range(num):
        save(root / f'image/{index}.jpg', read(source / f'image/train/{index:06d}.png'), [cv2.IMWRITE_JPEG_QUALITY, 95])
        np.save(root / f'depth/{index}.npy', (read(source / f'depth/train/{index:06d}.png') / 256).astype(np.float32))
    return root


def configuration(kind, root):
    """Config of a tree."""
    root = str(root)
    if kind == 'minidrive':
        sets = {name: dict(type='MiniDriveDataset', split=name, data_root=root) for name in ('train', 'val', 'test')}
    elif kind == 'synthia':
        sets = dict(train=dict(type='SYNTHIADepthDataset', split='train', data_root=root))
    elif kind == 'folders':
        sets = dict(train=dict(type='DepthFolderDataset', data_root=root,
                               data_prefix=dict(img_path='image', depth_map_path='depth')))
    else:
        truth = 'velodyne' if kind.endswith('scan') else 'annotated'
        sets = dict(train=dict(KITTI_CONFIG, data_root=root, ground_truth=truth))
    return Config(dict({f'{name}_dataloader': dict(dataset=dataset) for name, dataset in sets.items()},
                       model=dict(bins=BINS)))


@pytest.fixture(scope='session')
def scenes(tmp_path_factory):
    """A MiniDrive large enough for the statistics of the doctor."""
    from mmdepthcls.commands.minidrive.writer import make_minidrive
    root = tmp_path_factory.mktemp('scenes') / 'minidrive'
    make_minidrive(root, 7, 3, 3, HEIGHT, WIDTH, workers=1, progress=False)
    return root


@pytest.fixture(scope='session')
def healthy(scenes, tmp_path_factory):
    """Folder of each kind of tree, not to be changed."""
    folder = tmp_path_factory.mktemp('healthy')
    kitti = make_kitti(folder / 'kitti', scenes)
    return dict(minidrive=scenes, kitti=kitti, kitti_scan=kitti, synthia=make_synthia(folder / 'synthia', scenes),
                folders=make_folders(folder / 'folders', scenes))


@pytest.fixture
def copied(healthy, tmp_path, request):
    """Copies a tree, to be spoilt."""
    def copy(kind):
        source = Path(request.getfixturevalue('kitti_sample')) if kind.startswith('real') else healthy[kind]
        shutil.copytree(source, tmp_path / 'tree')
        return tmp_path / 'tree'
    return copy


@pytest.fixture
def doctor():
    """Examines a tree in this process; returns the Examination."""
    return lambda kind, root, **options: examine(
        configuration(kind, root), **{**dict(workers=1, progress=False), **options})


@pytest.fixture
def files():
    return SimpleNamespace(read=read, save=save, configuration=configuration)
