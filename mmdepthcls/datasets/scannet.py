"""ScanNet: rooms, filmed by a tablet with a depth sensor."""
from __future__ import annotations

import os.path as osp
from typing import Any

from mmseg.registry import DATASETS

from .cameras.intrinsics import matrix_focal
from .depth_format import DepthFormat
from .depth_tree_dataset import DepthTreeDataset, with_changes


@DATASETS.register_module()
class ScanNetDepthDataset(DepthTreeDataset):
    """ScanNet (Dai et al., CVPR 2017), as its SensReader exports the .sens files::

        data/scannet/scans
        └── scene0000_00
            ├── color/0.jpg, 1.jpg ...              # 1296 x 968
            ├── depth/0.png, 1.png ...              # 640 x 480, uint16, millimetres, 0 = no measurement
            └── intrinsic/intrinsic_color.txt, intrinsic_depth.txt      # 4 x 4

    Depth is smaller than color: ``resized='image'`` brings the color to the size of the depth, which stays as it was
    measured; ``resized='depth'`` the other way round, by nearest neighbor. Without it such pairs are refused.

    Args:
        scenes: the official lists do: 'scannetv2_train.txt', relative to ``data_root``, or names.
        data_root: the folder of the scenes.
        **kwargs: see :class:`DepthTreeDataset`.
    """

    def __init__(self, data_root: str = 'data/scannet/scans', depth_format: dict | DepthFormat | None = None,
                 **kwargs: Any) -> None:
        self._focal: dict[str, float | None] = {}
        super().__init__('scene*/color/*.jpg', [('/color/', '/depth/'), ('.jpg', '.png')], data_root=data_root,
                         depth_format=with_changes(dict(scale=1000.0), depth_format), **kwargs)

    def focal_px(self, sample: dict) -> float | None:
        """As ``intrinsic_color.txt`` of the scene says; None where there is no such file."""
        path = osp.join(osp.dirname(osp.dirname(sample['img_path'])), 'intrinsic', 'intrinsic_color.txt')
        if path not in self._focal:
            self._focal[path] = matrix_focal(path)
        return self._focal[path]
