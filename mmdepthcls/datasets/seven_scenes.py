"""7-Scenes: rooms through a Kinect, for relocalization."""
from __future__ import annotations

import os
import os.path as osp
import re
from typing import Any

from mmseg.registry import DATASETS

from .depth_format import DepthFormat
from .depth_tree_dataset import DepthTreeDataset, with_changes

LISTS = {'train': 'TrainSplit.txt', 'test': 'TestSplit.txt'}


@DATASETS.register_module()
class SevenScenesDepthDataset(DepthTreeDataset):
    """7-Scenes (Shotton et al., CVPR 2013), as its archives unpack::

        data/7scenes
        └── chess, fire, heads, office, pumpkin, redkitchen, stairs
            ├── TrainSplit.txt, TestSplit.txt           # 'sequence1', a line each
            └── seq-01
                ├── frame-000000.color.png              # 640 x 480
                └── frame-000000.depth.png              # 640 x 480, uint16, millimetres, 65535 = no measurement

    Color and depth are of two cameras that its authors have not calibrated: depth is not registered to color, and the
    focal length of the color camera is not published (say which you take: ``focal_px=...``). Numbers on it are of
    little use for comparing depth networks.

    Args:
        split: 'train' or 'test', as the files of each scene say; None: all sequences.
        data_root: the folder of the scenes.
        **kwargs: see :class:`DepthTreeDataset`.

    Raises:
        FileNotFoundError: if a scene has no list of the split.
    """

    def __init__(self, split: str | None = None, data_root: str = 'data/7scenes',
                 depth_format: dict | DepthFormat | None = None, **kwargs: Any) -> None:
        if split not in (None, *LISTS):
            raise ValueError(f"SevenScenesDepthDataset: split must be 'train', 'test' or None, got {split!r}")
        self.split = split
        super().__init__('*/seq-*/*.color.png', [('.color.png', '.depth.png')], data_root=data_root,
                         depth_format=with_changes(dict(scale=1000.0, invalid=65535), depth_format), **kwargs)

    def image_names(self, levels: list) -> list[str]:
        """Those of the split's sequences."""
        names = super().image_names(levels)
        if self.split is None:
            return names
        chosen = {scene: self._sequences(scene) for scene in {name.partition('/')[0] for name in names}}
        return [name for name in names if int(name.split('/')[1].rpartition('-')[2]) in chosen[name.partition('/')[0]]]

    def _sequences(self, scene):
        """Numbers of the sequences of a scene that are in the split."""
        path = osp.join(self.data_root, scene, LISTS[self.split])
        if not osp.isfile(path):
            raise FileNotFoundError(f'SevenScenesDepthDataset: {path} does not exist, so that nothing says which '
                                    f'sequences are for split={self.split!r}. It is in the archive of the scene; '
                                    'split=None takes all.')
        with open(path, encoding='utf-8') as file:
            found = {int(number) for number in re.findall(r'(\d+)\s*$', file.read(), re.MULTILINE)}
        absent = [f'seq-{number:02d}' for number in sorted(found)
                  if f'seq-{number:02d}' not in os.listdir(osp.join(self.data_root, scene))]
        if absent or not found:
            raise FileNotFoundError(f'SevenScenesDepthDataset: {path} names {absent or "no sequence"}, which is not in '
                                    f'{osp.join(self.data_root, scene)}. Unpack the archives inside of the scene.')
        return found
