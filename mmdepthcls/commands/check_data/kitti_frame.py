"""What else KITTI has of a frame, and whether two depth maps of one frame agree. Pure."""
import os
from functools import cache

import numpy as np

from ...datasets.eigen import eigen_split
from ...datasets.kitti_layout import DRIVE, calibration_files, depth_folders, frame_stem, place_of_image, scan_folder
from .finding import error, warning

KINDS = ('groundtruth', 'velodyne_raw')
CLOSE = 0.05  # relative difference of two measurements that agree
# On a real frame 98 to 99 % agree; with the depth of camera 3 84 %, moved by 16 pixels 84 %, of another frame < 70 %.
DOUBTFUL, WRONG = 0.9, 0.8
LEAST_SHARED = 200  # pixels


def drive_of(path):
    """str or None: the KITTI drive in a path."""
    match = DRIVE.search(path)
    return match and match[0]


def is_annotated(image_path):
    """bool: whether KITTI is known to have annotated depth of an image's frame (all of the Eigen split is known)."""
    place = place_of_image(image_path)
    return place is not None and (place.drive, place.frame) in _annotated_frames()


@cache
def _annotated_frames():
    return frozenset(frame for split in ('train_annotated', 'test_annotated') for frame in eigen_split(split))


def scan_of(image_path):
    """The scan of an image's frame with its calibration, as a sample of ``LoadVelodyneDepth``, where all exist."""
    place = place_of_image(image_path)
    if place is None:
        return None
    scan = os.path.join(scan_folder(place.day, place.drive), f'{frame_stem(place.frame)}.bin')
    if not all(map(os.path.isfile, (scan, *calibration_files(place.day)))):
        return None
    return dict(velodyne_path=scan, calibration_folder=place.day, camera=place.camera)


def depth_maps_of(image_path, depth_root):
    """Depth PNGs of an image's frame below KITTI's folder of depth, those that exist.

    Returns:
        list[str]: annotated first.
    """
    place = place_of_image(image_path)
    if place is None or not depth_root:
        return []
    paths = [os.path.join(folder, f'{frame_stem(place.frame)}.png') for kind in KINDS
             for folder in depth_folders(depth_root, place.drive, kind, place.camera)]
    return [path for path in paths if os.path.isfile(path)]


def disagreement(depth, path, other, other_path):
    """Findings about two depth maps (H, W) m of one frame that should show the same."""
    if depth.shape != other.shape:
        return []
    both = (depth > 0) & (other > 0)
    shared, least = int(both.sum()), min(np.count_nonzero(depth), np.count_nonzero(other))
    if least < LEAST_SHARED:
        return []
    remedy = f'One of the two is of another frame, camera or unit, moved or mirrored. Other file: {other_path}'
    if shared < LEAST_SHARED or shared < 0.03 * least:
        return [error('depth disagrees with another file', path, f'it shares only {shared} pixels with '
                      f'{os.path.basename(other_path)}', remedy)]
    ratio = depth[both].astype(np.float64) / other[both]
    agreeing = float((np.abs(ratio - 1) < CLOSE).mean())
    if agreeing >= DOUBTFUL:
        return []
    factor = np.median(ratio)
    constant = (np.abs(ratio / factor - 1) < CLOSE).mean() > 0.8
    seen = (f'{agreeing:.0%} of {shared} shared pixels are within {CLOSE:.0%} of {os.path.basename(other_path)}, '
            'expected about 98 %')
    if constant and abs(factor - 1) > CLOSE:
        seen += f'; all depths are {factor:.3g} times too large: another unit?'
    level = error if agreeing < WRONG else warning
    return [level('depth disagrees with another file', path, seen, remedy)]
