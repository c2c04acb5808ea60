"""MiniDrive as a dataset: street scenes that tools/make_minidrive.py has generated, with dense or LiDAR-like depth."""
from __future__ import annotations

import json
import os.path as osp
from typing import Any

from mmseg.registry import DATASETS

from ..invocation import command
from .depth_dataset import DepthDataset

GROUND_TRUTHS = {'dense': '', 'sparse': '_sparse'}


@DATASETS.register_module()
class MiniDriveDataset(DepthDataset):
    """MiniDrive: generated street scenes with exact depth, as written by ``tools/make_minidrive.py``::

        data/minidrive
        ├── minidrive.json                          # seed, size, counts
        ├── {train,val,test}{,_sparse}.txt          # split files
        ├── image/{train,val,test}/000000.png       # 8-bit RGB
        ├── depth/{train,val,test}/000000.png       # uint16, metres * 256, 0 = sky
        └── depth_sparse/{train,val,test}/...       # about 5 % of the pixels, as a LiDAR sees them

    Args:
        split: 'train', 'val' or 'test'; no scene is in two of them.
        ground_truth: 'dense' or 'sparse'.
        data_root: folder made by ``tools/make_minidrive.py``.
        **kwargs: see :class:`DepthDataset`.

    Raises:
        FileNotFoundError: if the folder has not been made; says how.
        ValueError: for an unknown split or ground truth.
    """

    def __init__(self, split: str = 'train', ground_truth: str = 'dense', data_root: str = 'data/minidrive',
                 **kwargs: Any) -> None:
        if split not in ('train', 'val', 'test') or ground_truth not in GROUND_TRUTHS:
            raise ValueError("MiniDriveDataset: expected split 'train', 'val' or 'test' and ground_truth 'dense' or "
                             f"'sparse', got {split!r} and {ground_truth!r}")
        ann_file = f'{split}{GROUND_TRUTHS[ground_truth]}.txt'
        if not osp.isfile(osp.join(data_root, ann_file)):
            raise FileNotFoundError(f'MiniDriveDataset: {osp.join(data_root, ann_file)} does not exist. Make the '
                                    f'dataset first: {command("make-minidrive")} {data_root}')
        self.split = split
        self._read: dict | None = None
        super().__init__(ann_file=ann_file, data_root=data_root, **kwargs)

    @property
    def expected_len(self) -> int | None:
        """Scenes of the split, as ``minidrive.json`` says."""
        manifest = self._manifest()
        return manifest and manifest['counts'][self.split]

    def focal_px(self, sample: dict) -> float | None:
        """As ``minidrive.json`` says."""
        manifest = self._manifest()
        return manifest and manifest.get('focal_px')

    def _manifest(self):
        """What ``minidrive.json`` says, read once; None where there is none."""
        path = osp.join(self.data_root, 'minidrive.json')
        if self._read is None and osp.isfile(path):
            with open(path, encoding='utf-8') as file:
                self._read = json.load(file)
        return self._read
