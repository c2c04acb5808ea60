"""Virtual KITTI 2: five drives of KITTI, rendered under several conditions."""
from __future__ import annotations

import os.path as osp
from collections.abc import Sequence
from typing import Any

from mmseg.registry import DATASETS

from .cameras.intrinsics import checked_focal, read_rows
from .depth_format import DepthFormat
from .depth_tree_dataset import DepthTreeDataset, with_changes
from .files.file_finder import written_path

CONDITIONS = ('clone', '15-deg-left', '15-deg-right', '30-deg-left', '30-deg-right', 'fog', 'morning', 'overcast',
              'rain', 'sunset')
# Folders of the archives, where each was unpacked into one of its name.
RGB, DEPTH, TEXT = 'vkitti_2.0.3_rgb', 'vkitti_2.0.3_depth', 'vkitti_2.0.3_textgt'
FOCAL_PX = 725.0087  # of all cameras; intrinsic.txt says the same


@DATASETS.register_module()
class VirtualKITTIDepthDataset(DepthTreeDataset):
    """Virtual KITTI 2 (Cabon et al., 2020), all archives unpacked into one folder::

        data/vkitti2
        └── Scene01, Scene02, Scene06, Scene18, Scene20
            └── clone, 15-deg-left, ..., sunset     # conditions
                ├── intrinsic.txt                   # vkitti_2.0.3_textgt.tar.gz; frame cameraID fx fy cx cy
                └── frames
                    ├── rgb/Camera_0/rgb_00000.jpg      # vkitti_2.0.3_rgb.tar; 1242 x 375; Camera_1 is the right one
                    └── depth/Camera_0/depth_00000.png  # vkitti_2.0.3_depth.tar; uint16, centimetres, 65535 = sky

    Or each into a folder of its name: data/vkitti2/vkitti_2.0.3_rgb/Scene01, data/vkitti2/vkitti_2.0.3_depth/Scene01.

    Args:
        scenes: see :class:`DepthTreeDataset`. There is no official split; whole scenes are what may be held out.
        conditions: names of :data:`CONDITIONS`. Several show the same drive: never divide them among splits.
        camera: 0 (left), 1 (right) or (0, 1).
        data_root: the folder.
        **kwargs: see :class:`DepthTreeDataset`.
    """

    def __init__(self, scenes: str | Sequence[str] | None = None, conditions: str | Sequence[str] = 'clone',
                 camera: int | Sequence[int] = 0, data_root: str = 'data/vkitti2',
                 depth_format: dict | DepthFormat | None = None, **kwargs: Any) -> None:
        conditions = (conditions, ) if isinstance(conditions, str) else tuple(conditions)
        sides = (camera, ) if isinstance(camera, int) else tuple(camera)
        unknown = [name for name in conditions if name not in CONDITIONS]
        if unknown or not conditions:
            raise ValueError(f'VirtualKITTIDepthDataset: conditions are of {", ".join(CONDITIONS)}, got '
                             f'{unknown or conditions}')
        if not sides or not set(sides) <= {0, 1}:
            raise ValueError(f'VirtualKITTIDepthDataset: camera must be 0 (left), 1 (right) or (0, 1), got {camera!r}')
        self._focal: dict[tuple[str, int], float] = {}
        folders = ','.join(f'Camera_{side}' for side in sides)
        apart = osp.isdir(osp.join(written_path(data_root, 'data_root'), RGB))
        super().__init__(f'{f"{RGB}/" * apart}Scene*/{{{",".join(conditions)}}}/frames/rgb/{{{folders}}}/rgb_*.jpg',
                         [*([(f'{RGB}/', f'{DEPTH}/')] if apart else ()), ('/frames/rgb/', '/frames/depth/'),
                          ('/rgb_', '/depth_'), ('.jpg', '.png')], scenes=scenes, data_root=data_root,
                         depth_format=with_changes(dict(scale=100.0, invalid=65535), depth_format), **kwargs)

    def with_scenes(self, scenes: tuple[str, ...]) -> list:
        """See the base class: where archives lie apart, scenes are the second level."""
        place = int(self.levels[0] == RGB)
        return [*self.levels[:place], scenes, *self.levels[place + 1:]]

    def naming_hint(self, path: str) -> str:
        """As the base class."""
        return (' Unpack the archives of rgb and depth into one folder, or into folders of their names beside each '
                'other.') if '/frames/depth/' in path else ''

    def focal_px(self, sample: dict) -> float:
        """As ``intrinsic.txt`` of the condition says; the published constant where there is no such file."""
        camera_folder = osp.dirname(sample['img_path'])
        path = osp.join(osp.dirname(osp.dirname(osp.dirname(camera_folder))), 'intrinsic.txt')
        if self.levels[0] == RGB:
            path = osp.join(self.data_root, TEXT, osp.relpath(path, osp.join(self.data_root, RGB)))
        number = camera_folder.rpartition('_')[2]
        key = path, int(number) if number.isdigit() else 0
        if key not in self._focal:
            rows = read_rows(path, 6, header=True) if osp.isfile(path) else []
            found = {checked_focal(path, *row[2:4]) for row in rows if row[1] == key[1]}
            if len(found) > 1 or rows and not found:
                raise ValueError(f'{path}: expected one focal length of camera {key[1]}, got {sorted(found)}')
            self._focal[key] = found.pop() if found else FOCAL_PX
        return self._focal[key]
