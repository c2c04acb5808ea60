"""KITTI in its own folders: raw drives beside the annotated depth maps."""
from __future__ import annotations

import os.path as osp
from collections.abc import Sequence
from typing import Any

from mmseg.registry import DATASETS

from . import kitti_layout, velodyne
from .cameras.camera_finder import calibrated_camera
from .depth_dataset import DepthDataset
from .eigen import eigen_split
from .files.file_finder import IMAGE_SUFFIXES, contents, refuse_stand_in, why_missing
from .files.image_header import probe_image
from .split_file import NO_DEPTH

GROUND_TRUTHS = {'annotated': 'groundtruth', 'velodyne_png': 'velodyne_raw', 'velodyne': None}
# Lines of list files: an image's path (monodepth, BTS), or a drive followed by frame and side (monodepth2).
SIDES = {'l': 2, 'r': 3}


@DATASETS.register_module()
class KITTIDepthDataset(DepthDataset):
    """KITTI raw drives with depth, straight from the folders as downloaded::

        data/kitti
        ├── raw                                     # data_prefix['img_path']
        │   └── 2011_09_26
        │       ├── calib_cam_to_cam.txt, calib_velo_to_cam.txt
        │       └── 2011_09_26_drive_0001_sync
        │           ├── image_02/data/0000000005.png        # or .jpg; image_03 for camera 3
        │           └── velodyne_points/data/0000000005.bin
        └── annotated                               # data_prefix['depth_map_path']: data_depth_annotated.zip
            └── {train,val}/2011_09_26_drive_0001_sync/proj_depth
                ├── groundtruth/image_02/0000000005.png     # ground_truth='annotated'
                └── velodyne_raw/image_02/0000000005.png    # ground_truth='velodyne_png' (data_depth_velodyne.zip)

    Also found, without ``data_prefix``: days in ``data_root`` itself; depth in ``data_depth_annotated``, ``gts`` or
    ``data_root`` itself; ``train`` and ``val`` merged, as in the instructions of BTS and its followers.

    Args:
        split: a name of :func:`mmdepthcls.datasets.eigen_split`; None takes every frame on disk.
        ground_truth: 'annotated', 'velodyne' (the scan is projected while loading, by ``LoadVelodyneDepth``) or
            'velodyne_png' (projected before: by tools/prepare_kitti.py into ``data_root/projected``, which is taken
            where it exists, or by KITTI). For protocols also two: 'velodyne' and one of the others.
        camera: 2 (left) or 3 (right).
        data_root: folder of both.
        data_prefix: the two folders below it. Default: as they are found.
        **kwargs: see :class:`DepthDataset`.

    An ``ann_file`` may be a list of other projects: monodepth's (pairs of left and right images), monodepth2's (drive,
    frame, side) or BTS's (image, depth, focal length). Its lines say which frames and cameras; images are found as .png
    or .jpg, and the ground truth is the chosen one, whatever the list names; only 'None' as depth is believed where
    ground truth is 'annotated'. Lines of another form are ``IMAGE DEPTH`` relative to the two folders.

    Frames that never had the chosen ground truth (the ends of drives, 45 test frames) are left out of training and
    kept, without ground truth, in ``test_mode``; a file that should be there and is not is an error.

    Raises:
        ValueError: for an unknown split or ground truth, both ``split`` and ``ann_file``, and as the base class.
        FileNotFoundError: for missing files.
    """

    def __init__(self,
                 split: str | None = None,
                 ground_truth: str | Sequence[str] = 'annotated',
                 camera: int = 2,
                 data_root: str = 'data/kitti',
                 data_prefix: dict | None = None,
                 **kwargs: Any) -> None:
        self.ground_truths = (ground_truth, ) if isinstance(ground_truth, str) else tuple(ground_truth)
        if not self.ground_truths or not set(self.ground_truths) <= set(GROUND_TRUTHS) or {
                'annotated', 'velodyne_png'} <= set(self.ground_truths):
            raise ValueError(f'KITTIDepthDataset: ground_truth must be one of {tuple(GROUND_TRUTHS)}, or velodyne and '
                             f'one of the others, got {ground_truth!r}')
        if camera not in (2, 3):
            raise ValueError(f'KITTIDepthDataset: camera must be 2 (left) or 3 (right), got {camera!r}')
        if split is not None and kwargs.get('ann_file'):
            raise ValueError(f'KITTIDepthDataset: give split or ann_file, not both ({split!r}, {kwargs["ann_file"]!r})')
        self.split = split
        self.ground_truth = ground_truth
        self.camera = camera
        self._frame_files: dict = {}
        self._frame_sets: dict = {}
        self._calibrated: dict = {}
        if data_prefix is None:
            depth_name = (kitti_layout.velodyne_name if 'velodyne_png' in self.ground_truths else
                          kitti_layout.annotated_name)
            data_prefix = dict(img_path=kitti_layout.raw_name(data_root), depth_map_path=depth_name(data_root))
        super().__init__(data_root=data_root, data_prefix=data_prefix, **kwargs)

    FILE_KEYS = ('img_path', 'depth_map_path', 'velodyne_path')
    DEPTH_KEYS = (*DepthDataset.DEPTH_KEYS, 'velodyne_path')

    @property
    def source(self) -> str:
        """Where the samples come from, for messages."""
        return f'{self.data_prefix["img_path"]} (split {self.split})' if self.split else super().source

    @property
    def expected_len(self) -> int | None:
        """Samples of the split; None without one."""
        return len(eigen_split(self.split)) if self.split else None

    def load_data_list(self) -> list[dict]:
        """As the base class."""
        samples = super().load_data_list()
        self._frame_files.clear()
        return samples

    def has_depth(self, sample: dict) -> bool:
        """Whether a sample has ground truth."""
        return 'depth_map_path' in sample or 'velodyne_path' in sample

    def focal_px(self, sample: dict) -> float | None:
        """As the calibration of the recording day says, for an image of its size; None for an image outside KITTI's
        folders."""
        place = kitti_layout.place_of_image(sample['img_path'])
        if place is None:
            return None
        key = place.day, place.camera
        if key not in self._calibrated:
            self._calibrated[key] = calibrated_camera(*key)
        known = self._calibrated[key]
        if known is None:
            return None
        return known.of_size(known.shape and probe_image(sample['img_path']).shape()).focal_px

    def list_samples(self) -> list[dict]:
        """Samples of the split, of the split file, or of every frame on disk."""
        if self.ann_file:
            return super().list_samples()
        if self.split is None:
            return [self._sample(drive, frame, self.camera, promises=False) for drive, frame in self._frames_on_disk()]
        return [self._sample(drive, frame, self.camera) for drive, frame in eigen_split(self.split)]

    def _is_promised(self, drive, frame, ground_truth):
        """Whether KITTI has ground truth for a frame of the Eigen split: True, False, or None for "perhaps"."""
        in_split = (drive, frame) in self._frames('train', 'test')
        if ground_truth == 'velodyne':
            return True if in_split else None
        # KITTI's own PNGs, annotated and projected alike, leave out the ends of the drives; our projected ones do not.
        if (drive, frame) in self._frames('train_annotated', 'test_annotated'):
            return True
        return False if ground_truth == 'annotated' and in_split else None

    def _frames(self, *splits):
        if splits not in self._frame_sets:
            self._frame_sets[splits] = frozenset(frame for split in splits for frame in eigen_split(split))
        return self._frame_sets[splits]

    def sample_of_line(self, columns: list[str], where: str) -> dict:
        """The sample that a line of a list file names, see the class."""
        place = kitti_layout.place_of_image(columns[0])
        drive = kitti_layout.DRIVE_FOLDER.fullmatch(columns[0].rpartition('/')[2])
        if place and place.camera in SIDES.values():
            _, name, camera, frame = place
        elif drive:
            if len(columns) != 3 or not columns[1].isdigit() or columns[2].lower() not in SIDES:
                raise ValueError(f"{where}: expected 'DRIVE FRAME l|r' after a drive's folder, got "
                                 f"{' '.join(columns)!r}")
            name, camera, frame = drive[1], SIDES[columns[2].lower()], int(columns[1])
        else:
            return super().sample_of_line(columns, where)
        listed = None
        if place and len(columns) > 1:
            named = f'/{kitti_layout.DEPTH_FOLDER}/' in columns[1]
            listed = False if columns[1] == NO_DEPTH else True if named else None
        return dict(self._sample(name, frame, camera, listed), listed_in=where)

    def _frames_on_disk(self):
        raw = self.data_prefix['img_path']
        frames = []
        days = [day for day in sorted(self._listing(raw, required=True)) if kitti_layout.DAY.fullmatch(day)]
        for day in days:
            drives = map(kitti_layout.DRIVE_FOLDER.fullmatch, sorted(self._listing(osp.join(raw, day))))
            for drive in (match[1] for match in drives if match and match[1].startswith(day)):
                stems = {osp.splitext(name)[0] for name in self._listing(self._image_folder(drive, self.camera))
                         if name.lower().endswith(IMAGE_SUFFIXES)}
                frames += [(drive, int(stem)) for stem in sorted(stems) if stem.isdigit()]
        if not frames:
            raise ValueError(f'KITTIDepthDataset: {raw} holds no image of camera {self.camera}: expected '
                             f'2011_09_26/2011_09_26_drive_0001_sync/image_{self.camera:02d}/data/0000000005.png and '
                             f'the like (raw data, synced and rectified). {contents(osp.join(raw, *days[:1]))} '
                             'tools/prepare_kitti.py says what is missing, and fetches it; camera=2 is the left, 3 the '
                             'right.')
        return frames

    def _sample(self, drive, frame, camera, listed=None, promises=True):
        """One sample. ``listed``: whether a list names annotated depth; None: it says nothing. ``promises``: whether
        ground truth that KITTI has must be there."""
        stem = kitti_layout.frame_stem(frame)
        folder = self._image_folder(drive, camera)
        images = self._list(folder, lambda: kitti_layout.list_frames(folder, IMAGE_SUFFIXES))
        sample = dict(img_path=images.get(frame, osp.join(folder, f'{stem}.png')))
        for ground_truth in () if self.images_only else self.ground_truths:
            promised = self._is_promised(drive, frame, ground_truth) if promises else None
            if ground_truth == 'annotated' and listed is not None:
                promised = listed
            sample = self._with_ground_truth(sample, drive, stem, camera, ground_truth, promised)
        return sample

    def _with_ground_truth(self, sample, drive, stem, camera, ground_truth, promised):
        """The sample with one ground truth. ``promised``: it must be there; False: it is not; None: if it is."""
        if promised is False:
            return sample
        if ground_truth == 'velodyne':
            day = self._day(drive)
            scan = osp.join(kitti_layout.scan_folder(day, drive), f'{stem}.bin')
            if promised or self._finder.kind(scan):
                sample.update(velodyne_path=scan, calibration_folder=day, camera=camera)
            return sample
        depth, kind = self.data_prefix['depth_map_path'], GROUND_TRUTHS[ground_truth]
        found = self._list((drive, kind, camera), lambda: kitti_layout.list_depth(depth, drive, kind, camera))
        if int(stem) not in found and not promised:
            return sample
        expected = osp.join(kitti_layout.depth_folders(depth, drive, kind, camera)[0], f'{stem}.png')
        monodepth = osp.basename(osp.normpath(depth)) == f'{kitti_layout.PROJECTED}_monodepth'
        name = 'annotated' if ground_truth == 'annotated' else f'velodyne{"_monodepth" * monodepth}'
        return self.with_depth_map(sample, found.get(int(stem), expected), name)

    def verify_sample(self, sample: dict) -> None:
        """As the base class; for a scan also its size."""
        super().verify_sample(sample)
        if 'velodyne_path' in sample:
            velodyne.check_scan(sample['velodyne_path'])

    def _check_existence(self, samples):
        super()._check_existence(samples)
        for folder, camera in {(sample['calibration_folder'], sample['camera']) for sample in samples
                               if 'calibration_folder' in sample}:
            velodyne.read_calibration(folder, camera)

    def _day(self, drive):
        return osp.join(self.data_prefix['img_path'], kitti_layout.day_of(drive))

    def _image_folder(self, drive, camera):
        return kitti_layout.image_folder(self._day(drive), drive, camera)

    def _list(self, key, look):
        """Frames of a folder, which is listed once."""
        if key not in self._frame_files:
            self._frame_files[key] = look()
        return self._frame_files[key]

    def _listing(self, folder, required=False):
        """Names in a folder, read once; nothing where there is none."""
        if required and not osp.isdir(folder):
            raise FileNotFoundError(f"KITTIDepthDataset: folder data_prefix['img_path'] = {folder!r} does not exist. "
                                    f'{why_missing(folder)}')
        if not osp.isdir(folder):
            refuse_stand_in(folder)
        return self._finder.listing(folder)
