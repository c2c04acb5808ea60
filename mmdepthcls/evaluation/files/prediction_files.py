"""Predicted depth as files: named, written, found again and read. Pure."""
import os
import re
from collections import defaultdict
from functools import partial
from pathlib import Path, PurePath, PurePosixPath

import numpy as np

from ...atomic_file import write_atomically
from ...datasets.depth_file import SUFFIXES, DepthFormat, read_values
from ...datasets.files.depth_png import encode_depth_png
from ...datasets.files.file_finder import check_usable, composed, find_files
from ...datasets.kitti_layout import CAMERA_FOLDER, DRIVE
from ..errors import is_good

# drive / camera / data / frame: enough of KITTI's path to tell any two frames apart.
NAME_PARTS = 4
NAMED_DRIVE = re.compile(rf'({DRIVE.pattern})(?!\d)(?:_sync|_extract)?')
NAMED_CAMERA = re.compile(rf'{CAMERA_FOLDER.pattern}(?!\d)')
FRAME_DIGITS = 10


def prediction_name(img_path):
    """Name of an image's prediction: the last folders of the image's path, as .png, so that names stay apart.

    Args:
        img_path (str): the image.

    Returns:
        str: relative path with '/'; it never leads out of the folder that it is put into.

    Raises:
        ValueError: if nothing of the path can be a name.

    >>> prediction_name('data/raw/2011_09_26/2011_09_26_drive_0002_sync/image_02/data/0000000069.jpg')
    '2011_09_26_drive_0002_sync/image_02/data/0000000069.png'
    """
    path = PurePath(img_path)
    # Neither the root nor '..' may lead out of the folder.
    parts = [part for part in path.parts if part not in (path.anchor, os.pardir)][-NAME_PARTS:]
    if not parts or path.name == os.pardir:
        raise ValueError(f'the image path {str(img_path)!r} has no file name, so that its prediction has none either')
    return '/'.join([*parts[:-1], PurePath(parts[-1]).with_suffix('.png').name])


class PredictionWriter:
    """Writes predictions as 16-bit PNGs (metres * 256) into a folder, one file an image.

    Args:
        folder (str | Path): is made where it is not there.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self._written = {}

    def write(self, pred, img_path):
        """Write one prediction; the file appears whole.

        Args:
            pred (ndarray): (H, W) metres. At least 1 is stored where there is depth, and 65 535 for all from 255.998 m.
                Bad predictions (NaN, infinite, zero, negative) become 0, which is "not predicted".
            img_path (str): the image, see :func:`prediction_name`. The same image may come again.

        Returns:
            Path: the file.

        Raises:
            ValueError: if another image has had the same name.
        """
        path = self.folder / prediction_name(img_path)
        other = self._written.setdefault(os.path.normcase(path), img_path)
        if other != img_path:
            raise ValueError(f'predictions for {img_path} and {other} would both be written to {path}. Write those of '
                             'the two datasets into separate folders.')
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, encode_depth_png(np.where(is_good(pred), pred, 0)))
        return path


def read_prediction(path, depth_format=None):
    """The depth that a file holds, bad values and all: whoever scores it counts them.

    Args:
        path (str | Path): .png, .npy, .npz, .tiff or .exr.
        depth_format (DepthFormat, optional): what the numbers mean. Default: metres * 256 in whole numbers, metres in
            floating point.

    Returns:
        ndarray: (H, W) float32 or float64 metres; NaN, infinite and negative values stay what they are.

    Raises:
        DepthFileError: (a ValueError) for anything but an intact file; names it.
    """
    depth_format = depth_format or DepthFormat()
    return depth_format.predicted_metres(read_values(Path(path).read_bytes(), str(path), depth_format))


def find_predictions(folder, mask=None):
    """Every depth file below a folder.

    Args:
        folder (str | Path)
        mask (str, optional): files whose names have it before the ending are masks of others, see
            :class:`DepthFormat`, and no depth.

    Returns:
        list[str]: paths below it, with '/', in order, see :func:`mmdepthcls.datasets.files.file_finder.find_files`.

    Raises:
        FileNotFoundError: if there is no such folder, or no depth file in it, or a link in it leads nowhere.
    """
    if not os.path.isdir(folder):
        raise FileNotFoundError(f'{folder}: there is no such folder')
    found = find_files(folder, SUFFIXES)
    check_usable(folder, found)
    if not found.names:
        others = ', '.join(f'{len(names)} {end or "without ending"}' for end, names in sorted(found.others.items()))
        raise FileNotFoundError(f'{folder} holds no depth file ({", ".join(SUFFIXES)}); it holds {others or "nothing"}'
                                f'{". Save depth as .npy (H, W)" if others else ""}')
    return [name for name in found.names if mask is None or not os.path.splitext(name)[0].endswith(mask)]


def frame_of_name(name):
    """The KITTI frame that a file's name tells of: drive and frame number, or None.

    >>> frame_of_name('2011_09_26_drive_0002_sync/image_02/data/0000000069.png')
    ('2011_09_26_drive_0002', 69)
    >>> frame_of_name('raw/2011_09_26_drive_0002_sync_0000000069.png')
    ('2011_09_26_drive_0002', 69)
    """
    drives = list(NAMED_DRIVE.finditer(name))
    if not drives or len({drive[1] for drive in drives}) > 1:
        return None
    rest = NAMED_CAMERA.sub('', os.path.splitext(name[drives[-1].end():])[0])
    numbers = re.findall(r'\d+', rest)
    # Either the only number, or the only one that is as long as KITTI's.
    numbers = numbers if len(numbers) == 1 else [number for number in numbers if len(number) == FRAME_DIGITS]
    return (drives[-1][1], int(numbers[0])) if len(numbers) == 1 and len(numbers[0]) <= FRAME_DIGITS else None


def camera_of_name(name):
    """int or None: the KITTI camera that a file's name tells of, 'image_02' or 'image_03'.

    >>> camera_of_name('2011_09_26_drive_0002_sync_image_0000000008_image_02.png')
    2
    """
    cameras = {int(camera) for camera in NAMED_CAMERA.findall(name)}
    return cameras.pop() if len(cameras) == 1 else None


def match_predictions(files, names):
    """Which prediction belongs to which frame.

    By KITTI's drive, camera and frame where the names tell them; where no name does, by the path without its ending;
    where no path agrees, by those of its folders that the other side has too (``x/a/rgb/0`` is ``a/depth/0``), or by
    the whole path with another sign between its parts (``a_0``). All are matched in the same way.

    Args:
        files (list[str]): predictions, see :func:`find_predictions`.
        names (list[str]): paths of images or ground truths, with '/'.

    Returns:
        dict[str, str]: name -> file, for the names that have one.

    Raises:
        ValueError: if two files belong to one name, or one to two; names them.

    >>> match_predictions(['2011_09_26_drive_0002_sync_0000000069.npy', 'x.png'],
    ...                   ['2011_09_26_drive_0002_sync/image_02/data/0000000069.png'])
    {'2011_09_26_drive_0002_sync/image_02/data/0000000069.png': '2011_09_26_drive_0002_sync_0000000069.npy'}
    """
    for key_of in (frame_of_name, _path_key, partial(_shared_key, _folders(files) & _folders(names)), _stem_key,
                   _joined_key):
        found = _match(files, names, key_of)
        if found:
            return found
    return {}


def _path_key(name):
    return composed(os.path.splitext(name)[0])


def _folders(names):
    return {folder for name in names for folder in PurePosixPath(composed(name)).parts[:-1]}


def _shared_key(shared, name):
    """A name in those of its folders that both sides know; None where there are none."""
    path = PurePosixPath(composed(name))
    folders = tuple(folder for folder in path.parts[:-1] if folder in shared)
    return (*folders, path.stem) if folders else None


def _joined_key(name):
    return re.sub(r'[/_\- ]+', '_', _path_key(name))


def _stem_key(name):
    return composed(PurePosixPath(name).stem)


def _match(files, names, key_of):
    groups, found, owners = defaultdict(list), {}, {}
    for file in files:
        groups[key_of(file)].append(file)
    groups.pop(None, None)
    for name in names:
        candidates = [file for file in groups.get(key_of(name), ()) if _agree(file, name)]
        if len(candidates) > 1:
            raise ValueError(f'both {candidates[0]} and {candidates[1]} may be the prediction for {name}. Leave one of '
                             'them, or keep folders in the names.')
        if candidates:
            other = owners.setdefault(candidates[0], name)
            if other != name:
                raise ValueError(f'the prediction {candidates[0]} may be for {other} and for {name}. Keep folders (for '
                                 'KITTI drive, camera and frame) in the names of predictions.')
            found[name] = candidates[0]
    return found


def _agree(file, name):
    """Whether what two names tell of KITTI does not contradict; a name that tells nothing agrees with all."""
    return all(None in (told := (tell(file), tell(name))) or told[0] == told[1]
               for tell in (frame_of_name, camera_of_name))
