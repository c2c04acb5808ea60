"""Small trees of public data sets in their own formats, with the depth that is in them by the formats' own rules.

Each builder writes a tree and returns ``{path of the image: (H, W) float64 metres, 0 where nothing is measured}``.
"""
import json

import cv2
import numpy as np
from small_data import random_image, random_units, write

SHAPE = (24, 32)


def _image(path, seed, shape=SHAPE):
    """An image as PNG, or as JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == '.png':
        return write(path, random_image(seed, shape))
    assert cv2.imwrite(str(path), random_image(seed, shape))
    return path


def _sixteen_bits(path, seed, scale, shape=SHAPE, invalid=None, channels=1):
    """A depth PNG, a pixel of it with the value that means the sky or nothing; the depth of it."""
    units = random_units(seed, shape)
    if invalid is not None:
        units[0, :5] = invalid
    write(path, units if channels == 1 else np.stack([units] * channels, axis=-1))
    return np.where(units == (invalid or 0), 0, units / scale) * (units > 0)


def write_nyu(root, split='train', rooms=('kitchen_0028b', 'bathroom_0001')):
    """Rooms in the folders of BTS, and its list, which begins names with a slash."""
    folder, depths, lines = root / {'train': 'sync', 'test': 'official_splits/test'}[split], {}, []
    for seed, (room, number) in enumerate((room, number) for room in rooms for number in (45, 46)):
        image = _image(folder / room / f'rgb_{number:05d}.jpg', seed)
        depths[str(image)] = _sixteen_bits(image.with_name(f'sync_depth_{number:05d}.png'), seed, 1000)
        slash = '/' if split == 'train' else ''
        lines.append(f'{slash}{room}/rgb_{number:05d}.jpg {slash}{room}/sync_depth_{number:05d}.png 518.8579')
    write(root / f'nyudepthv2_{split}_files_with_gt.txt', '\n'.join(lines) + '\n')
    return depths


def write_virtual_kitti(root, scenes=('Scene01', 'Scene20'), conditions=('clone', 'fog')):
    """Two frames of both cameras; 65535 is the sky."""
    depths, seed = {}, 0
    for scene in scenes:
        for condition in conditions:
            place = root / scene / condition
            write(place / 'intrinsic.txt', 'frame cameraID K[0,0] K[1,1] K[0,2] K[1,2]\n' + ''.join(
                f'{frame} {side} 24.0 24.0 15.5 11.5\n' for frame in (0, 1) for side in (0, 1)))
            for frame in (0, 1):
                for side in (0, 1):
                    seed += 1
                    image = _image(place / f'frames/rgb/Camera_{side}/rgb_{frame:05d}.jpg', seed)
                    depths[str(image)] = _sixteen_bits(
                        place / f'frames/depth/Camera_{side}/depth_{frame:05d}.png', seed, 100, invalid=65535)
    return depths


def write_cityscapes(root, split='train', cities=('aachen', 'bonn')):
    """Each city has a camera of its own; 0 is no disparity and 1 is a disparity of 0."""
    depths = {}
    for seed, city in enumerate(cities):
        stem = f'{city}/{city}_000000_000019'
        image = _image(root / f'leftImg8bit/{split}/{stem}_leftImg8bit.png', seed)
        units = random_units(seed)[:24, :32]
        units = np.pad(units, ((0, SHAPE[0] - units.shape[0]), (0, 0)))
        units[0, :3] = 1
        write(root / f'disparity/{split}/{stem}_disparity.png', units)
        focal, baseline = 40.0 + seed, 0.209313 + 0.01 * seed
        write(root / f'camera/{split}/{stem}_camera.json', json.dumps(dict(
            extrinsic=dict(baseline=baseline, pitch=0.038, roll=0.0, x=1.7, y=0.1, yaw=-0.02, z=1.22),
            intrinsic=dict(fx=focal, fy=focal + 2, u0=16.0, v0=12.0))))
        disparity = np.where(units > 1, (units.astype(float) - 1) / 256, np.inf)
        depths[str(image)] = focal * baseline / disparity
    return depths


def write_diode(root, split='train', sides=('indoors', 'outdoors')):
    """Depth with an axis of 1, and masks of floating point."""
    depths = {}
    for seed, side in enumerate(sides):
        stem = f'{split}/{side}/scene_{19 + seed:05d}/scan_00183/{19 + seed:05d}_00183_{side}_000_010'
        image = _image(root / f'{stem}.png', seed)
        rng = np.random.default_rng(seed)
        depth = rng.uniform(0.6, 50, (*SHAPE, 1)).astype(np.float32)
        mask = (rng.random(SHAPE) < 0.7).astype(np.float32)
        np.save(root / f'{stem}_depth.npy', depth)
        np.save(root / f'{stem}_depth_mask.npy', mask)
        depths[str(image)] = depth[..., 0].astype(np.float64) * mask
    return depths


def write_scannet(root, scenes=('scene0000_00', 'scene0001_00'), color=(48, 64)):
    """Color twice as large as depth."""
    depths = {}
    for seed, scene in enumerate(scenes):
        for name in ('color', 'depth'):
            focal = 50.0 if name == 'color' else 25.0
            write(root / scene / f'intrinsic/intrinsic_{name}.txt',
                  f'{focal} 0 31.5 0\n0 {focal} 23.5 0\n0 0 1 0\n0 0 0 1\n')
        for frame in (0, 1):
            image = _image(root / scene / f'color/{frame}.jpg', seed, color)
            depths[str(image)] = _sixteen_bits(root / scene / f'depth/{frame}.png', 2 * seed + frame, 1000)
    write(root / 'scannetv2_train.txt', f'{scenes[0]}\n')
    return depths


def write_seven_scenes(root, scenes=('chess', 'fire')):
    """Sequences 1 and 2 train, 3 is tested."""
    depths = {}
    for scene in scenes:
        write(root / scene / 'TrainSplit.txt', 'sequence1\nsequence2\n')
        write(root / scene / 'TestSplit.txt', 'sequence3\n')
        for number in (1, 2, 3):
            stem = f'{scene}/seq-{number:02d}/frame-000000'
            image = _image(root / f'{stem}.color.png', number)
            depths[str(image)] = _sixteen_bits(root / f'{stem}.depth.png', number, 1000, invalid=65535)
            write(root / f'{stem}.pose.txt', '1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n')
    return depths


def write_arkitscenes(root, split='Training', color=(192, 256)):
    """'wide' is eight times as large as the tablet's depth."""
    depths = {}
    for video in ('40753679', '40753686'):
        for frame, time in enumerate(('6791.516', '6791.616')):
            place = root / split / video
            small = _image(place / f'lowres_wide/{video}_{time}.png', frame)
            large = _image(place / f'wide/{video}_{time}.png', frame, color)
            # A millisecond off, as some are.
            late = f'{float(time) + 0.001 * frame:.3f}'
            write(place / f'lowres_wide_intrinsics/{video}_{late}.pincam', '32 24 26 26 15.5 11.5\n')
            write(place / f'wide_intrinsics/{video}_{time}.pincam', '256 192 208 208 127.5 95.5\n')
            depths[str(small)] = depths[str(large)] = _sixteen_bits(
                place / f'lowres_depth/{video}_{time}.png', frame, 1000)
    return depths


def _packed(path, seed, far, alpha):
    """24 bits in three channels of 8, the red the lowest; the far plane is the sky."""
    units = np.random.default_rng(seed).integers(0, 2**24 - 1, SHAPE)
    units[0] = 2**24 - 1
    planes = [units % 256, units // 256 % 256, units // 65536] + [np.full_like(units, 255)] * alpha
    write(path, np.stack(planes, axis=-1).astype(np.uint8))
    return np.where(units == 2**24 - 1, 0, far * units / (2**24 - 1))


def write_carla(root, recordings=('town01', 'town02')):
    """As image.save_to_disk writes it, with a fourth channel."""
    depths = {}
    for seed, recording in enumerate(recordings):
        image = _image(root / recording / 'rgb/00000123.png', seed)
        depths[str(image)] = _packed(root / recording / 'depth/00000123.png', seed, 1000, True)
    return depths


def write_synthia_sf(root, sequences=('SEQ1', 'SEQ5')):
    depths = {}
    for seed, sequence in enumerate(sequences):
        image = _image(root / sequence / 'RGBLeft/0000000.png', seed)
        _image(root / sequence / 'RGBRight/0000000.png', seed)
        depths[str(image)] = _packed(root / sequence / 'DepthLeft/0000000.png', seed, 5000, False)
    return depths


def write_synthia_seqs(root, sequences=('SYNTHIA-SEQS-01-DAWN', 'SYNTHIA-SEQS-05-SPRING')):
    depths = {}
    for seed, sequence in enumerate(sequences):
        for side in ('Omni_F', 'Omni_B'):
            image = _image(root / sequence / f'RGB/Stereo_Left/{side}/000000.png', seed)
            depth = _sixteen_bits(root / sequence / f'Depth/Stereo_Left/{side}/000000.png', seed, 100, channels=3)
            if side == 'Omni_F':
                depths[str(image)] = depth
    return depths
