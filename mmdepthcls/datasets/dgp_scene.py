"""Scenes in TRI's data format (DGP), as DDAD has them: JSON files that say which image, points and cameras belong
together. Pure."""
from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

import numpy as np

from .cameras.sensor_pose import pose_matrix, projection_matrix

# What 0 is said of where a camera has no distortion.
DISTORTION = ('fisheye', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'p1', 'p2', 'xi', 'equirectangular')


class SceneImage(NamedTuple):
    """An image of a scene with the points that were measured with it.

    Args:
        image, points: names below the scene's folder, with '/'.
        shape: H, W of the image.
        matrix: from the points into the image, see :class:`.PointProjection`.
        focal: f_x and f_y, pixels.
    """
    image: str
    points: str
    shape: tuple[int, int]
    matrix: tuple[float, ...]
    focal: tuple[float, float]


def read_json(path: str, what: str, missing: str) -> Any:
    """A JSON file.

    Raises:
        FileNotFoundError: with ``missing`` behind the path.
        ValueError: for another content.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(f'{path} does not exist. {missing}')
    try:
        with open(path, encoding='utf-8') as file:
            return json.load(file)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{path}: expected {what}, got {type(error).__name__}: {error}. Copy it again.') from error


def scene_files(path: str, split: int) -> list[str]:
    """Names of the scene files of a split, below the folder of ``path``.

    Args:
        path: of the data set's JSON, such as ddad.json.
        split: 0 training, 1 validation, 2 test.

    Raises:
        FileNotFoundError, ValueError: names the file.
    """
    content = read_json(path, 'a data set of scenes', 'Unpack DDAD.tar whole.')
    try:
        found = content['scene_splits'][str(split)]['filenames']
        if isinstance(found, list) and found and all(isinstance(name, str) for name in found):
            return found
    except (KeyError, TypeError):
        pass
    raise ValueError(f'{path}: expected scene_splits.{split}.filenames, names of scene files. Is it ddad.json?')


def read_scene(path: str, cameras: tuple[str, ...], lidar: str) -> list[SceneImage]:
    """The images of a scene.

    Args:
        path: of its scene_HASH.json; calibration/HASH.json lies beside it.
        cameras: names such as 'CAMERA_01'; case does not count.
        lidar: name of the points.

    Returns:
        By sample and camera.

    Raises:
        FileNotFoundError: for a missing calibration.
        ValueError: for a file that is no scene, a camera that it lacks, and lenses that bend lines; names the file.
    """
    scene, calibrations = read_json(path, 'a scene', 'Unpack DDAD.tar whole.'), {}
    try:
        data = {datum['key']: datum for datum in scene['data']}
        images = []
        for sample in scene['samples']:
            key = sample['calibration_key']
            if key not in calibrations:
                calibrations[key] = _read_calibration(os.path.join(os.path.dirname(path), 'calibration', f'{key}.json'))
            there = {data[each]['id']['name'].lower(): data[each]['datum'] for each in sample['datum_keys']}
            points = _named(there, lidar, path)['point_cloud']
            images += [_image(_named(there, name, path)['image'], points, _named(calibrations[key], name, path), path)
                       for name in cameras]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'{path}: expected a scene with samples, data and their poses, got {type(error).__name__}: '
                         f'{error}. Copy it again.') from error
    return images


def _named(found, name, path):
    if name.lower() not in found:
        raise ValueError(f'{path}: a sample has no {name!r}; there are {", ".join(sorted(found)).upper() or "none"}')
    return found[name.lower()]


def _image(image, points, intrinsics, path):
    focal = float(intrinsics[0, 0]), float(intrinsics[1, 1])
    shape = int(image['height']), int(image['width'])
    if not min(*focal, *shape) > 0:
        raise ValueError(f'{path}: expected focal lengths and sizes greater than 0 of {image["filename"]}, got {focal} '
                         f'and {shape}. Copy it and its calibration again.')
    poses = [_pose(each['pose'], f'{path}, {each["filename"]}') for each in (image, points)]
    matrix = projection_matrix(intrinsics, poses[:1], poses[1:])
    return SceneImage(image['filename'], points['filename'], shape, matrix, focal)


def _pose(pose, where):
    """A sensor's own pose in the scene's world; numbers that are 0 may be missing, and all of them mean the origin."""
    rotation = [pose['rotation'].get(name, 0.0) for name in ('qw', 'qx', 'qy', 'qz')]
    if not any(rotation):
        rotation = [1.0, 0.0, 0.0, 0.0]
    return pose_matrix(rotation, [pose['translation'].get(name, 0.0) for name in 'xyz'], where)


def _read_calibration(path):
    """(3, 3) intrinsics by the lower-case name of the sensor."""
    content = read_json(path, 'the calibration of a scene', 'Unpack DDAD.tar whole.')
    try:
        found = {}
        for name, each in zip(content['names'], content['intrinsics'], strict=True):
            numbers = {key: float(each.get(key, 0.0)) for key in ('fx', 'fy', 'cx', 'cy', 'skew', *DISTORTION)}
            bent = [key for key in DISTORTION if numbers[key]]
            if bent:
                raise ValueError(f'the lens of {name} bends lines ({", ".join(bent)}), and a pinhole is projected')
            found[name.lower()] = np.array([[numbers['fx'], numbers['skew'], numbers['cx']],
                                            [0, numbers['fy'], numbers['cy']], [0, 0, 1]])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f'{path}: expected names and intrinsics of cameras without distortion, got '
                         f'{type(error).__name__}: {error}') from error
    return found
