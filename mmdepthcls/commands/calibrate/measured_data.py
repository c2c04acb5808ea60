"""Data to calibrate with: points of a list, a labelled folder, or a split of a config."""
from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mmengine.config import Config, ConfigDict
from mmengine.registry import DefaultScope
from mmseg.registry import DATASETS, TRANSFORMS

from ...config.config_class import class_name
from ...config.config_parts import leaf_datasets
from ...datasets.common_size import DEPTH
from .point_list import MeasuredPoint, read_points

GROUND_TRUTH = ('LoadDepth', 'LoadVelodyneDepth')


@dataclass(frozen=True)
class MeasuredPicture:
    """A picture with measured points, or with a depth map that is read when it is needed (or with neither), and its
    focal length in pixels where its data set knows it."""
    path: str
    points: Sequence[MeasuredPoint] = ()
    depth: Callable[[tuple[int, int]], np.ndarray] | None = None
    focal_px: float | None = None


@dataclass(frozen=True)
class MeasuredData:
    """Pictures that were measured.

    Args:
        name: of the data, for people and for the model file.
        pictures: one at the least.
        labelled: depth maps, and not points.
        split: of which data set's split they are, as scores name it; '' for others.
    """
    name: str
    pictures: list[MeasuredPicture] = field(repr=False)
    labelled: bool = False
    split: str = ''


def data_of_points(path: str, root: str | None = None) -> MeasuredData:
    """Points of a list; see :func:`~.point_list.read_points`."""
    points = read_points(path, root)
    return MeasuredData(os.path.basename(path), [MeasuredPicture(image, each) for image, each in points.items()])


def data_of_folder(folder: str, split: str = 'val', image_folder: str | None = None, depth_folder: str | None = None,
                   depth_scale: float | None = None, listed: str | None = None,
                   unmeasured: bool = False) -> MeasuredData:
    """A labelled folder: MiniDrive, or two folders of images and depth.

    Args:
        folder: of all.
        split: of MiniDrive, which is known where nothing else is said.
        image_folder, depth_folder: below it; default 'image', 'depth'.
        depth_scale: what numbers are divided by, for metres; default 256 of PNGs, and 1 of other files.
        listed: split file below the folder.
        unmeasured: take pictures without a depth map too.

    Raises:
        ValueError, OSError: if there are no such data, or they are damaged; names what.
    """
    said = [image_folder, depth_folder, depth_scale, listed]
    if os.path.isfile(os.path.join(folder, 'minidrive.json')) and said == [None] * 4:
        dataset: dict[str, Any] = dict(type='MiniDriveDataset', data_root=folder, split=split)
    else:
        prefix = dict(img_path=image_folder or ('' if listed else 'image'),
                      depth_map_path=depth_folder or ('' if listed else 'depth'))
        dataset = dict(type='DepthFolderDataset', data_root=folder, ann_file=listed or '', data_prefix=prefix)
        if depth_scale is not None:
            dataset['depth_format'] = dict(scale=depth_scale)
    return _of_dataset(dataset, os.path.basename(os.path.abspath(folder)), unmeasured)


def data_of_config(cfg: Config, split: str, unmeasured: bool = False) -> MeasuredData:
    """A split of a config.

    Args:
        cfg: with a data loader of the split.
        split: 'train', 'val' or 'test'.
        unmeasured: take pictures without a depth map too.

    Raises:
        ValueError, OSError: if there are no such data, or they are damaged; names what.
    """
    loader = cfg.get(f'{split}_dataloader')
    if not loader:
        raise ValueError(f'{cfg.filename} has no {split}_dataloader. --split names another')
    return _of_dataset(loader.dataset, f'{os.path.basename(cfg.filename or "config")}, {split}', unmeasured)


def _of_dataset(config, name, unmeasured=False):
    config = ConfigDict(config).to_dict() if isinstance(config, ConfigDict) else dict(config)
    leaves = leaf_datasets(config)
    split = ', '.join(f'{class_name(each)} {each.get("split") or ""}'.strip() for each in leaves)
    pictures = []
    with DefaultScope.overwrite_default_scope('mmseg'):
        for leaf in leaves:
            steps = [step for step in leaf.get('pipeline') or () if class_name(step) in GROUND_TRUTH]
            loaders = [TRANSFORMS.build(dict(step)) for step in steps or [dict(type='LoadDepth')]]
            dataset = DATASETS.build({**leaf, 'pipeline': [], 'test_mode': True})
            for index in range(len(dataset)):
                info = dataset.get_data_info(index)
                measured = 'depth_map_path' in info or 'velodyne_path' in info
                if measured or unmeasured:
                    pictures.append(MeasuredPicture(
                        info['img_path'], depth=_reader(info, loaders) if measured else None,
                        focal_px=info.get('focal_px')))
    if not pictures and not unmeasured:
        raise ValueError(f'{name}: no image has ground truth, and there is nothing to calibrate with')
    return MeasuredData(name, pictures, labelled=True, split=split)


def _reader(info, loaders):
    def read(shape):
        results = dict(info, ori_shape=shape, seg_fields=[])
        if 'resized' in results:  # pictures are predicted as they are on disk
            results['resized'] = DEPTH
        for loader in loaders:
            results = loader(results)
        return results['gt_depth_map']

    return read
