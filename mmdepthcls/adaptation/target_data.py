"""Data sets that stand around others: a target's images with pseudo-labels, a share of a source's samples."""
from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset
from mmseg.registry import DATASETS

from ..datasets.depth_format import DepthFormat
from .pseudo_label_files import DEPTH, SCALE, label_names


class _Wrapper:
    """What MMEngine's wrappers offer."""

    def __init__(self, dataset: dict | Any) -> None:
        self.dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        self.full_init()

    @property
    def metainfo(self) -> dict:
        """The inner data set's."""
        return copy.deepcopy(self.dataset.metainfo)

    def full_init(self) -> None:
        """As MMEngine's data sets."""
        self.dataset.full_init()

    def __len__(self) -> int:
        return len(self.dataset)


@DATASETS.register_module()
class PseudoLabelDataset(_Wrapper):
    """Images of a target, with depth that a model has read in them in place of ground truth.

    Args:
        dataset: config of the images, one data set or a ``ConcatDataset``, with ``images_only=True`` and a pipeline
            that has ``LoadDepth``.
        labels: folder of the labels, of ``mmdepthcls adapt``.
        rare: ranges of depth (low, high), m, that few pixels have, for :class:`.RareDepthCrop`.

    Raises:
        ValueError: when a sample comes without labels out of its pipeline.
        FileNotFoundError: if an image has no label.
    """

    def __init__(self, dataset: dict | Any, labels: str, rare: Sequence[Sequence[float]] = ()) -> None:
        super().__init__(dataset)
        self.labels, self.rare = Path(labels), [tuple(each) for each in rare]
        self.names = label_names(image_paths(self.dataset))
        leaf_of(self.dataset, 0)
        missing = [name for name in self.names if not (self.labels / DEPTH / name).is_file()]
        if missing:
            raise FileNotFoundError(f'PseudoLabelDataset: {len(missing)} of {len(self.names)} images have no label in '
                                    f'{self.labels}, the first is {DEPTH}/{missing[0]}. Run the adaptation again')
        self._format = DepthFormat(scale=SCALE)

    def get_data_info(self, idx: int) -> dict:
        """A sample with ``depth_map_path`` and what belongs to it."""
        return dict(self.dataset.get_data_info(idx), depth_map_path=str(self.labels / DEPTH / self.names[idx]),
                    depth_format=self._format, depth_name='pseudo', rare_depths=self.rare)

    def __getitem__(self, idx: int) -> dict:
        info = self.get_data_info(idx)
        sample = leaf_of(self.dataset, idx).pipeline(info)
        if sample is None or 'gt_depth_map' not in sample['data_samples']:
            raise ValueError(f'{info["img_path"]}: the pipeline of the target has not loaded its pseudo-label. Put '
                             'LoadDepth after LoadImageFromFile in it')
        return sample


class DatasetPart(_Wrapper):
    """Some samples of a data set.

    Args:
        dataset: config of the samples.
        indices: of those that are taken.
    """

    def __init__(self, dataset: dict | Any, indices: Sequence[int] = ()) -> None:
        super().__init__(dataset)
        self.indices = list(indices)

    def __len__(self) -> int:
        return len(self.indices)

    def get_data_info(self, idx: int) -> dict:
        """Of the inner data set."""
        return self.dataset.get_data_info(self.indices[idx])

    def __getitem__(self, idx: int) -> dict:
        return self.dataset[self.indices[idx]]


@DATASETS.register_module()
class DatasetShare(DatasetPart):
    """A share of the samples of a data set, drawn without replacement: of one seed a smaller share is a part of a
    larger one.

    Args:
        dataset: config of the samples.
        share: > 0 and <= 1.
        seed: of the drawing.
    """

    def __init__(self, dataset: dict | Any, share: float, seed: int = 0) -> None:
        super().__init__(dataset)
        if not 0 < share <= 1:
            raise ValueError(f'DatasetShare: expected 0 < share <= 1, got {share!r}')
        number = max(1, round(share * len(self.dataset)))
        self.indices = sorted(np.random.default_rng(seed).permutation(len(self.dataset))[:number].tolist())


def leaf_of(dataset: Any, idx: int) -> BaseDataset:
    """The data set that holds a sample, inside of concatenated ones.

    Raises:
        ValueError: for another wrapper.
    """
    if hasattr(dataset, 'datasets'):
        number, inner = dataset._get_ori_dataset_idx(idx)
        return leaf_of(dataset.datasets[number], inner)
    if not hasattr(dataset, 'pipeline'):
        raise ValueError(f'a target is one data set or a ConcatDataset of several, got {type(dataset).__name__}')
    return dataset


def image_paths(dataset: Any) -> list[str]:
    """Paths of all images of a data set."""
    return [str(dataset.get_data_info(index)['img_path']) for index in range(len(dataset))]
