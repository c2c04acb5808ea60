"""MiniDrive on disk, in KITTI's file formats.

ROOT/minidrive.json                          version, look or world, seed, size, counts, focal length, other camera
ROOT/image/{train,val,test}/000000.png       8-bit RGB
ROOT/depth/{train,val,test}/000000.png       16-bit gray, metres = value / 256, 0 = no measurement
ROOT/depth_sparse/{train,val,test}/...       the same, as a LiDAR would see it
ROOT/{train,val,test}.txt                    a sample a line: `image/train/000000.png depth/train/000000.png`
ROOT/{train,val,test}_sparse.txt             the same with depth_sparse
"""
from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from ...atomic_file import write_atomically
from ...json_text import json_text
from ...parallel import map_parallel
from .camera_setup import CameraSetup
from .looks import PLAIN
from .renderer import render
from .sparse import SHARE, TOP, sparsify
from .worlds import chosen_world

VERSION = 1  # raised with every change that changes a pixel
SPLITS = ('train', 'val', 'test')  # the position is part of the seed
DEPTH_SCALE = 256  # PNG value of a metre, as KITTI's
MANIFEST = 'minidrive.json'


def make_minidrive(
    root: str | Path, num_train: int = 480, num_val: int = 40, num_test: int = 80, height: int | None = None,
    width: int | None = None, seed: int = 0, workers: int | None = None, progress: bool = True, look: str = PLAIN,
    camera: CameraSetup | None = None, world: str | None = None
) -> Path:
    """Write a data set of street scenes, or finish one that was interrupted.

    Every sample depends on (look or world, seed, split, index, size, camera) alone, and what stands where not even on
    size and camera: the number of workers changes no byte, more samples can be added later, and no two splits share a
    scene. (Another processor or numpy may round a sample on an edge apart.)

    Args:
        root: Folder to make; if it exists it must be empty or hold a MiniDrive of the same look or world, seed,
            size, camera and version.
        num_train, num_val, num_test: Samples of each split.
        height, width: Image size in pixels; default: 128 x 416, or the world's.
        seed: Chooses the scenes.
        workers: Processes; default: the CPUs this process may use. 1 starts none.
        progress: Show progress and the remaining time on stderr.
        look: Which streets, see looks.py: 'plain', 'varied' or 'other'.
        camera: Through which camera; default: that of version 1, or the world's.
        world: 'source' or 'target', streets with a camera of their own (worlds.py); goes with no look but the plain.

    Returns:
        The root.
    """
    root, streets = Path(root), chosen_world(look, world)
    height, width = (own if given is None else given for given, own in zip((height, width), streets.size, strict=True))
    camera = camera or streets.camera
    counts = dict(zip(SPLITS, (num_train, num_val, num_test), strict=True))
    _check_numbers(counts, height, width, seed, workers)
    manifest = {
        'format': 'MiniDrive',
        'version': VERSION,
        'seed': seed,
        'height': height,
        'width': width,
        'counts': counts,
        'focal_px': round(camera.focal_px(width), 6),
        'depth_scale': DEPTH_SCALE,
    }
    if look != PLAIN:
        manifest['look'] = look
    if world is not None:
        manifest['world'] = world
    if camera != CameraSetup():
        manifest['camera'] = camera.facts()
    _check_root(root, manifest)
    for kind in ('image', 'depth', 'depth_sparse'):
        for split in SPLITS:
            (root / kind / split).mkdir(parents=True, exist_ok=True)
    write_atomically(root / MANIFEST, json_text(manifest, indent=2).encode())
    missing = [
        (s, i) for s in SPLITS for i in range(counts[s]) if not all(path.exists() for path in _paths(root, s, i))
    ]
    write = partial(write_sample, root, height, width, seed, streets.sample, camera)
    for _ in map_parallel(write, missing, title='MiniDrive', unit='scenes', workers=workers, progress=progress):
        pass
    for split in SPLITS:
        for suffix, kind in (('', 'depth'), ('_sparse', 'depth_sparse')):
            lines = (f'image/{split}/{i:06d}.png {kind}/{split}/{i:06d}.png\n' for i in range(counts[split]))
            write_atomically(root / f'{split}{suffix}.txt', ''.join(lines).encode())
    return root


def sample_generators(seed, split, index):
    """Two independent generators for sample `index` of a split: of its scene, and of its sparse depth."""
    sequence = np.random.SeedSequence(seed, spawn_key=(SPLITS.index(split), index))
    return [np.random.default_rng(child) for child in sequence.spawn(2)]


def write_sample(root, height, width, seed, sample_scene, camera, sample):
    """Draw one sample (split, index) and write its three files, each in one step."""
    split, index = sample
    scene_rng, sparse_rng = sample_generators(seed, split, index)
    image, depth = render(camera.take(sample_scene(scene_rng)), height, width)
    top = camera.lidar_top(height, width)
    sparse = sparsify(depth, sparse_rng, SHARE * ((1 - top) / (1 - TOP)), top)  # as many points a line
    pictures = (image[..., ::-1], encode_depth(depth), encode_depth(sparse))
    for path, picture in zip(_paths(root, split, index), pictures, strict=True):
        # level 3: a fifth of the time of level 9 for 5 % more bytes
        write_atomically(path, cv2.imencode('.png', picture, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes())


def encode_depth(depth):
    """Metres (H, W) -> KITTI's uint16 (H, W), rounded to 1/256 m."""
    return np.rint(depth.astype(np.float64) * DEPTH_SCALE).astype(np.uint16)


def _paths(root, split, index):
    return [root / kind / split / f'{index:06d}.png' for kind in ('image', 'depth', 'depth_sparse')]


def _check_numbers(counts, height, width, seed, workers):
    for name, value, least in (
        *((f'num_{split}', count, 0) for split, count in counts.items()),
        ('height', height, 8),
        ('width', width, 8),
        ('seed', seed, 0),
        ('workers', 1 if workers is None else workers, 1),
    ):
        if not isinstance(value, int) or value < least:
            raise ValueError(f'{name} must be a whole number of at least {least}, got {value!r}')


def _check_root(root, manifest):
    """Refuse a folder that this call must not write into."""
    if root.exists() and not root.is_dir():
        raise NotADirectoryError(f'{root} is a file: give another folder for MiniDrive')
    if not root.exists() or not any(root.iterdir()):
        return
    remedy = f'Give another folder, or delete {root} if you do not need it.'
    if not (root / MANIFEST).is_file():
        raise FileExistsError(f'{root} is not empty and holds no {MANIFEST}, so MiniDrive did not make it. {remedy}')
    try:
        found = json.loads((root / MANIFEST).read_text())
        found_counts = {split: int(found['counts'][split]) for split in SPLITS}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f'{root / MANIFEST} is not a MiniDrive manifest ({type(error).__name__}: {error}). {remedy}'
        ) from error
    usual = {'look': PLAIN, 'world': None, 'camera': CameraSetup().facts()}
    found, asked = {**usual, **found}, {**usual, **manifest}
    names = [name for name in asked if name != 'counts' and found.get(name) != asked[name]]
    if names:
        listed = '; '.join(f'{name}: found {found.get(name)!r}, expected {asked[name]!r}' for name in names)
        raise FileExistsError(f'{root} holds another MiniDrive ({listed}). {remedy}')
    if any(found_counts[split] > manifest['counts'][split] for split in SPLITS):
        raise FileExistsError(
            f'{root} holds a larger MiniDrive (samples found: {found_counts}, expected at most: {manifest["counts"]}). '
            f'Ask for at least as many, or: {remedy}'
        )
