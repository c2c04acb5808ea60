"""The folders of own images and depth: whether they are there, and which are meant. Pure, and quick to import."""
import os
import shlex
from pathlib import Path, PurePosixPath

from ...datasets.depth_file import SUFFIXES, DepthFormat, probe_depth
from ...datasets.files.file_finder import IMAGE_SUFFIXES, find_files, why_missing
from ...datasets.files.image_header import probe_image
from .named_pairs import pair_by_word

LOOKED_AT = 20  # pairs, for which folder holds images and which depth
USUAL_FOLDERS = ('image', 'depth')


def check_root(root):
    """Refuse a folder of data that is none.

    Raises:
        FileNotFoundError
    """
    if not os.path.isdir(root):
        raise FileNotFoundError(f'--data-root {root} is no folder')


def check_folders(root, folders):
    """Refuse folders that are not there, with the options that say which are meant.

    Args:
        root (str or Path): which they are in.
        folders (tuple[str, str]): of images and of depth.

    Raises:
        FileNotFoundError
    """
    root = Path(root)
    # What is there and no folder, such as a link that leads nowhere, the dataset explains.
    missing = next((path for path in (root / folder for folder in folders) if not path.is_dir()), None)
    if missing is None or os.path.lexists(missing):
        return
    there = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith('.'))
    options = ' '.join(f'{option} {shlex.quote(name)}' for option, name in zip(
        ('--images', '--depth'), _folders_by_content(root, there) or ('FOLDER', 'FOLDER'), strict=True))
    raise FileNotFoundError(f'{missing} does not exist. {why_missing(str(missing))} Say which folders hold the '
                            f'images and the depth: {options}')


def _folders_by_content(root, names):
    """tuple[str, str] or None: which of two folders holds the images, and which the depth, where files tell."""
    if len(names) != 2:
        return None
    orders = [order for order in (tuple(names), tuple(names[::-1]))
              if any(_is_pair(*pair) for pair in _first_pairs(*(root / name for name in order)))]
    return orders[0] if len(orders) == 1 else None


def _first_pairs(images, depths):
    """(image, depth) of equal names, of the first images; where no name is equal, of those that differ by a word."""
    names, found = (find_files(str(folder), endings).names
                    for folder, endings in ((images, IMAGE_SUFFIXES), (depths, SUFFIXES)))
    of_stem = {str(PurePosixPath(name).with_suffix('')): name for name in found}
    depth_of = {name: of_stem[stem] for name in names if (stem := str(PurePosixPath(name).with_suffix(''))) in of_stem}
    for name, depth in list((depth_of or pair_by_word(names, found).depth_of).items())[:LOOKED_AT]:
        yield images / name, depths / depth


def _is_pair(image, depth):
    """Whether a file is depth, and the other a picture."""
    try:
        probe_depth(str(depth), DepthFormat())
        probe_image(str(image))
    except (OSError, ValueError):
        return False
    return True
