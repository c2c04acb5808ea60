"""Anybody's images and depth as the data of a config: two folders below one, and the lists that split them."""
import os
import re
import tempfile
from collections import Counter
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from ...atomic_file import write_atomically
from ...count_text import some_of
from ...datasets.depth_file import SUFFIXES, DepthFormat
from ...datasets.depth_folder_dataset import DepthFolderDataset
from ...datasets.exchanged_pair import find_exchanged
from ...datasets.files.file_finder import find_files
from ...datasets.files.image_header import probe_image
from ...datasets.split_file import read_split_file
from .depth_data import DATA
from .depth_in_bins import check_range, first_values
from .named_pairs import pair_by_word
from .own_folders import LOOKED_AT, USUAL_FOLDERS, check_folders, check_root

LISTS = {'train': 'train.txt', 'val': 'val.txt', 'test': 'test.txt'}
# Folders of images that say which part they are, where somebody has split them already.
PART_NAMES = {'train': 'train', 'training': 'train', 'val': 'val', 'valid': 'val', 'validation': 'val', 'test': 'test',
              'testing': 'test'}
SIZES_NAMED = 3
KEYS = ('img_path', 'depth_map_path')
EVERY = 10  # of so many samples one is for validation and one for testing
LINE = "one sample a line, 'IMAGE DEPTH', relative to that folder"


class OwnData:
    """Images and depth below one folder.

    Args:
        root (str | Path): the folder.
        images, depths (str): folders below it with equal names of files.
        scale (float, optional): stored units per metre; None: see ``DepthFormat``.

    Raises:
        FileNotFoundError: if there is no such folder.
    """

    def __init__(self, root, images=USUAL_FOLDERS[0], depths=USUAL_FOLDERS[1], scale=None):
        self.root, self.folders, self.scale = Path(root), (images, depths), scale
        self.remarks = []  # what to know of the data, a line each
        self._values = {}
        check_root(root)

    @property
    def lists(self):
        """dict[str, str]: the list of each part that is there; test is val's where there is none."""
        there = {part: name for part, name in LISTS.items() if (self.root / name).is_file()}
        if {'train', 'val'} <= set(there):
            there.setdefault('test', there['val'])
        return there

    def make_lists(self, force=False):
        """Lists of the pairs in the two folders, to be written by :meth:`write`.

        Args:
            force (bool): even where there are lists.

        Returns:
            dict[str, str]: content by name of the file.

        Raises:
            FileExistsError: if there is one and ``force`` is not given.
            ValueError: if there are fewer than three pairs; FileNotFoundError: if there is no such folder.
        """
        present = [name for name in LISTS.values() if (self.root / name).exists()]
        if present and not force:
            raise FileExistsError(f'{self.root / present[0]} exists: leave out --make-split to use the lists that are '
                                  'there, or give --force to overwrite them')
        return {LISTS[part]: list_text(pairs) for part, pairs in split_pairs(self._pairs).items()}

    @cached_property
    def _pairs(self):
        """(image, depth) below the root, of all images that have a depth."""
        check_folders(self.root, self.folders)
        samples = self._samples(data_prefix=dict(zip(KEYS, self.folders, strict=True)))
        found = [sample for sample in samples if os.path.isfile(sample['depth_map_path'])]
        self._refuse_exchanged(found or samples, 'Exchange --images and --depth')
        if not found:
            found = self._pairs_by_word([sample['img_path'] for sample in samples])
            self._refuse_exchanged(found, 'Exchange --images and --depth')
        if len(found) < len(samples):
            paired = {sample['img_path'] for sample in found}
            alone = next(sample['img_path'] for sample in samples if sample['img_path'] not in paired)
            self.remarks.append(f'{len(samples) - len(found)} of {len(samples)} images have no depth of their name and '
                                f'are left out, the first is {alone}')
        return [tuple(Path(os.path.relpath(sample[key], self.root)).as_posix() for key in KEYS) for sample in found]

    def _pairs_by_word(self, paths):
        """Samples of images whose depth has their name but for one word, the same in all, with a remark of it."""
        images, depths = (self.root / folder for folder in self.folders)
        names = [Path(os.path.relpath(path, images)).as_posix() for path in paths]
        pairs = pair_by_word(names, find_files(str(depths), SUFFIXES).names)
        if not pairs.depth_of:
            raise ValueError(
                f'no image in {images} has a depth map of its name in {depths}, nor of its name and one word that is '
                f'the same in all {pairs.why}: give other folders with --images and --depth, rename the files, or '
                f'write {LISTS["train"]} and {LISTS["val"]} into {self.root} yourself ({LINE})')
        self.remarks.append(pairs.remark)
        return [{KEYS[0]: path, KEYS[1]: str(depths / pairs.depth_of[name])}
                for path, name in zip(paths, names, strict=True) if name in pairs.depth_of]

    def _refuse_exchanged(self, samples, remedy):
        """Raise where one of the first samples has its image and its depth in each other's place."""
        for sample in samples[:LOOKED_AT]:
            pair = find_exchanged(sample['img_path'], sample.get('depth_map_path'), DepthFormat())
            if pair is not None:
                raise ValueError(pair.message(remedy))

    def _samples(self, **arguments):
        return DepthFolderDataset(data_root=str(self.root), pipeline=[], verify=False, lazy_init=True,
                                  **arguments).list_samples()

    def write(self, lists):
        """Write what :meth:`make_lists` gave."""
        for name, text in lists.items():
            write_atomically(self.root / name, text.encode())

    def data(self, made=()):
        """DepthData of a config.

        Args:
            made (iterable[str]): names of lists that will be written.

        Raises:
            FileNotFoundError: if there are no lists for training and validation.
        """
        lists = {part: name for part, name in LISTS.items() if name in made} or self.lists
        if not {'train', 'val'} <= set(lists):
            images, depths = self.folders
            raise FileNotFoundError(
                f'{self.root} holds no {LISTS["train"]} and {LISTS["val"]} ({LINE}): write them, or give --make-split '
                f'to make them from the folders {images} and {depths} (--images, --depth)')
        lists.setdefault('test', lists['val'])
        scale = self.scale or self._usual_scale(bool(made))
        depth_format = f', depth_format=dict(scale={float(scale)})' if scale else ''
        return replace(
            DATA['folder'].in_folder(self.root), dataset=DATA['folder'].dataset + depth_format,
            splits=tuple(f'ann_file={lists[part]!r}' for part in LISTS),
            needs=f'It holds {", ".join(dict.fromkeys(lists.values()))}, and the files that they name.')

    def _usual_scale(self, made):
        """float or None: stored units per metre that are usual for such numbers as the first depth map holds, with a
        remark of what it is then; None where it cannot be read, which the trial says."""
        if not (first := self._first_values(made)):
            return None
        path, values = next(iter(first.items()))
        depth, scale = DepthFormat().metres(values), DepthFormat().scale_of(values)
        measured = depth[depth > 0]
        if measured.size:
            self.remarks.append(
                f'{path} is read as metres{"" if scale == 1 else f" * {scale:g}"}, since no --depth-scale is given: '
                f'{measured.min():.3g} to {measured.max():.3g} m. 1000 is for millimetres')
        return scale

    def check_range(self, limits, made=False):
        """Refuse or remark depth that nearly all lies outside of the bins, see :func:`.depth_in_bins.check_range`.

        Args:
            limits (tuple[float, float]): first and last edge of the bins, m.
            made (bool): see :meth:`image_size`.
        """
        doubt = check_range(self._first_values(made), limits, self.scale)
        if doubt:
            self.remarks.append(doubt)

    def _first_values(self, made):
        if made not in self._values:
            self._values[made] = first_values(
                [str(self.root / depth) for _, depth in self._pairs] if made else
                [sample['depth_map_path'] for sample in self._samples(ann_file=self.lists['train'])
                 if 'depth_map_path' in sample])
        return self._values[made]

    def image_size(self, made=False):
        """tuple[int, int] or None: height and width that most images have. Looks at the headers of all.

        Args:
            made (bool): the lists are still to be written: look into the folder.
        """
        if made:
            images = [self.root / image for image, _ in self._pairs]
        else:
            samples = self._samples(ann_file=self.lists['train'])
            lists = ', '.join(dict.fromkeys(self.lists.values()))
            self._refuse_exchanged(samples, f'Exchange the two columns of {lists}')
            images = [sample['img_path'] for sample in samples]
            alone = [sample for sample in samples if 'depth_map_path' not in sample]
            if alone:
                self.remarks.append(f'{len(alone)} of {len(samples)} images of {self.lists["train"]} have no depth and '
                                    f'are left out of training, the first is {alone[0]["img_path"]}')
        sizes = Counter(size for size in map(_size, images) if size)
        if not sizes:
            return None
        (size, count), *others = sizes.most_common()
        if others:
            self.remarks.append(f'{count} of {sum(sizes.values())} images have {size[0]} x {size[1]}, the others '
                                f'{_spelled(other for other, _ in others)}; the crop goes by the most frequent size')
        return size


def _size(path):
    """tuple[int, int] or None: height and width as loaded, by the header."""
    try:
        return probe_image(str(path)).shape()
    except (OSError, ValueError):
        return None


def _spelled(sizes):
    """str: some of many sizes."""
    return some_of((f'{height} x {width}' for height, width in sizes), SIZES_NAMED)


def list_text(pairs):
    """Pairs of files as the text of a list.

    Raises:
        ValueError: if a name is not read from the list as it is written.
    """
    lines = [' '.join(f'"{name}"' if re.search(r'[\s,;\']', name) else name for name in pair) for pair in pairs]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'list.txt')
        for pair, line in zip(pairs, lines, strict=True):
            path.write_text(line, 'utf-8', newline='')
            if [columns for _, columns in read_split_file(str(path))] != [list(pair)]:
                raise ValueError(f'{pair[0]}, {pair[1]}: such names cannot stand in a list; rename the files')
    return ''.join(f'{line}\n' for line in lines)


def split_pairs(pairs):
    """Pairs of files for training, validation and testing.

    Folders named train, val, test (in the image's path) decide. Else, where there are at least ten folders (scenes,
    drives), every tenth is for validation and the one after it for testing; else the last fifth of the sorted files:
    neighboring files are often neighboring frames, which show the same.

    Args:
        pairs (list[tuple[str, str]]): image and depth, relative and with /.

    Returns:
        dict[str, list]: 'train', 'val' and, but for folders without test, 'test'.

    Raises:
        ValueError: for fewer than three pairs.

    >>> {part: len(found) for part, found in split_pairs([(f'{i:02d}.png', '') for i in range(20)]).items()}
    {'train': 16, 'val': 2, 'test': 2}
    """
    pairs = sorted(pairs)
    named = [next((PART_NAMES[part] for part in image.lower().split('/')[:-1] if part in PART_NAMES), None)
             for image, _ in pairs]
    if {'train', 'val'} <= set(named):
        return {part: [pair for pair, name in zip(pairs, named, strict=True) if name == part]
                for part in LISTS if part in named}
    if len(pairs) < 3:
        raise ValueError(f'there must be at least 3 pairs of image and depth to split, got {len(pairs)}')
    folders = sorted({image.rpartition('/')[0] for image, _ in pairs})
    if len(folders) >= EVERY:
        part_of = {folder: {EVERY - 2: 'val', EVERY - 1: 'test'}.get(number % EVERY, 'train')
                   for number, folder in enumerate(folders)}
        return {part: [pair for pair in pairs if part_of[pair[0].rpartition('/')[0]] == part] for part in LISTS}
    few = max(len(pairs) // EVERY, 1)
    return dict(train=pairs[:-2 * few], val=pairs[-2 * few:-few], test=pairs[-few:])
