"""nuScenes: streets of Boston and Singapore through six cameras, with the points of one LiDAR."""
from __future__ import annotations

import dataclasses
import os.path as osp
from collections.abc import Sequence
from typing import Any

from mmengine.logging import print_log
from mmseg.registry import DATASETS

from .camera_choice import chosen_cameras
from .cameras.intrinsics import mean_focal
from .depth_dataset import DepthDataset
from .depth_format import DepthFormat
from .files.file_finder import contents, list_folder
from .files.inside_path import join_inside
from .nuscenes_split import VERSIONS, scenes_of_split
from .nuscenes_tables import CAMERAS, KeyFrame, read_key_frames
from .point_projection import PointProjection
from .scene_choice import chosen_scenes
from .tree_pattern import near_folders

COLUMNS = 5  # of a point: x, y, z, intensity, ring


@DATASETS.register_module()
class NuScenesDepthDataset(DepthDataset):
    """nuScenes (Caesar et al., CVPR 2020), as its archives unpack into one folder::

        data/nuscenes
        ├── v1.0-trainval                           # v1.0-trainval_meta.tgz; v1.0-mini, v1.0-test
        │   └── scene.json, sample.json, sample_data.json, sensor.json, calibrated_sensor.json, ego_pose.json, ...
        ├── samples                                 # key frames, 2 a second; sweeps are not read
        │   ├── CAM_FRONT/n015-2018-07-18-11-07-57+0800__CAM_FRONT__1531883530412470.jpg       # 1600 x 900
        │   └── LIDAR_TOP/n015-2018-07-18-11-07-57+0800__LIDAR_TOP__1531883530449377.pcd.bin   # float32, 5 a point
        └── maps, sweeps ...

    Depth is the LiDAR scan of the image's key frame, projected when it is read: from the LiDAR to the car, to the
    world at the time of the scan, to the car at the time of the image, and into the camera. A pixel is the nearest
    one, the nearest of several points counts, and it holds about one pixel in 500. Points within ``own_radius`` of the
    LiDAR (the car itself) and nearer than ``nearest`` to the camera are left out. What moves, moves up to 50 ms between
    scan and image, and a LiDAR on the roof sees over what the camera sees in front of it.

    Args:
        split: 'train' (700 scenes), 'val' (150), 'test' (150), 'mini_train' (8) or 'mini_val' (2), official ones; the
            first two are of v1.0-trainval.
        cameras_used: names of :data:`CAMERAS`, or 'all'.
        scenes: of these, only those named: 'scene-0061', names or a text file of names, relative to ``data_root``.
        whole_scenes: take only scenes of which every file is there, for a part of the ten archives; says how many they
            are. Default: a missing file is an error.
        nearest, own_radius: m, see above.
        data_root: the folder.
        **kwargs: see :class:`DepthDataset`.

    Raises:
        FileNotFoundError: for missing tables and files.
        ValueError: for names that there are not, damaged tables, and as the base class.
    """

    def __init__(self, split: str = 'train', cameras_used: str | Sequence[str] = 'CAM_FRONT',
                 scenes: str | Sequence[str] | None = None, whole_scenes: bool = False, nearest: float = 1.0,
                 own_radius: float = 1.0, data_root: str = 'data/nuscenes',
                 depth_format: dict | DepthFormat | None = None, **kwargs: Any) -> None:
        if split not in VERSIONS:
            raise ValueError(f'NuScenesDepthDataset: split must be one of {tuple(VERSIONS)}, got {split!r}')
        used = chosen_cameras(cameras_used, CAMERAS, 'NuScenesDepthDataset')
        if depth_format is not None or kwargs.get('ann_file'):
            raise ValueError("NuScenesDepthDataset: its tables say which images there are, and points need no "
                             'depth_format: leave ann_file and depth_format out')
        self.split, self.cameras_used, self.scenes, self.whole_scenes = split, used, scenes, whole_scenes
        self.nearest, self.own_radius = nearest, own_radius
        super().__init__(data_root=data_root, **kwargs)

    @property
    def source(self) -> str:
        """Where the samples come from, for messages."""
        return f'{osp.join(self.data_root, VERSIONS[self.split])} (split {self.split})'

    def list_samples(self) -> list[dict]:
        """Samples of the split, by the tables."""
        folder = osp.join(self.data_root, VERSIONS[self.split])
        if not osp.isdir(folder):
            raise FileNotFoundError(f'NuScenesDepthDataset: there is no folder {folder}, whose tables say what split '
                                    f'{self.split!r} holds. {self._why_no_tables()}')
        frames = read_key_frames(folder, self.cameras_used)
        names = scenes_of_split(self.split, sorted({frame.scene for frame in frames}))
        if self.scenes is not None:
            names = chosen_scenes(self.scenes, names, self.data_root, 'NuScenesDepthDataset')
        kept = set(names)
        frames = [frame for frame in frames if frame.scene in kept]
        return [self._sample(frame, folder) for frame in (self._whole(frames) if self.whole_scenes else frames)]

    def _sample(self, frame: KeyFrame, folder: str) -> dict:
        image, scan = (join_inside(self.data_root, name, osp.join(folder, 'sample_data.json'))
                       for name in (frame.image, frame.scan))
        projection = PointProjection(frame.matrix, frame.shape, COLUMNS, self.nearest, self.own_radius)
        sample = dict(img_path=image, scene=frame.scene, camera_focal=mean_focal(*frame.focal))
        return dict(self.with_depth_map(sample, scan),
                    depth_format=dataclasses.replace(self.depth_format, projection=projection))

    def _whole(self, frames):
        """Frames of the scenes of which every file is there."""
        there = {folder: {name for name, _, _ in list_folder(osp.join(self.data_root, folder))}
                 for folder in {osp.dirname(name) for frame in frames for name in (frame.image, frame.scan)}
                 if osp.isdir(osp.join(self.data_root, folder))}
        broken = {frame.scene for frame in frames for name in (frame.image, frame.scan)
                  if osp.basename(name) not in there.get(osp.dirname(name), ())}
        kept = [frame for frame in frames if frame.scene not in broken]
        number = len({frame.scene for frame in frames})
        print_log(f'NuScenesDepthDataset: {number - len(broken)} of {number} scenes of {self.source} are whole, and '
                  'taken', logger='current')
        return kept

    def focal_px(self, sample: dict) -> float:
        """As ``calibrated_sensor.json`` says."""
        return sample['camera_focal']

    def naming_hint(self, path: str) -> str:
        """As the base class."""
        return (' Its archives (v1.0-trainval01_blobs.tgz to 10) hold a part of the scenes each: whole_scenes=True '
                'takes those that are whole.')

    def _why_no_tables(self):
        name = VERSIONS[self.split]
        for place in near_folders(self.data_root) if osp.isdir(self.data_root) else ():
            if osp.isfile(osp.join(place, name, 'scene.json')):
                return f'It is in {place}: set data_root={place!r}.'
        if not osp.isdir(self.data_root):
            return f'There is no folder {self.data_root}.'
        others = [split for split, version in VERSIONS.items()
                  if osp.isdir(osp.join(self.data_root, version)) and version != name]
        hint = f' Splits whose tables are there: {", ".join(others)}.' if others else ''
        return contents(self.data_root) + hint
