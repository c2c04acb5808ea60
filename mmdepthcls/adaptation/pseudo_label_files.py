"""Files of pseudo-labels: depth in 16 bits, confidence in 8, and what a round's labels amount to. Pure."""
from __future__ import annotations

import hashlib
import os.path as osp
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ..atomic_file import write_atomically
from ..datasets.files.depth_png import KITTI_SCALE, decode_depth_png, decode_png, encode_depth_png

SCALE = KITTI_SCALE  # units a metre
DEPTH, CONFIDENCE = 'depth', 'confidence'  # folders


def label_names(images: Sequence[str]) -> list[str]:
    """Names of the files that belong to images: the images' own below the folder that all have in common, as PNG.

    Args:
        images: paths.

    Returns:
        Relative paths with '/', each once.

    >>> label_names(['kitti/a/1.png', 'kitti/b/1.jpg', 'kitti/b/1.png'])
    ['a/1.png', 'b/1.jpg.png', 'b/1.png.png']
    """
    paths = [osp.abspath(path) for path in images]
    folders = {osp.dirname(path) for path in paths}
    try:
        common = osp.commonpath(folders) if folders else ''
    except ValueError:  # of several drives
        common = ''
    names = [osp.relpath(path, common).replace('\\', '/') if common else
             osp.splitdrive(path)[1].replace('\\', '/').lstrip('/') for path in paths]
    stems = [osp.splitext(name)[0] for name in names]
    times = Counter(stem.lower() for stem in stems)
    return [f'{stem if times[stem.lower()] == 1 else name}.png' for name, stem in zip(names, stems, strict=True)]


def names_digest(names: Sequence[str]) -> str:
    """SHA-256 of names in their order, hexadecimal."""
    return hashlib.sha256('\n'.join(names).encode()).hexdigest()


def write_reading(folder: Path, name: str, depth: np.ndarray, level: np.ndarray) -> None:
    """Write what a model reads in an image: the second file is there only if both are whole.

    Args:
        folder: of the readings.
        name: of :func:`label_names`.
        depth: (H, W) m, 0 = no candidate.
        level: (H, W) uint16 level of confidence.
    """
    _write(folder / DEPTH / name, encode_depth_png(depth, SCALE))
    _write(folder / CONFIDENCE / name, _png(level.astype(np.uint16)))


def has_reading(folder: Path, name: str) -> bool:
    """Whether an image's reading is there as a whole."""
    return (folder / CONFIDENCE / name).is_file()


def read_reading(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Depth (H, W) float32 m and level (H, W) uint16 of :func:`write_reading`.

    Raises:
        DepthFileError: for a damaged file; names it.
    """
    paths = [folder / part / name for part in (DEPTH, CONFIDENCE)]
    return (decode_depth_png(paths[0].read_bytes(), str(paths[0]), SCALE),
            decode_png(paths[1].read_bytes(), str(paths[1])))


def write_label(folder: Path, name: str, depth: np.ndarray, level: np.ndarray, levels: int) -> None:
    """Write an image's pseudo-label: depth where it is kept, and the confidence of all candidates.

    Args:
        folder: of the labels.
        name: of :func:`label_names`.
        depth: (H, W) m, 0 = not kept.
        level: (H, W) level of confidence.
        levels: L; the 8-bit file has 256 of them.
    """
    _write(folder / DEPTH / name, encode_depth_png(depth, SCALE))
    _write(folder / CONFIDENCE / name, _png((level.astype(np.int64) * 256 // levels).astype(np.uint8)))


def _write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content)


def _png(values):
    return cv2.imencode('.png', values)[1].tobytes()
