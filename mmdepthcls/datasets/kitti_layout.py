"""Where a KITTI tree has its files, in the layouts that people make of KITTI's archives. Pure."""
import os
import re
from pathlib import Path
from typing import NamedTuple

from .file_finder import refuse_stand_in

DAY = re.compile(r'\d{4}_\d\d_\d\d')
DRIVE_FOLDER = re.compile(r'(\d{4}_\d\d_\d\d_drive_\d{4})_sync')
# Below the root; '' is the root itself. BTS and its followers keep days and data_depth_annotated side by side.
RAW, ANNOTATED, PROJECTED = 'raw', 'annotated', 'projected'
RAW_NAMES = (RAW, 'kitti_raw', 'raw_data', '')
ANNOTATED_NAMES = (ANNOTATED, 'data_depth_annotated', 'gts', '')
VELODYNE_NAMES = (ANNOTATED, 'data_depth_velodyne', 'data_depth_annotated', 'gts', '')
# KITTI's archives of depth have two parts; '': many merge them into one.
PARTS = ('train', 'val', '')


class Folders(NamedTuple):
    """Where a KITTI tree has its parts."""
    root: Path
    raw: Path
    annotated: Path
    projected: Path  # of tools/prepare_kitti.py

    @classmethod
    def of(cls, root, raw=None, annotated=None, projected=None):
        """The folders that are found below ``root``, or others where they are named."""
        root = Path(root)
        return cls(root, Path(raw or root / raw_name(root)), Path(annotated or root / annotated_name(root)),
                   Path(projected or root / PROJECTED))

    def day(self, drive):
        """Path: folder of the calibration."""
        return self.raw / drive[:10]

    def images(self, drive, camera):
        """Path: folder of a drive's images."""
        return self.day(drive) / f'{drive}_sync' / f'image_{camera:02d}' / 'data'

    def scans(self, drive):
        """Path: folder of a drive's LiDAR scans."""
        return self.day(drive) / f'{drive}_sync' / 'velodyne_points' / 'data'

    def drives(self):
        """list[str]: every drive of which there is something, in order."""
        places = [self.annotated / part for part in PARTS] + [self.raw / day for day in _names(self.raw)
                                                              if DAY.fullmatch(day)]
        return sorted({match[1] for place in places for match in map(DRIVE_FOLDER.fullmatch, _names(place)) if match})


def raw_name(root):
    """str: name of the folder of days below a root; 'raw' where none is found."""
    return next((name for name in RAW_NAMES if _has_days(os.path.join(root, name))), RAW)


def annotated_name(root, names=ANNOTATED_NAMES):
    """str: name of the folder of depth maps below a root; the first of ``names`` where none is found."""
    found = [name for name in names if _has_depth(os.path.join(root, name))]
    return found[0] if found else names[0]


def velodyne_name(root):
    """str: name of the folder of projected scans below a root: those of tools/prepare_kitti.py before KITTI's own."""
    return PROJECTED if os.path.isdir(os.path.join(root, PROJECTED)) else annotated_name(root, VELODYNE_NAMES)


def is_kitti_tree(root):
    """bool: whether a folder holds KITTI's depth maps or days (with calibration, where they lie in it directly)."""
    raw = raw_name(root)
    folder = os.path.join(root, raw)
    calibrated = raw or any(os.path.isfile(os.path.join(root, day, 'calib_cam_to_cam.txt')) for day in _names(root)
                            if DAY.fullmatch(day))
    unpacked = any(os.path.isdir(os.path.join(root, ANNOTATED, part)) for part in PARTS if part)
    return unpacked or _has_depth(os.path.join(root, annotated_name(root))) or bool(calibrated) and _has_days(folder)


def depth_folders(parent, drive, kind, camera):
    """Where depth maps of a drive may lie.

    Args:
        parent (str | Path): folder of depth maps.
        drive (str): such as '2011_09_26_drive_0001'.
        kind (str): 'groundtruth' or 'velodyne_raw'.
        camera (int): 2 or 3.

    Returns:
        list[str]: folders, in the order in which to look.
    """
    return [os.path.join(parent, part, f'{drive}_sync', 'proj_depth', kind, f'image_{camera:02d}') for part in PARTS]


def frame_of(name, suffixes):
    """int or None: the frame of a file such as '0000000005.png'; its ending may be in upper or lower case."""
    stem, suffix = os.path.splitext(name)
    return int(stem) if len(stem) == 10 and stem.isdecimal() and suffix.lower() in suffixes else None


def list_frames(folder, suffixes):
    """Files of frames in a folder.

    Args:
        folder (str | Path): need not be there.
        suffixes (sequence[str]): endings, in lower case; where a frame has several the first counts.

    Returns:
        dict[int, str]: path of each frame.

    Raises:
        ValueError: if two files have one name and ending, but for upper and lower case.
    """
    found = {}
    for name in sorted(_names(folder)):
        frame = frame_of(name, suffixes)
        if frame is None:
            continue
        rank = suffixes.index(os.path.splitext(name)[1].lower())
        if frame in found and found[frame][0] == rank:
            raise ValueError(f'{folder} holds both {os.path.basename(found[frame][1])} and {name}. Remove one of them.')
        if frame not in found or rank < found[frame][0]:
            found[frame] = rank, os.path.join(folder, name)
    return {frame: path for frame, (_, path) in found.items()}


def list_depth(parent, drive, kind, camera):
    """dict[int, str]: depth PNG of each frame of a drive, see :func:`depth_folders`."""
    found = {}
    for folder in reversed(depth_folders(parent, drive, kind, camera)):
        found.update(list_frames(folder, ('.png', )))
    return found


def _names(folder):
    if os.path.isdir(folder):
        return os.listdir(folder)
    refuse_stand_in(folder)
    return []


def _has_days(folder):
    return any(DAY.fullmatch(name) and os.path.isdir(os.path.join(folder, name)) for name in _names(folder))


def _has_depth(folder):
    places = (os.path.join(folder, part) for part in PARTS)
    return any(DRIVE_FOLDER.fullmatch(name) and os.path.isdir(os.path.join(place, name, 'proj_depth'))
               for place in places for name in _names(place))
