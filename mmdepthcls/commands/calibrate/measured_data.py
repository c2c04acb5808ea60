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
from ...datasets.depth_folder_dataset import DepthFolderDataset
from ...datasets.files.file_finder import contents, why_missing
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
        passed_over: pictures of the data that are not taken, since they have no depth map.
    """
    name: str
    pictures: list[MeasuredPicture] = field(repr=False)
    labelled: bool = False
    split: str = ''
    passed_over: int = 0

    @property
    def remark(self) -> str:
        """Of pictures that were passed over, for people; '' where there are none."""
        if not self.passed_over:
            return ''
        words = ('has', 'is') if self.passed_over == 1 else ('have', 'are')
        return (f'{self.name}: {self.passed_over} of {self.passed_over + len(self.pictures)} pictures {words[0]} no '
                f'depth map and {words[1]} passed over')


class _PartlyMeasuredFolder(DepthFolderDataset):
    """Pictures of a folder may lack depth, if it is not a list that names it."""

    def list_samples(self) -> list[dict]:
        samples = super().list_samples()
        if self.ann_file:
            return samples
        return [sample if self._finder.kind(sample['depth_map_path']) else
                {key: value for key, value in sample.items() if key not in self.DEPTH_KEYS} for sample in samples]


_PartlyMeasuredFolder.__name__ = DepthFolderDataset.__name__  # as messages name it


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

    Pictures without a depth map of their name are passed over, and counted.

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
        if not listed:
            dataset['type'] = _PartlyMeasuredFolder
            _check_folders(folder, *prefix.values())
    data = _of_dataset(dataset, os.path.basename(os.path.abspath(folder)), unmeasured)
    if not data.pictures:
        images, depths = (os.path.join(folder, each) for each in dataset['data_prefix'].values())
        raise ValueError(f'no picture of {images} has a depth map of its name in {depths}, and there is nothing to '
                         f'calibrate with. {contents(images)} {contents(depths)} --list FILE names pairs whose names '
                         'differ')
    return data


def _check_folders(folder, images, depths):
    for option, name, what in (('--image-folder', images, 'pictures'), ('--depth-folder', depths, 'depth maps')):
        path = os.path.join(folder, name)
        if not os.path.isdir(path):
            raise FileNotFoundError(f'the folder {path} does not exist. {why_missing(path)} {option} NAME says in '
                                    f'which folder of {folder} the {what} lie, here {name!r}. (Both: '
                                    '--image-folder NAME --depth-folder NAME)')


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
    data = _of_dataset(loader.dataset, f'{os.path.basename(cfg.filename or "config")}, {split}', unmeasured)
    if not data.pictures:
        raise ValueError(f'{data.name}: no image has ground truth, and there is nothing to calibrate with')
    return data


def _of_dataset(config, name, unmeasured=False):
    config = ConfigDict(config).to_dict() if isinstance(config, ConfigDict) else dict(config)
    leaves = leaf_datasets(config)
    split = ', '.join(f'{class_name(each)} {each.get("split") or ""}'.strip() for each in leaves)
    pictures, passed_over = [], 0
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
                else:
                    passed_over += 1
    return MeasuredData(name, pictures, labelled=True, split=split, passed_over=passed_over)


def _reader(info, loaders):
    def read(shape):
        results = dict(info, ori_shape=shape, seg_fields=[])
        if 'resized' in results:  # pictures are predicted as they are on disk
            results['resized'] = DEPTH
        for loader in loaders:
            results = loader(results)
        return results['gt_depth_map']

    return read
