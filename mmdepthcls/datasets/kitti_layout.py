"""Where a KITTI tree has its files, in the layouts that people make of KITTI's archives. Pure."""
import os
import re
from pathlib import Path
from typing import NamedTuple

from .files.file_finder import refuse_stand_in

DAY = re.compile(r'\d{4}_\d\d_\d\d')
DRIVE = re.compile(rf'{DAY.pattern}_drive_\d{{4}}')
DRIVE_FOLDER = re.compile(rf'({DRIVE.pattern})_sync')
CAMERA_FOLDER = re.compile(r'image_0([0-3])')
SCAN_FOLDER, DEPTH_FOLDER = 'velodyne_points', 'proj_depth'
_IMAGE_PATH = re.compile(rf'(?:(.*)[/\\])?{DRIVE_FOLDER.pattern}[/\\]{CAMERA_FOLDER.pattern}[/\\]data[/\\]'
                         r'(\d{1,10})\.(?:png|jpe?g)', re.IGNORECASE)
# Below the root; '' is the root itself. BTS and its followers keep days and data_depth_annotated side by side.
RAW, ANNOTATED, PROJECTED = 'raw', 'annotated', 'projected'
RAW_NAMES = (RAW, 'kitti_raw', 'raw_data', '')
ANNOTATED_NAMES = (ANNOTATED, 'data_depth_annotated', 'gts', '')
VELODYNE_NAMES = (ANNOTATED, 'data_depth_velodyne', 'data_depth_annotated', 'gts', '')
# Frames that have no scan in KITTI's own download either. Eigen's lists do not use them.
UNSCANNED = {'2011_09_26_drive_0009': range(177, 181)}
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
        return self.raw / day_of(drive)

    def images(self, drive, camera):
        """Path: folder of a drive's images."""
        return Path(image_folder(self.day(drive), drive, camera))

    def scans(self, drive):
        """Path: folder of a drive's LiDAR scans."""
        return Path(scan_folder(self.day(drive), drive))

    def drives(self):
        """list[str]: every drive of which there is something, in order."""
        places = [self.annotated / part for part in PARTS] + [self.raw / day for day in _names(self.raw)
                                                              if DAY.fullmatch(day)]
        return sorted({match[1] for place in places for match in map(DRIVE_FOLDER.fullmatch, _names(place)) if match})


class ImagePlace(NamedTuple):
    """What the path of an image says: folder of its day ('' where the path begins later), drive, camera, frame."""
    day: str
    drive: str
    camera: int
    frame: int


def place_of_image(path):
    """ImagePlace or None: of an image's path in KITTI's folders, of any system.

    >>> place_of_image('raw/2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000005.png')
    ImagePlace(day='raw/2011_09_26', drive='2011_09_26_drive_0001', camera=2, frame=5)
    """
    match = _IMAGE_PATH.fullmatch(path)
    return match and ImagePlace(match[1] or '', match[2], int(match[3]), int(match[4]))


def day_of(drive):
    """str: the recording day of a drive, which is the name of the folder of its calibration."""
    return drive[:10]


def drive_folder(drive):
    """str: name of a drive's folder."""
    return f'{drive}_sync'


def camera_folder(camera):
    """str: name of a camera's folder."""
    return f'image_{camera:02d}'


def frame_stem(frame):
    """str: name of a frame's files, without their ending."""
    return f'{frame:010d}'


def image_name(drive, camera, frame):
    """str: path of an image below its day, with '/', as a PNG."""
    return f'{drive_folder(drive)}/{camera_folder(camera)}/data/{frame_stem(frame)}.png'


def image_folder(day, drive, camera):
    """str: folder of a drive's images below that of its day."""
    return os.path.join(day, drive_folder(drive), camera_folder(camera), 'data')


def scan_folder(day, drive):
    """str: folder of a drive's LiDAR scans below that of its day."""
    return os.path.join(day, drive_folder(drive), SCAN_FOLDER, 'data')


def calibration_files(day):
    """tuple[str, str]: files of a day that calibrate the cameras, and the LiDAR to them."""
    return os.path.join(day, 'calib_cam_to_cam.txt'), os.path.join(day, 'calib_velo_to_cam.txt')


def raw_name(root):
    """str: name of the folder of days below a root, in upper or lower case; 'raw' where none is found."""
    return next((name for name in _spelled(root, RAW_NAMES) if _has_days(os.path.join(root, name))), RAW)


def annotated_name(root, names=ANNOTATED_NAMES):
    """str: name of the folder of depth maps below a root, in upper or lower case; the first of ``names`` where none is
    found."""
    found = [name for name in _spelled(root, names) if _has_depth(os.path.join(root, name))]
    return found[0] if found else names[0]


def velodyne_name(root):
    """str: name of the folder of projected scans below a root: those of tools/prepare_kitti.py before KITTI's own."""
    return PROJECTED if os.path.isdir(os.path.join(root, PROJECTED)) else annotated_name(root, VELODYNE_NAMES)


def is_kitti_tree(root):
    """bool: whether a folder holds KITTI's depth maps or days (with calibration, where they lie in it directly)."""
    raw = raw_name(root)
    folder = os.path.join(root, raw)
    calibrated = raw or any(os.path.isfile(calibration_files(os.path.join(root, day))[0]) for day in _names(root)
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
    below = os.path.join(drive_folder(drive), DEPTH_FOLDER, kind, camera_folder(camera))
    return [os.path.join(parent, part, below) for part in PARTS]


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


def _spelled(root, names):
    """Names of folders as they are on disk, where only their upper and lower case differ."""
    there = {name.lower(): name for name in _names(root)}
    return [name if os.path.exists(os.path.join(root, name)) else there.get(name, name) for name in names]


def _has_days(folder):
    return any(DAY.fullmatch(name) and os.path.isdir(os.path.join(folder, name)) for name in _names(folder))


def _has_depth(folder):
    places = (os.path.join(folder, part) for part in PARTS)
    return any(DRIVE_FOLDER.fullmatch(name) and os.path.isdir(os.path.join(place, name, DEPTH_FOLDER))
               for place in places for name in _names(place))
