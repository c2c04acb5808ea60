"""What can be seen of the pictures to predict before a model is loaded. Pure."""
import os

from ...apis.picture_file import PICTURE_SUFFIXES
from ...apis.picture_source import PictureSources
from ...camera import is_plausible
from ...count_text import counted, some_of
from ...datasets.files import depth_png
from ...datasets.files.image_header import probe_image
from ..running.program import UsageError

LOOKED_AT = 16  # pictures, whose sizes are compared with a focal length
DEPTH_BITS, DEPTH_CHANNELS = 16, 1


def check_names(inputs, list_root=None):
    """Refuse what does not exist.

    Args:
        inputs (list[str]): as they are given.
        list_root (str, optional): where lists begin.

    Raises:
        UsageError: names it, and what lies in its place.
    """
    for path in inputs:
        if not os.path.exists(os.path.expanduser(path)):
            try:
                PictureSources(path, list_root=list_root)
            except FileNotFoundError as error:
                raise UsageError(str(error)) from error


def check_focal(focal_px, inputs, list_root=None):
    """Refuse a focal length that no picture of those that were looked at can have.

    Args:
        focal_px (float): of all pictures.
        inputs (list[str]): as they are given; what is wrong with them is said elsewhere.
        list_root (str, optional): where lists begin.

    Raises:
        UsageError: names it, and a picture with its size.
    """
    shapes = {}
    try:
        paths = PictureSources(inputs, list_root=list_root).paths()
    except (OSError, ValueError):
        return
    pictures = [path for path in paths if path.lower().endswith(PICTURE_SUFFIXES)]
    for path in pictures[:LOOKED_AT]:
        try:
            shapes[path] = probe_image(path).shape()
        except (OSError, ValueError):  # it is named when it is its turn
            continue
    if shapes and not any(is_plausible(focal_px, *shape) for shape in shapes.values()):
        path, (height, width) = next(iter(shapes.items()))
        raise UsageError(f'--focal-px {focal_px:g} cannot be the focal length of {path}, which has {width} x {height} '
                         'pixels: it is counted in pixels of the picture, not in mm or in widths. --fov DEG says it as '
                         'an angle')


def depth_remark(paths):
    """str: of pictures that are stored as depth maps are; '' where there is none.

    Args:
        paths (list[str]): of pictures.
    """
    found = [path for path in paths if path.lower().endswith('.png') and _is_like_depth(path)]
    if not found:
        return ''
    words = ('is a PNG', 'a gray photograph') if len(found) == 1 else ('are PNGs', 'gray photographs')
    return (f'Note: {len(found)} of {counted(len(paths), "picture")} ({some_of(found, 2)}) {words[0]} of 16 bits and '
            f'one channel, as depth maps are stored, and predicted as {words[1]}')


def _is_like_depth(path):
    try:
        with open(path, 'rb') as file:
            header = depth_png.read_header(file.read(depth_png.HEADER_BYTES), path)
    except (OSError, ValueError):  # it is named when it is its turn
        return False
    return (header.bit_depth, header.channels) == (DEPTH_BITS, DEPTH_CHANNELS)
