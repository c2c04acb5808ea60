"""SYNTHIA-RAND-CITYSCAPES: synthetic streets with dense depth."""
from __future__ import annotations

import os.path as osp
from typing import Any

from mmseg.registry import DATASETS

from .depth_folder_dataset import DepthFolderDataset
from .depth_format import DepthFormat
from .synthia_split import CENTIMETRES, NUM_FILES, PARTS, part_of


@DATASETS.register_module()
class SYNTHIADepthDataset(DepthFolderDataset):
    """SYNTHIA-RAND-CITYSCAPES (Ros et al., 2016), as unpacked::

        data/synthia/RAND_CITYSCAPES
        ├── RGB/0000000.png ... 0009399.png         # 1280 x 760
        └── Depth/Depth/0000000.png ...             # or Depth/; 3 x 16 bits, the same centimetres in each channel

    There is no official split, and a random one leaks, since consecutive files show the same scene. Here files are
    taken by blocks of 50: of every ten blocks eight are 'train' (7 600 of 9 400), one 'val' and one 'test'.

    Args:
        split: 'train', 'val', 'test'; None takes every file.
        data_root: the folder RAND_CITYSCAPES.
        data_prefix: folders of images and depth maps below it. Default: those above; with an ``ann_file`` the
            ``data_root`` itself, as in the split files of tools/prepare_synthia.py.
        **kwargs: see :class:`DepthFolderDataset`.
    """

    def __init__(self,
                 split: str | None = None,
                 data_root: str = 'data/synthia/RAND_CITYSCAPES',
                 data_prefix: dict | None = None,
                 depth_format: dict | DepthFormat | None = None,
                 **kwargs: Any) -> None:
        if split is not None and split not in PARTS:
            raise ValueError(f'SYNTHIADepthDataset: split must be one of {tuple(PARTS)} or None, got {split!r}')
        if split is not None and kwargs.get('ann_file'):
            raise ValueError(f'SYNTHIADepthDataset: give split or ann_file, not both, got {split!r} and '
                             f'{kwargs["ann_file"]!r}')
        self.split = split
        if data_prefix is None and not kwargs.get('ann_file'):
            nested = osp.isdir(osp.join(data_root, 'Depth', 'Depth'))
            data_prefix = dict(img_path='RGB', depth_map_path=osp.join('Depth', 'Depth') if nested else 'Depth')
        super().__init__(data_root=data_root, data_prefix=data_prefix, depth_format=depth_format or CENTIMETRES,
                         **kwargs)

    @property
    def expected_len(self) -> int | None:
        """Samples of the split; None for a split file."""
        if self.ann_file:
            return None
        return sum(self.split is None or part_of(number) == self.split for number in range(NUM_FILES))

    def list_samples(self) -> list[dict]:
        """Samples of the split."""
        samples = super().list_samples()
        if self.split is None:
            return samples
        return [sample for sample in samples if part_of(_number(sample['img_path'])) == self.split]


def _number(path):
    stem = osp.splitext(osp.basename(path))[0]
    if not stem.isdigit():
        raise ValueError(f'{path}: expected a SYNTHIA file name such as 0000000.png (its number decides the split)')
    return int(stem)
