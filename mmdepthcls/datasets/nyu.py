"""NYU Depth v2 as BTS and its followers prepare it: rooms, as a Kinect sees them."""
from __future__ import annotations

import os.path as osp
from typing import Any

from mmseg.registry import DATASETS

from .depth_format import DepthFormat
from .depth_tree_dataset import DepthTreeDataset, with_changes

FOLDERS = {'train': 'sync', 'test': 'official_splits/test'}
NUM_TEST = 654
FOCAL_PX = 518.8579  # of the color camera, as in the data set's toolbox and in BTS's lists


@DATASETS.register_module()
class NYUDepthDataset(DepthTreeDataset):
    """NYU Depth v2 (Silberman et al., ECCV 2012), in the folders of BTS (Lee et al., 2019), which AdaBins, NeWCRFs,
    ZoeDepth and others use::

        data/nyu_depth_v2
        ├── sync                                    # split 'train': sync.zip of BTS
        │   └── kitchen_0028b
        │       ├── rgb_00045.jpg                   # 640 x 480
        │       └── sync_depth_00045.png            # uint16, millimetres, 0 = no measurement
        └── official_splits/test                    # split 'test': 654 images, extracted from nyu_depth_v2_labeled.mat
            └── bathroom
                ├── rgb_00045.jpg
                └── sync_depth_00045.png

    Args:
        split: 'train' or 'test'.
        data_root: the folder of both.
        ann_file: one of BTS's lists, such as 'nyudepthv2_train_files_with_gt.txt', relative to ``data_root``; its lines
            (image, depth, focal length) are relative to the folder of the split. Default: every image on disk.
        **kwargs: see :class:`DepthTreeDataset`; ``scenes`` are rooms.
    """

    def __init__(self, split: str = 'train', data_root: str = 'data/nyu_depth_v2', ann_file: str = '',
                 depth_format: dict | DepthFormat | None = None, **kwargs: Any) -> None:
        if split not in FOLDERS:
            raise ValueError(f'NYUDepthDataset: split must be one of {tuple(FOLDERS)}, got {split!r}. (There is no '
                             'official validation set: hold rooms out of the training with scenes=...)')
        self.split = split
        folder = FOLDERS[split]
        if ann_file:
            kwargs.setdefault('data_prefix', dict(img_path=folder, depth_map_path=folder))
        super().__init__(f'{folder}/*/rgb_*.jpg', [('/rgb_', '/sync_depth_'), ('.jpg', '.png')], data_root=data_root,
                         ann_file=ann_file, depth_format=with_changes(dict(scale=1000.0), depth_format), **kwargs)

    @property
    def expected_len(self) -> int | None:
        """654 of the test; None for training, of which there are several lists."""
        return NUM_TEST if self.split == 'test' and self.scenes is None else None

    def with_scenes(self, scenes: tuple[str, ...]) -> list:
        """See the base class: rooms lie below the folder of the split."""
        return [*self.levels[:-2], scenes, self.levels[-1]]

    def depth_of_image(self, img_path: str) -> str | None:
        """The depth beside an image that a line names alone."""
        folder, name = osp.split(img_path)
        depth = self.depth_name(f'/{name}')
        return None if depth is None else osp.join(folder, depth[1:])

    def naming_hint(self, path: str) -> str:
        """As the base class."""
        other = next(split for split in FOLDERS if split != self.split)
        return (f' split={self.split!r} looks into {FOLDERS[self.split]} below data_root: for a list of the other one '
                f'set split={other!r}.') if self.ann_file else ''

    def focal_px(self, sample: dict) -> float:
        """That of the color camera, to which depth is registered."""
        return FOCAL_PX
