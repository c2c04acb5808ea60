"""DIODE: rooms and streets through one laser scanner, with masks."""
from __future__ import annotations

from typing import Any

from mmseg.registry import DATASETS

from .cameras.intrinsics import mean_focal
from .depth_format import DepthFormat
from .depth_tree_dataset import DepthTreeDataset, with_changes

SIDES = ('indoors', 'outdoor')  # as the folders are called
FOCAL_PX = mean_focal(886.81, 927.06)  # f_x and f_y of 1024 x 768 pixels, as published with the data set


@DATASETS.register_module()
class DIODEDepthDataset(DepthTreeDataset):
    """DIODE (Vasiljevic et al., 2019), as its archives unpack::

        data/diode
        └── train, val                              # the test set is not published
            └── indoors, outdoor
                └── scene_00019/scan_00183
                    ├── 00019_00183_indoors_000_010.png             # 1024 x 768
                    ├── 00019_00183_indoors_000_010_depth.npy       # float32, (768, 1024, 1), metres
                    └── 00019_00183_indoors_000_010_depth_mask.npy  # 1 where the depth was measured

    Args:
        split: 'train' or 'val'.
        side: 'indoors', 'outdoor', or None: both, as far as they are there.
        data_root: the folder.
        **kwargs: see :class:`DepthTreeDataset`; ``scenes`` are such as 'scene_00019'.
    """

    def __init__(self, split: str = 'train', side: str | None = None, data_root: str = 'data/diode',
                 depth_format: dict | DepthFormat | None = None, **kwargs: Any) -> None:
        if split not in ('train', 'val') or side not in (None, *SIDES):
            raise ValueError("DIODEDepthDataset: expected split 'train' or 'val' and side 'indoors', 'outdoor' or "
                             f'None, got {split!r} and {side!r}')
        self.split, self.side = split, side
        super().__init__(f'{split}/{side or "*door*"}/scene_*/scan_*/*.png', [('.png', '_depth.npy')],
                         data_root=data_root, depth_format=with_changes(dict(mask='_mask'), depth_format), **kwargs)

    def with_scenes(self, scenes: tuple[str, ...]) -> list:
        """See the base class: scenes are the third level."""
        return [*self.levels[:2], scenes, *self.levels[3:]]

    def focal_px(self, sample: dict) -> float:
        """The published one: of all images."""
        return FOCAL_PX
