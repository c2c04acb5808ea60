"""The split of SYNTHIA-RAND-CITYSCAPES, which has no official one, and what its depth files hold. Pure."""
from pathlib import Path

from ..atomic_file import write_atomically
from .depth_format import DepthFormat

NUM_FILES = 9400
CENTIMETRES = DepthFormat(scale=100.0, channels=3)
# Neighboring files show the same scene, so the split takes whole blocks of 50 files: one of ten for val and for test.
BLOCK = 50
PARTS = {'val': (8, ), 'test': (9, ), 'train': tuple(range(8))}
MARKER = '# Written by mmdepthcls, tools/prepare_synthia.py'


def part_of(number):
    """The part to which the file of a number belongs.

    Args:
        number (int): of the file, 17 for 0000017.png.

    Returns:
        str: 'train', 'val' or 'test'.
    """
    return next(part for part, blocks in PARTS.items() if number // BLOCK % 10 in blocks)


def write_split_files(root, numbers, depth_folder):
    """Write the split for other programs: train.txt, val.txt and test.txt, 'RGB/0000000.png Depth/Depth/0000000.png'.

    Args:
        root (str | Path): folder RAND_CITYSCAPES.
        numbers (iterable[int]): of the files that have an image and depth.
        depth_folder (str): 'Depth/Depth' or 'Depth'.

    Returns:
        list[Path]: the files.

    Raises:
        FileExistsError: if one of these names is taken by a file that was not written here; then none is written.
    """
    names = {part: [] for part in PARTS}
    for number in sorted(numbers):
        names[part_of(number)].append(f'{number:07d}.png')
    paths = {part: Path(root) / f'{part}.txt' for part in PARTS}
    for path in paths.values():
        if path.exists() and not (path.is_file() and path.read_bytes().startswith(MARKER.encode())):
            raise FileExistsError(f'{path} exists and was not written by this tool (it does not begin with '
                                  f'{MARKER!r}). It is left as it is: move it away first.')
    for part, path in paths.items():
        lines = [f'{MARKER}: {part}, whole blocks of {BLOCK} neighboring files',
                 *(f'RGB/{name} {depth_folder}/{name}' for name in names[part])]
        write_atomically(path, '\n'.join([*lines, '']).encode())
    return list(paths.values())
