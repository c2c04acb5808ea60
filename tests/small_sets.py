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


def write_diode(root, split='train', sides=('indoors', 'outdoor')):
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


# --------------------------------------------------------------------------------------------- points as depth
def _turned(quaternion, point):
    """A point turned by a quaternion w, x, y, z: q p q*, by the products of the imaginary units."""
    def product(a, b):
        return (a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
                a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
                a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
                a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0])
    w, x, y, z = quaternion
    return product(product(quaternion, (0.0, *point)), (w, -x, -y, -z))[1:]


def into_world(pose, point):
    """A point in the frame that a pose (quaternion, translation) is given in."""
    return tuple(turned + shift for turned, shift in zip(_turned(pose[0], point), pose[1], strict=True))


def out_of_world(pose, point):
    (w, x, y, z), shift = pose
    return _turned((w, -x, -y, -z), tuple(each - moved for each, moved in zip(point, shift, strict=True)))


def quaternion(axis, degrees):
    half = np.deg2rad(degrees) / 2
    axis = np.asarray(axis, float) / np.linalg.norm(axis)
    return (float(np.cos(half)), *(float(part) for part in np.sin(half) * axis))


def seen_points(points, to_world, from_world, intrinsics, shape, nearest, rounded):
    """Depth of points in an image, one after the other: the nearest of each pixel."""
    (fx, skew, cx), (_, fy, cy), _ = intrinsics
    depth = np.zeros(shape)
    for point in points:
        for pose in to_world:
            point = into_world(pose, point)
        for pose in from_world:
            point = out_of_world(pose, point)
        x, y, z = point
        if z > nearest:
            u, v = rounded((fx * x + skew * y) / z + cx), rounded(fy * y / z + cy)
            if 0 <= u < shape[1] and 0 <= v < shape[0] and (depth[v, u] == 0 or z < depth[v, u]):
                depth[v, u] = z
    return depth


# A camera that looks along the car's x, a LiDAR that looks along its -y, and a car that turns while it drives.
FRONT = (quaternion((1, -1, 1), -120), (1.7, 0.02, 1.5))
BACK = (quaternion((1, 1, -1), 120), (0.03, 0.0, 1.55))
TOP = (quaternion((0, 0, 1), -90), (0.94, 0.0, 1.84))
INTRINSICS = [[26.0, 0.0, 15.7], [0.0, 25.0, 11.4], [0.0, 0.0, 1.0]]


def _car(seed, late):
    return quaternion((0.02, -0.01, 1), 40 * seed + 3 * late), (411.3 + 0.4 * late + seed, 1180.9 + 0.6 * late, 0.0)


def _cloud(seed, number=600):
    rng = np.random.default_rng(seed)
    points = rng.uniform((-30, -30, -1.8), (30, 30, 6), (number, 3)).astype(np.float32)
    points[:8, :2] = rng.uniform(-0.9, 0.9, (8, 2))  # the car itself
    return points


def write_nuscenes(root, version='v1.0-trainval', scenes=('scene-0001', 'scene-0003'), frames=2):
    """Tables and key frames of two cameras; a sweep between two frames that must not be read."""
    tables = {name: [] for name in ('sensor', 'calibrated_sensor', 'scene', 'sample', 'sample_data', 'ego_pose', 'log')}
    mounts = {'CAM_FRONT': FRONT, 'CAM_BACK': BACK, 'LIDAR_TOP': TOP, 'RADAR_FRONT': TOP}
    for channel, (rotation, shift) in mounts.items():
        camera = channel.startswith('CAM')
        tables['sensor'].append(dict(token=f's-{channel}', channel=channel,
                                     modality='camera' if camera else channel.split('_')[0].lower()))
        tables['calibrated_sensor'].append(dict(
            token=f'c-{channel}', sensor_token=f's-{channel}', rotation=list(rotation), translation=list(shift),
            camera_intrinsic=INTRINSICS if camera else []))
    depths = {}
    for number, scene in enumerate(scenes):
        tables['scene'].append(dict(token=f'sc-{scene}', name=scene, description='', log_token='l', nbr_samples=frames))
        for frame in range(frames):
            seed, sample = 10 * number + frame, f'sa-{scene}-{frame}'
            tables['sample'].append(dict(token=sample, timestamp=10**15 + seed, scene_token=f'sc-{scene}'))
            points = _cloud(seed)
            for late, channel in ((0, 'LIDAR_TOP'), (1, 'CAM_FRONT'), (2, 'CAM_BACK'), (3, 'RADAR_FRONT')):
                for key in (True, False):
                    folder, ending = 'samples' if key else 'sweeps', 'jpg' if 'CAM' in channel else 'pcd.bin'
                    name = f'{folder}/{channel}/n015__{channel}__{seed}.{ending}'
                    token = f'{channel}-{seed}-{key}'
                    rotation, shift = _car(seed, late)
                    tables['ego_pose'].append(dict(token=f'e-{token}', rotation=list(rotation), timestamp=seed,
                                                   translation=list(shift)))
                    tables['sample_data'].append(dict(
                        token=token, sample_token=sample, ego_pose_token=f'e-{token}', filename=name,
                        calibrated_sensor_token=f'c-{channel}', is_key_frame=key, fileformat=ending, timestamp=seed,
                        width=SHAPE[1] if 'CAM' in channel else 0, height=SHAPE[0] if 'CAM' in channel else 0))
                    if key and 'CAM' in channel:
                        image = _image(root / name, seed)
                        own = (np.abs(points[:, :2]) < 1).all(axis=1)
                        depths[str(image)] = seen_points(
                            points[~own].tolist(), [TOP, _car(seed, 0)], [_car(seed, late), mounts[channel]],
                            INTRINSICS, SHAPE, 1.0, round)
                    elif channel == 'LIDAR_TOP' and key:
                        rows = np.column_stack([points, np.full((len(points), 2), 7, np.float32)])
                        write(root / name, rows.astype('<f4').tobytes())
    for name, rows in tables.items():
        write(root / version / f'{name}.json', json.dumps(rows))
    return {path: depth for path, depth in depths.items() if 'CAM_FRONT' in path}


def _dgp_pose(pose, sparse=False):
    rotation, shift = pose
    found = dict(rotation=dict(zip(('qw', 'qx', 'qy', 'qz'), rotation, strict=True)),
                 translation=dict(zip('xyz', shift, strict=True)))
    return {part: {key: value for key, value in numbers.items() if value or not sparse}
            for part, numbers in found.items()}


def write_ddad(root, scenes=(('000000', 0), ('000150', 1)), frames=2):
    """Scenes of two cameras; the points are in the frame of the car, whose first pose is the world."""
    depths, splits = {}, {'0': [], '1': []}
    for number, (scene, split) in enumerate(scenes):
        data, samples, points_pose = [], [], (quaternion((0, 0, 1), 0), (0.0, 0.0, 0.0))
        for frame in range(frames):
            seed, keys = 100 + 10 * number + frame, []
            points = _cloud(seed).astype(np.float64)
            points[:8] = 1e6  # whatever is far away
            world = points_pose if frame == 0 else _car(0, frame)
            file = root / scene / f'point_cloud/LIDAR/{seed}.npz'
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(file, data=np.column_stack([points, np.zeros(len(points))]))
            entries = [('LIDAR', dict(point_cloud=dict(
                filename=f'point_cloud/LIDAR/{seed}.npz', point_format=['X', 'Y', 'Z', 'INTENSITY'], point_fields=[],
                pose=_dgp_pose(world, sparse=True))))]
            for camera, mount in (('CAMERA_01', FRONT), ('CAMERA_09', BACK)):
                image = _image(root / scene / f'rgb/{camera}/{seed}.png', seed)
                # Where the camera stands in the world: its mount, then the car.
                place = (_product(world[0], mount[0]), into_world(world, mount[1]))
                entries.append((camera, dict(image=dict(
                    filename=f'rgb/{camera}/{seed}.png', height=SHAPE[0], width=SHAPE[1], channels=3,
                    pose=_dgp_pose(place)))))
                if camera == 'CAMERA_01' and split == 0:
                    depths[str(image)] = seen_points(points.tolist(), [world], [place], INTRINSICS, SHAPE, 0.0,
                                                     lambda value: int(np.floor(value)))
            for name, datum in entries:
                keys.append(f'{name}-{seed}')
                data.append(dict(id=dict(name=name, log='', index='0', timestamp=''), key=keys[-1], datum=datum,
                                 next_key='', prev_key=''))
            samples.append(dict(id={}, datum_keys=keys, calibration_key='abc', metadata={}))
        names = ['LIDAR', 'CAMERA_01', 'CAMERA_09']
        write(root / scene / 'calibration/abc.json', json.dumps(dict(
            names=names, extrinsics=[_dgp_pose(points_pose)] * 3,
            intrinsics=[dict.fromkeys(('fx', 'fy', 'cx', 'cy', 'skew'), 0.0)] + [dict(
                fx=26.0, fy=25.0, cx=15.7, cy=11.4, skew=0.0)] * 2)))
        write(root / scene / 'scene_def.json', json.dumps(dict(
            name='', description='', log='', metadata={}, ontologies={}, data=data, samples=samples)))
        splits[str(split)].append(f'{scene}/scene_def.json')
    write(root / 'ddad.json', json.dumps(dict(metadata=dict(name='DDAD', version='1'), scene_splits={
        key: dict(filenames=names) for key, names in splits.items()})))
    return depths


def _product(a, b):
    """Quaternion of first b, then a."""
    w, x, y, z = a
    return tuple((np.array([[w, -x, -y, -z], [x, w, -z, y], [y, z, w, -x], [z, -y, x, w]]) @ np.array(b)).tolist())
