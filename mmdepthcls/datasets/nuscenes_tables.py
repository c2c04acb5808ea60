"""nuScenes' tables: which image was taken where, and which LiDAR scan goes with it. Pure.

A version is a folder of JSON tables, each a list of rows, which name each other by ``token``. Those of trainval have
2.6 million rows in 1 GB: rows that are not of a key frame of the wanted sensors are forgotten while they are read.
"""
from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .cameras.sensor_pose import pose_matrix, projection_matrix

LIDAR = 'LIDAR_TOP'
CAMERAS = ('CAM_FRONT', 'CAM_FRONT_LEFT', 'CAM_FRONT_RIGHT', 'CAM_BACK', 'CAM_BACK_LEFT', 'CAM_BACK_RIGHT')
TABLES = ('sensor', 'calibrated_sensor', 'scene', 'sample', 'sample_data', 'ego_pose')


class KeyFrame(NamedTuple):
    """One camera's image of one key frame, with the LiDAR scan of it.

    Args:
        scene: name of the scene.
        image, scan: names below the data root, with '/'.
        shape: H, W of the image.
        matrix: from the scan's points into the image, see :class:`.PointProjection`; through the car's poses at both
            times, since it moves between scan and image.
        focal: f_x and f_y, pixels.
    """
    scene: str
    image: str
    scan: str
    shape: tuple[int, int]
    matrix: tuple[float, ...]
    focal: tuple[float, float]


class _Tables:
    """The tables of one folder, each read when it is asked for."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, f'{name}.json')

    def rows(self, name: str, wanted: Callable[[dict], Any]) -> dict[str, Any]:
        """What ``wanted`` makes of each row, by its token; None is left out."""
        found: dict[str, Any] = {}

        def keep(pairs):
            row = dict(pairs)
            value = wanted(row)
            if value is not None:
                found[row['token']] = value

        path = self.path(name)
        try:
            with open(path, encoding='utf-8') as file:
                content = json.load(file, object_pairs_hook=keep)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f'{path}: expected a table of nuScenes, a JSON list of rows, got {type(error).__name__}: '
                             f'{error}. Unpack it again.') from error
        if not isinstance(content, list):
            raise ValueError(f'{path}: expected a table of nuScenes, a JSON list of rows. Unpack it again.')
        return found

    def row(self, rows, name, token):
        """A row that another table names."""
        if token not in rows:
            raise ValueError(f'{self.path(name)}: it has no row {token!r}, which another table of {self.folder} names. '
                             'Unpack all tables of one version again.')
        return rows[token]


def read_key_frames(folder: str, cameras: tuple[str, ...]) -> list[KeyFrame]:
    """All key frames of a version.

    Args:
        folder: of its tables.
        cameras: of :data:`CAMERAS`.

    Returns:
        By scene, time and camera. What it has found is remembered for the next data set of the same tables.

    Raises:
        FileNotFoundError: if a table is missing.
        ValueError: for a table that is none, or does not fit the others; names it.
    """
    stamps = []
    for name in TABLES:
        path = os.path.join(folder, f'{name}.json')
        if not os.path.isfile(path):
            raise FileNotFoundError(f'nuScenes: the table {path} does not exist. Unpack the metadata archive of this '
                                    'version (such as v1.0-trainval_meta.tgz) into the data root.')
        stamps.append((os.path.getmtime(path), os.path.getsize(path)))
    return _read(folder, cameras, tuple(stamps))


@lru_cache(maxsize=2)
def _read(folder, cameras, stamps):
    tables = _Tables(folder)
    channels = tables.rows('sensor', lambda row: row['channel'] if row['channel'] in (LIDAR, *cameras) else None)
    mounted = tables.rows('calibrated_sensor', lambda row: (
        channels[row['sensor_token']], row) if row['sensor_token'] in channels else None)
    scenes = tables.rows('scene', lambda row: row['name'])
    samples = tables.rows('sample', lambda row: (row['scene_token'], row['timestamp']))
    taken = tables.rows('sample_data', lambda row: row if row['is_key_frame'] and row[
        'calibrated_sensor_token'] in mounted else None)
    wanted = {row['ego_pose_token'] for row in taken.values()}
    poses = tables.rows('ego_pose', lambda row: row if row['token'] in wanted else None)
    by_sample: dict[str, dict[str, dict]] = {}
    for row in taken.values():
        by_sample.setdefault(row['sample_token'], {})[mounted[row['calibrated_sensor_token']][0]] = row
    frames = []
    for token, sensors in by_sample.items():
        scene_token, time = tables.row(samples, 'sample', token)
        scene = tables.row(scenes, 'scene', scene_token)
        for order, camera in enumerate(cameras):
            if camera in sensors and LIDAR in sensors:
                frames.append((scene, time, order, _key_frame(tables, mounted, poses, scene, sensors[camera],
                                                              sensors[LIDAR])))
    return [frame for *_, frame in sorted(frames, key=lambda each: each[:3])]


def _key_frame(tables, mounted, poses, scene, image, scan):
    """The frame of two rows of ``sample_data``."""
    where = tables.path('calibrated_sensor')
    ways = []
    for row in (image, scan):
        ego = tables.row(poses, 'ego_pose', row['ego_pose_token'])
        sensor = mounted[row['calibrated_sensor_token']][1]
        ways.append([pose_matrix(each['rotation'], each['translation'], f'{path}, {each["token"]}')
                     for each, path in ((sensor, where), (ego, tables.path('ego_pose')))])
    token = image['calibrated_sensor_token']
    try:
        intrinsics = np.array(mounted[token][1]['camera_intrinsic'], np.float64)
        focal, shape = (float(intrinsics[0, 0]), float(intrinsics[1, 1])), (int(image['height']), int(image['width']))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ValueError(f'{where}, {token}: expected a camera_intrinsic of 3 x 3 numbers, and the height and width of '
                         f'its images: {error}. Unpack the tables again.') from error
    if intrinsics.shape != (3, 3) or not np.isfinite(intrinsics).all() or not min(*focal, *shape) > 0:
        raise ValueError(f'{where}, {token}: expected a camera_intrinsic of 3 x 3 numbers with focal lengths in '
                         f'pixels, got {intrinsics.tolist()}. Unpack the tables again.')
    matrix = projection_matrix(intrinsics, *ways)
    return KeyFrame(scene, image['filename'], scan['filename'], shape, matrix, focal)
