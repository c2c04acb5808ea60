"""ARKitScenes: rooms, filmed by a tablet with a LiDAR."""
from __future__ import annotations

import os
import os.path as osp
from typing import Any

from mmseg.registry import DATASETS

from .cameras.intrinsics import checked_focal, read_rows
from .depth_format import DepthFormat
from .depth_tree_dataset import DepthTreeDataset, with_changes

SPLITS, IMAGES, DEPTHS = ('Training', 'Validation'), ('wide', 'lowres_wide', 'vga_wide'), (
    'lowres_depth', 'highres_depth')
CLOCK = 0.001  # s by which the names of an image and of its camera may differ


@DATASETS.register_module()
class ARKitScenesDepthDataset(DepthTreeDataset):
    """ARKitScenes (Baruch et al., NeurIPS 2021), as its scripts unpack a raw or upsampling download::

        data/arkitscenes/raw
        └── Training, Validation
            └── 40753679                                    # a video
                ├── wide/40753679_6791.516.png              # 1920 x 1440
                ├── wide_intrinsics/40753679_6791.516.pincam    # width height f_x f_y c_x c_y
                ├── highres_depth/40753679_6791.516.png     # 1920 x 1440, uint16, millimetres, of a laser scanner
                ├── lowres_wide, lowres_wide_intrinsics     # 256 x 192
                └── lowres_depth/40753679_6791.516.png      # 256 x 192, uint16, millimetres, of the tablet

    Where depth is smaller than color, say which of the two is resized: ``resized='image'`` or 'depth'.

    Args:
        split: 'Training' or 'Validation'.
        images: 'wide', 'lowres_wide' or 'vga_wide'.
        depth: 'lowres_depth' or 'highres_depth'.
        data_root: the folder of both splits.
        **kwargs: see :class:`DepthTreeDataset`; ``scenes`` are videos.
    """

    def __init__(self, split: str = 'Training', images: str = 'lowres_wide', depth: str = 'lowres_depth',
                 data_root: str = 'data/arkitscenes/raw', depth_format: dict | DepthFormat | None = None,
                 **kwargs: Any) -> None:
        if split not in SPLITS or images not in IMAGES or depth not in DEPTHS:
            raise ValueError(f'ARKitScenesDepthDataset: expected a split of {SPLITS}, images of {IMAGES} and depth of '
                             f'{DEPTHS}, got {split!r}, {images!r} and {depth!r}')
        self.split = split
        self._cameras_of: dict[str, list[str]] = {}
        super().__init__(f'{split}/*/{images}/*.png', [(f'/{images}/', f'/{depth}/')], data_root=data_root,
                         depth_format=with_changes(dict(scale=1000.0), depth_format), **kwargs)

    def with_scenes(self, scenes: tuple[str, ...]) -> list:
        """See the base class: videos are the second level."""
        return [self.levels[0], scenes, *self.levels[2:]]

    def focal_px(self, sample: dict) -> float | None:
        """As the camera file of the frame says; None where there is none within a millisecond of it."""
        folder, name = osp.split(sample['img_path'])
        folder = f'{folder}_intrinsics'
        if folder not in self._cameras_of:
            self._cameras_of[folder] = os.listdir(folder) if osp.isdir(folder) else []
        video, _, time = osp.splitext(name)[0].rpartition('_')
        try:
            moments = [float(time) + step for step in (0, -CLOCK, CLOCK)]
        except ValueError:
            return None
        for moment in moments:
            if (found := f'{video}_{moment:.3f}.pincam') in self._cameras_of[folder]:
                path = osp.join(folder, found)
                rows = read_rows(path, 6)
                if len(rows) != 1:
                    raise ValueError(f'{path}: expected one line of 6 numbers, got {len(rows)}. Copy the file again.')
                return checked_focal(path, *rows[0][2:4])
        return None
