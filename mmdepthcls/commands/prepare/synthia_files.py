"""The files of SYNTHIA-RAND-CITYSCAPES as unpacked: what is missing or wrong. Pure.

A path is written from the listed folder on, with '/': 'RGB/0000000.png'.
"""
import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np

from ...datasets.files import depth_png
from ...datasets.files.file_finder import IMAGE_SUFFIXES, is_system_name
from ...datasets.synthia_split import CENTIMETRES, NUM_FILES
from ...parallel import map_parallel
from .synthia_names import TOP, Tree, list_tree, printable

SIZE = (760, 1280)
NAME = re.compile(r'[0-9]{7}\.png')
# Median depth of streets, in metres. Wide: it is to tell centimetres from metres or millimetres.
PLAUSIBLE_MEDIAN = (1.0, 120.0)
UNPACK = 'Unpack the archive again.'


@dataclass
class SynthiaFiles:
    """What :func:`check_files` found."""
    root: Path  # folder that holds RGB and Depth
    depth_folder: str
    images: set  # numbers
    depths: set
    faults: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    @property
    def pairs(self):
        """set[int]: numbers that have both an image and a depth map."""
        return self.images & self.depths


def check_files(root, expected=NUM_FILES, size=SIZE, probe=True, sample=20, workers=None, progress=True):
    """Compare the files below a folder with what the data set should be.

    Args:
        root (str | Path): folder RAND_CITYSCAPES, or the one above it.
        expected (int): how many images there should be: numbers 0 to ``expected - 1``.
        size (tuple[int, int]): expected height and width in pixels.
        probe (bool): look into the files; False: only at their names and whether they are empty.
        sample (int, optional): how many depth maps to decode, spread over the set; None: all.
        workers (int, optional): processes; default: the CPUs this process may use.
        progress (bool): show progress lines on stderr.

    Returns:
        SynthiaFiles: a text for each kind of fault, which names files and remedy; none where
            all is complete and intact.
    """
    tree = list_tree(root)
    broken = [path for path in tree.files if '\\' in path]
    root, tree = _enter_top(Path(root), tree)
    depth_folder = 'Depth/Depth' if 'Depth/Depth' in tree.folders else 'Depth'  # as the dataset decides
    report = SynthiaFiles(root, depth_folder, _numbers_in('RGB', tree), _numbers_in(depth_folder, tree))
    _add(report.faults, 'Names with a backslash', sorted(broken), 'Mend them with --repair.')
    _check_names(report, tree)
    if any(path.startswith(f'{TOP}/') for path in tree.files):
        report.faults.append(f'{root} holds data both directly and in another folder {TOP}: move its content up.')
    if report.images or report.depths or not broken:
        _check_numbers(report, expected)
    paths = [f'{folder}/{number:07d}.png' for folder, numbers in (('RGB', report.images), (depth_folder, report.depths))
             for number in sorted(numbers)]
    _add(report.faults, 'Empty files', [path for path in paths if not tree.files[path]], UNPACK)
    if probe:
        headers = _check_headers(report, [path for path in paths if tree.files[path]], size)
        depths = [path for path in headers if path.startswith('Depth')]
        if sample is not None:
            depths = [depths[index] for index in np.linspace(0, len(depths) - 1, min(sample, len(depths))).astype(int)]
        _check_depths(report, depths, workers, progress)
    return report


def _enter_top(root, tree):
    """The folder RAND_CITYSCAPES and its files, where ``root`` is the folder above it."""
    prefix = f'{TOP}/'
    if TOP not in tree.folders or any(path.startswith(('RGB/', 'Depth/')) for path in tree.files):
        return root, tree

    def below(paths):
        return [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]

    files = {path: tree.files[prefix + path] for path in below(tree.files)}
    return root / TOP, Tree(files, frozenset(below(tree.folders)), frozenset(below(tree.links)))


def _numbers_in(folder, tree):
    names = (path.rpartition('/') for path in tree.files)
    return {int(name[:7]) for parent, _, name in names if parent == folder and NAME.fullmatch(name)}


def _check_names(report, tree):
    """Files beside those that have a number."""
    others = sorted(
        path for path in tree.files if path.startswith(('RGB/', 'Depth/')) and '\\' not in path
        and not (path.rpartition('/')[0] in ('RGB', report.depth_folder) and NAME.fullmatch(path.rpartition('/')[2])))
    images = [path for path in others if path.lower().endswith(IMAGE_SUFFIXES)
              and not any(map(is_system_name, path.split('/')))]
    _add(report.faults, 'Images with unexpected names', images,
         f'Expected RGB/0000000.png and {report.depth_folder}/0000000.png: move them out of these folders.')
    _add(report.notes, 'Other files, ignored', sorted(set(others) - set(images)))


def _check_numbers(report, expected):
    """Which of the expected numbers are there."""
    wanted = set(range(expected))
    if report.depths and not report.images:
        report.faults.append(f'No image in {report.root / "RGB"}: this archive holds only Depth. Also unpack the one '
                             'that holds RGB, into the same folder.')
    elif report.images and not report.depths:
        report.faults.append(f'No depth map in {report.root / report.depth_folder}: this archive holds only RGB. Also '
                             'unpack the one that holds Depth, into the same folder.')
    elif not report.images:
        report.faults.append(f'{report.root} holds neither RGB/0000000.png nor Depth/Depth/0000000.png. Give the '
                             f'folder {TOP} that holds RGB and Depth.')
        return
    else:
        _add_numbers(report, 'Images without depth', report.images - report.depths)
        _add_numbers(report, 'Depth maps without image', report.depths - report.images)
    for folder, numbers in (('RGB', report.images), (report.depth_folder, report.depths)):
        if numbers:
            _add_numbers(report, f'Missing from {folder}', wanted - numbers, UNPACK)
            _add_numbers(report, f'Numbers in {folder} that do not belong to {expected} files', numbers - wanted,
                         'Move them away, or give --expected.')


def _check_headers(report, paths, size):
    """Headers of the files that can be used: path -> PNGHeader."""
    with ThreadPoolExecutor(8) as pool:  # they wait for the disk
        results = dict(zip(paths, pool.map(partial(_result_or_error, _probe, report.root), paths), strict=True))
    _add(report.faults, 'Unusable files', [result for _, result in sorted(results.items()) if isinstance(result, str)])
    headers = {path: results[path] for path in paths if not isinstance(results[path], str)}
    sizes = {path: (header.height, header.width) for path, header in headers.items()}
    if not sizes:
        return headers
    usual = Counter(sizes.values()).most_common(1)[0][0]
    if usual != tuple(size):
        report.faults.append(f'The files have {usual[0]} x {usual[1]} pixels, expected {size[0]} x {size[1]}. Is this '
                             'a resized copy? Use the original files: interpolated depth is wrong at edges.')
    _add(report.faults, f'Files of another size than {usual[0]} x {usual[1]}',
         [f'{path} ({found[0]} x {found[1]})' for path, found in sizes.items() if found != usual], UNPACK)
    sizes_of_pairs = {number: {sizes.get(f'{folder}/{number:07d}.png') for folder in ('RGB', report.depth_folder)}
                      for number in report.pairs}
    _add_numbers(report, 'Image and depth of different size',
                 {number for number, pair in sizes_of_pairs.items() if len(pair - {None}) > 1}, UNPACK)
    return headers


def _probe(path):
    header = depth_png.probe(path)
    if Path(path).parent.name == 'Depth':
        depth_png.check_depth_header(header, path, CENTIMETRES)
    return header


def _check_depths(report, paths, workers, progress):
    """Decode depth maps."""
    if not paths:
        return
    results = dict(map_parallel(partial(_result_or_error, _median_depth, report.root), paths, title='Depth maps',
                                workers=workers, progress=progress))
    _add(report.faults, 'Unusable depth maps', [text for _, text in sorted(results.items()) if isinstance(text, str)])
    medians = [median for median in results.values() if not isinstance(median, str)]
    if medians:
        median = float(np.median(medians))
        report.notes.append(f'{len(paths)} depth maps decoded, median depth {median:.1f} m')
        if not PLAUSIBLE_MEDIAN[0] <= median <= PLAUSIBLE_MEDIAN[1]:
            report.faults.append(f'The median depth is {median:.3g} m if the unit is the centimetre, as it should be. '
                                 'That is no street: is this another or a converted set?')


def _median_depth(path):
    """float: median in metres of what is neither empty nor saturated (the sky)."""
    units = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if units is None:
        raise depth_png.DepthFileError(f'{path}: the PNG is damaged and cannot be decoded. {UNPACK}')
    if (units != units[..., :1]).any():
        raise depth_png.DepthFileError(f'{path}: the three channels differ, so these are no plain centimetres. Other '
                                       'SYNTHIA sets write depth otherwise: use RAND_CITYSCAPES.')
    measured = units[..., 0][(units[..., 0] > 0) & (units[..., 0] < 65535)]
    if not measured.size:
        raise depth_png.DepthFileError(f'{path}: every pixel is 0 or 65 535, so there is no depth. {UNPACK}')
    return float(np.median(measured)) / 100


def _result_or_error(function, root, path):
    """``function``'s result for a file; for one that cannot be used the error's text."""
    try:
        return function(os.path.join(root, path))
    except (depth_png.DepthFileError, OSError) as error:
        return str(error)


def _add(entries, title, items, remedy='', limit=5):
    """Append a text that names the first items, if there is any."""
    if items:
        lines = [f'{title} ({len(items)}). {remedy}'.rstrip(), *map(printable, items[:limit])]
        if len(items) > limit:
            lines.append(f'and {len(items) - limit} more')
        entries.append('\n    '.join(lines))


def _add_numbers(report, title, numbers, remedy=''):
    if numbers:
        report.faults.append(f'{title} ({len(numbers)}): {number_ranges(numbers)}. {remedy}'.rstrip())


def number_ranges(numbers, limit=10):
    """Numbers for people.

    >>> number_ranges({7, 1, 2, 3, 9})
    '1-3, 7, 9'
    """
    runs = [[number for _, number in run]
            for _, run in groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0])]
    texts = [f'{run[0]}-{run[-1]}' if len(run) > 1 else str(run[0]) for run in runs[:limit]]
    return ', '.join(texts) + (f' and {len(runs) - limit} more ranges' if len(runs) > limit else '')
