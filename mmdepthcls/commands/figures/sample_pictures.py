"""The pictures that figures show: a split of a config, a labelled folder, or pictures without ground truth."""
from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...apis.picture_source import PictureSources
from ...count_text import some_of
from ..calibrate.measured_data import MeasuredData, MeasuredPicture, data_of_config, data_of_folder

LISTED = 5


def pictures_of(cfg: Any, data: Sequence[str] | None, split: str, image_folder: str | None = None,
                depth_folder: str | None = None, depth_scale: float | None = None) -> MeasuredData:
    """Pictures with their ground truth, where they have any.

    Args:
        cfg: config whose split is taken where no data are named; None: there is none.
        data: a labelled folder (MiniDrive, or two folders of images and depth), or pictures, folders and patterns as
            ``predict`` takes them.
        split: of the config, or of MiniDrive.
        image_folder, depth_folder, depth_scale: see
            :func:`~mmdepthcls.commands.calibrate.measured_data.data_of_folder`.

    Raises:
        ValueError, OSError: if there are none; says what to give.
    """
    said = image_folder is not None or depth_folder is not None or depth_scale is not None
    if not data:
        if said:
            raise ValueError('--image-folder, --depth-folder and --depth-scale are of a folder: give it as --data')
        if cfg is None:
            raise ValueError('figures of a model file need pictures: give --data (a folder with image/ and depth/, a '
                             'MiniDrive, or pictures)')
        return data_of_config(cfg, split, unmeasured=True)
    folder, labelled = data[0], len(data) == 1 and (said or _is_labelled(data[0]))
    if labelled:
        return data_of_folder(folder, split, image_folder, depth_folder, depth_scale, unmeasured=True)
    if said:
        raise ValueError('--image-folder, --depth-folder and --depth-scale are of one labelled folder, and --data '
                         f'names {len(data)}')
    sources = list(PictureSources(list(data)))
    bad = next((source for source in sources if source.path is None), None)
    if bad is not None:
        raise ValueError(f'--data {bad}: figures are of pictures, and this is none. predict writes frames of films as '
                         'pictures')
    return MeasuredData(', '.join(os.path.basename(os.path.abspath(each)) for each in data),
                        [MeasuredPicture(str(source.path)) for source in sources])


def choose_samples(names: Sequence[str], count: int | None, wanted: Sequence[str] | None = None) -> list[int]:
    """Which samples to draw.

    Args:
        names: paths of the split's images.
        count: how many, spread evenly over the split; there may be fewer. None: all.
        wanted: parts of paths instead, each of exactly one image; drawn in this order.

    Returns:
        Positions in ``names``.

    Raises:
        ValueError: without an image; for a part of no path, or of several.
    """
    if not names:
        raise ValueError('the test split has no image')
    if not wanted:
        count = len(names) if count is None else min(count, len(names))
        return np.unique(np.linspace(0, len(names) - 1, count).round().astype(int)).tolist()
    return [_position_of(part, names) for part in wanted]


def _is_labelled(folder):
    return os.path.isfile(os.path.join(folder, 'minidrive.json')) or all(
        os.path.isdir(os.path.join(folder, name)) for name in ('image', 'depth'))


def _position_of(part, names):
    found = [index for index, name in enumerate(names) if part in name]
    exact = [index for index in found if names[index] == part or names[index].endswith(f'/{part}')]
    found = exact if len(exact) == 1 else found
    if len(found) == 1:
        return found[0]
    listed = [names[index] for index in found] or names
    number = f'{len(found)} images' if found else 'no image'
    raise ValueError(f'--images {part}: {number} of the test split {"have" if found else "has"} this in the path; '
                     f'expected exactly one of {some_of(listed, LISTED)}')
