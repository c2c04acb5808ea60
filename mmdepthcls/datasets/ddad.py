"""DDAD: streets of the USA and Japan through six cameras, with a LiDAR that sees 250 m."""
from __future__ import annotations

import dataclasses
import os.path as osp
from collections.abc import Sequence
from typing import Any

from mmseg.registry import DATASETS

from .camera_choice import chosen_cameras
from .cameras.intrinsics import mean_focal
from .depth_dataset import DepthDataset
from .depth_format import DepthFormat
from .dgp_scene import read_scene, scene_files
from .files.file_finder import contents
from .files.inside_path import join_inside
from .point_projection import PointProjection
from .scene_choice import chosen_scenes
from .tree_pattern import near_folders

SPLITS = {'train': 0, 'val': 1}  # keys of scene_splits
CAMERAS = tuple(f'CAMERA_{number:02d}' for number in (1, 5, 6, 7, 8, 9))
LIDAR = 'LIDAR'
INDEX = 'ddad.json'


@DATASETS.register_module()
class DDADDepthDataset(DepthDataset):
    """DDAD (Guizilini et al., CVPR 2020), as its archive unpacks::

        data/ddad_train_val
        ├── ddad.json                               # which scenes are of training and of validation
        └── 000000 ... 000199                       # scenes of 50 or 100 samples
            ├── scene_HASH.json                     # samples: files, and where each sensor stood
            ├── calibration/HASH.json               # intrinsics
            ├── rgb/CAMERA_01/15621787638931470.png             # 1936 x 1216
            └── point_cloud/LIDAR/15621787638931470.npz         # data: x, y, z (m), intensity

    Depth is the sample's points in the image, projected when it is read, through the poses of both sensors. As in the
    set's own maps a point at u = 1.5 is in column 1; of several in a pixel the nearest counts.

    Args:
        split: 'train' (150 scenes, 12 650 samples) or 'val' (50, 3 950). The test set has no public depth.
        cameras_used: names of :data:`CAMERAS`, or 'all'. CAMERA_01 looks ahead.
        scenes: of these, only those named: '000000', names or a text file of names, relative to ``data_root``.
        nearest: points nearer to the camera than this are left out, m.
        data_root: the folder.
        **kwargs: see :class:`DepthDataset`.

    Raises:
        FileNotFoundError: for missing files.
        ValueError: for names that there are not, damaged files, and as the base class.
    """

    def __init__(self, split: str = 'train', cameras_used: str | Sequence[str] = 'CAMERA_01',
                 scenes: str | Sequence[str] | None = None, nearest: float = 0.0,
                 data_root: str = 'data/ddad_train_val', depth_format: dict | DepthFormat | None = None,
                 **kwargs: Any) -> None:
        if split not in SPLITS:
            raise ValueError(f'DDADDepthDataset: split must be one of {tuple(SPLITS)}, got {split!r}')
        used = chosen_cameras(cameras_used, CAMERAS, 'DDADDepthDataset')
        if depth_format is not None or kwargs.get('ann_file'):
            raise ValueError('DDADDepthDataset: its scene files say which images there are, and points need no '
                             'depth_format: leave ann_file and depth_format out')
        self.split, self.cameras_used, self.scenes, self.nearest = split, used, scenes, nearest
        super().__init__(data_root=data_root, **kwargs)

    @property
    def source(self) -> str:
        """Where the samples come from, for messages."""
        return f'{osp.join(self.data_root, INDEX)} (split {self.split})'

    def list_samples(self) -> list[dict]:
        """Samples of the split, by the scene files."""
        index = osp.join(self.data_root, INDEX)
        if not osp.isfile(index):
            raise FileNotFoundError(f'DDADDepthDataset: there is no {index}, which says what the splits hold. '
                                    f'{self._why_no_index()}')
        files = scene_files(index, SPLITS[self.split])
        if self.scenes is not None:
            folders = {osp.dirname(name): name for name in files}
            files = [folders[name] for name in chosen_scenes(self.scenes, list(folders), self.data_root,
                                                             'DDADDepthDataset')]
        samples = []
        for name in files:
            path = join_inside(self.data_root, name, index)
            folder = osp.dirname(path)
            for each in read_scene(path, self.cameras_used, LIDAR):
                projection = PointProjection(each.matrix, each.shape, nearest=self.nearest, pixel='floor')
                sample = dict(img_path=join_inside(folder, each.image, path), scene=osp.basename(folder),
                              camera_focal=mean_focal(*each.focal))
                samples.append(dict(self.with_depth_map(sample, join_inside(folder, each.points, path)),
                                    depth_format=dataclasses.replace(self.depth_format, projection=projection)))
        return samples

    def focal_px(self, sample: dict) -> float:
        """As the scene's calibration says."""
        return sample['camera_focal']

    def _why_no_index(self):
        for place in near_folders(self.data_root) if osp.isdir(self.data_root) else ():
            if osp.isfile(osp.join(place, INDEX)):
                return f'It is in {place}: set data_root={place!r}.'
        return contents(self.data_root) if osp.isdir(self.data_root) else f'There is no folder {self.data_root}.'
