"""KITTI in its own folders: raw drives beside the annotated depth maps."""
import os
import os.path as osp

from mmseg.registry import DATASETS

from . import velodyne
from .depth_dataset import IMAGE_SUFFIXES, DepthDataset
from .eigen import eigen_split

GROUND_TRUTHS = {'annotated': 'groundtruth', 'velodyne_png': 'velodyne_raw', 'velodyne': None}


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

    Args:
        split (str, optional): a name of :func:`mmdepthcls.datasets.eigen_split`; None takes every frame on disk.
        ground_truth (str): 'annotated', 'velodyne' (the scan is projected while loading, by ``LoadVelodyneDepth``) or
            'velodyne_png' (KITTI's own projected scans).
        camera (int): 2 (left) or 3 (right).
        data_root (str): folder of both.
        data_prefix (dict): the two folders below it.
        **kwargs: see :class:`DepthDataset`; an ``ann_file`` lists images and depth maps relative to the two folders.

    Frames that never had the chosen ground truth (the ends of drives, 45 test frames) are left out of training and
    kept, without ground truth, in ``test_mode``; a file that should be there and is not is an error.

    Raises:
        ValueError: for an unknown split or ground truth, both ``split`` and ``ann_file``, and as the base class.
        FileNotFoundError: for missing files.
    """

    def __init__(self,
                 split=None,
                 ground_truth='annotated',
                 camera=2,
                 data_root='data/kitti',
                 data_prefix=None,
                 **kwargs):
        if ground_truth not in GROUND_TRUTHS:
            raise ValueError(f'KITTIDepthDataset: ground_truth must be one of {tuple(GROUND_TRUTHS)}, '
                             f'got {ground_truth!r}')
        if camera not in (2, 3):
            raise ValueError(f'KITTIDepthDataset: camera must be 2 (left) or 3 (right), got {camera!r}')
        if split is not None and kwargs.get('ann_file'):
            raise ValueError(f'KITTIDepthDataset: give split or ann_file, not both ({split!r}, {kwargs["ann_file"]!r})')
        self.split = split
        self.ground_truth = ground_truth
        self.camera = camera
        self._listings = {}
        data_prefix = dict(img_path='raw', depth_map_path='annotated') if data_prefix is None else data_prefix
        super().__init__(data_root=data_root, data_prefix=data_prefix, **kwargs)

    FILE_KEYS = ('img_path', 'depth_map_path', 'velodyne_path')

    @property
    def source(self):
        """str: where the samples come from, for messages."""
        return f'{self.data_prefix["img_path"]} (split {self.split})' if self.split else super().source

    @property
    def expected_len(self):
        """int or None: samples of the split; None without one."""
        return len(eigen_split(self.split)) if self.split else None

    def has_depth(self, sample):
        """bool: whether a sample has ground truth."""
        return 'depth_map_path' in sample or 'velodyne_path' in sample

    def list_samples(self):
        """Samples of the split, of the split file, or of every frame on disk."""
        if self.ann_file:
            return super().list_samples()
        if self.split is None:
            return [self._sample(drive, frame) for drive, frame in self._frames_on_disk()]
        frames = eigen_split(self.split)
        expected = set(frames)
        if self.ground_truth != 'velodyne':
            # KITTI's own PNGs, annotated and projected alike, leave out the ends of the drives.
            expected &= set(eigen_split(f'{self.split.removesuffix("_annotated")}_annotated'))
        return [self._sample(drive, frame, (drive, frame) in expected) for drive, frame in frames]

    def _frames_on_disk(self):
        raw = self.data_prefix['img_path']
        frames = []
        for day in sorted(self._listing(raw, required=True)):
            for folder in sorted(self._listing(osp.join(raw, day))):
                drive = folder.removesuffix('_sync')
                stems = {osp.splitext(name)[0] for name in self._listing(self._image_folder(drive))
                         if name.lower().endswith(IMAGE_SUFFIXES)}
                frames += [(drive, int(stem)) for stem in sorted(stems) if stem.isdigit()]
        return frames

    def _sample(self, drive, frame, expected=None):
        """One sample. ``expected``: whether its ground truth must be there; None: only if it is."""
        stem = f'{frame:010d}'
        folder = self._image_folder(drive)
        jpg = f'{stem}.jpg' in self._listing(folder) and f'{stem}.png' not in self._listing(folder)
        sample = dict(img_path=osp.join(folder, f'{stem}.{"jpg" if jpg else "png"}'))
        if expected is False:
            return sample
        if self.ground_truth == 'velodyne':
            day = osp.join(self.data_prefix['img_path'], drive[:10])
            scan = osp.join(day, f'{drive}_sync', 'velodyne_points', 'data', f'{stem}.bin')
            if expected or self._exists(scan):
                sample.update(velodyne_path=scan, calibration_folder=day, camera=self.camera)
            return sample
        candidates = [osp.join(self.data_prefix['depth_map_path'], part, f'{drive}_sync', 'proj_depth',
                               GROUND_TRUTHS[self.ground_truth], f'image_{self.camera:02d}', f'{stem}.png')
                      for part in ('train', 'val')]
        found = [path for path in candidates if self._exists(path)]
        if found or expected:
            return self.with_depth_map(sample, (found or candidates)[0])
        return sample

    def verify_sample(self, sample):
        """As the base class; for a scan also its size."""
        super().verify_sample(sample)
        if 'velodyne_path' in sample:
            velodyne.check_scan(sample['velodyne_path'])

    def _check_existence(self, samples):
        super()._check_existence(samples)
        for folder in {sample['calibration_folder'] for sample in samples if 'calibration_folder' in sample}:
            velodyne.read_calibration(folder, self.camera)

    def _image_folder(self, drive):
        return osp.join(self.data_prefix['img_path'], drive[:10], f'{drive}_sync', f'image_{self.camera:02d}', 'data')

    def _exists(self, path):
        return osp.basename(path) in self._listing(osp.dirname(path))

    def _listing(self, folder, required=False):
        """Names in a folder, read once; nothing where there is none."""
        if required and not osp.isdir(folder):
            raise FileNotFoundError(f"KITTIDepthDataset: folder data_prefix['img_path'] = {folder!r} does not exist")
        if folder not in self._listings:
            self._listings[folder] = frozenset(os.listdir(folder)) if osp.isdir(folder) else frozenset()
        return self._listings[folder]
