"""Anybody's images and depth as the data of a config: two folders below one, and the lists that split them."""
import os
import re
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2

from ...atomic_file import write_atomically
from ...datasets.depth_folder_dataset import DepthFolderDataset
from ...datasets.split_file import read_split_file
from .depth_data import DATA

LISTS = {'train': 'train.txt', 'val': 'val.txt', 'test': 'test.txt'}
# Folders of images that say which part they are, where somebody has split them already.
PART_NAMES = {'train': 'train', 'training': 'train', 'val': 'val', 'valid': 'val', 'validation': 'val', 'test': 'test',
              'testing': 'test'}
LOOKED_AT = 20  # images, for their size
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

    def __init__(self, root, images='image', depths='depth', scale=None):
        self.root, self.folders, self.scale = Path(root), (images, depths), scale
        if not self.root.is_dir():
            raise FileNotFoundError(f'--data-root {root} is no folder')

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
        return {LISTS[part]: list_text(pairs) for part, pairs in split_pairs(self._pairs()).items()}

    def _pairs(self):
        """(image, depth) below the root, of all images that have a depth."""
        prefix = dict(zip(('img_path', 'depth_map_path'), self.folders, strict=True))
        pairs = [(sample['img_path'], sample['depth_map_path']) for sample in self._samples(data_prefix=prefix)]
        found = [tuple(Path(os.path.relpath(path, self.root)).as_posix() for path in pair) for pair in pairs
                 if os.path.isfile(pair[1])]
        if not found:
            images, depths = (self.root / folder for folder in self.folders)
            raise ValueError(f'no image in {images} has a depth map of its name in {depths} ({len(pairs)} images): '
                             'give the folders with --images and --depth')
        return found

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
        depth_format = f', depth_format=dict(scale={float(self.scale)})' if self.scale else ''
        return replace(
            DATA['folder'].in_folder(self.root), dataset=DATA['folder'].dataset + depth_format,
            splits=tuple(f'ann_file={lists[part]!r}' for part in LISTS),
            needs=f'It holds {", ".join(dict.fromkeys(lists.values()))}, and the files that they name.')

    def image_size(self, made=False):
        """tuple[int, int] or None: height and width that most of the first images have.

        Args:
            made (bool): the lists are still to be written: look into the folder.
        """
        images = [self.root / image for image, _ in self._pairs()] if made else [
            sample['img_path'] for sample in self._samples(ann_file=self.lists['train'])]
        pictures = (cv2.imread(str(path), cv2.IMREAD_COLOR) for path in images[:LOOKED_AT])
        sizes = Counter(picture.shape[:2] for picture in pictures if picture is not None)
        return sizes.most_common(1)[0][0] if sizes else None


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
