"""Anybody's own data: two folders, or a split file."""
from __future__ import annotations

import logging
import os.path as osp
from collections.abc import Sequence
from typing import Any

from mmengine.logging import print_log
from mmseg.registry import DATASETS

from .depth_dataset import DepthDataset
from .depth_file import SUFFIXES
from .files.file_finder import IMAGE_SUFFIXES, check_usable, contents, find_files, why_missing
from .replacements import read_replacements

# Images that MMCV reads as well, and that are not taken unasked: depth may end so too.
OTHER_IMAGES = ('.bmp', '.webp', '.jpe', '.jfif', '.ppm', '.pgm', '.jp2', '.gif', '.avif', '.tif', '.tiff')


@DATASETS.register_module()
class DepthFolderDataset(DepthDataset):
    """Images and depth in two folders with equal names, or as a split file says::

        data_root
        ├── train.txt            # ann_file (optional)
        ├── image/...png         # data_prefix['img_path'], or .jpg
        └── depth/...png         # data_prefix['depth_map_path'], or .npy, .npz, .tiff, .exr

    Without ``ann_file`` every image below the image folder is taken, in the order of their names. Its depth is the file
    of the same name below the depth folder, after ``replace`` and with ``depth_suffix``. Endings may be in upper or
    lower case. Links are followed, each real folder once; hidden and system files are passed over.

    Args:
        ann_file: split file, see :class:`DepthDataset`. Default '': list the folders.
        data_prefix: the two folders below ``data_root``; they may be the same. ``depth_map_path=None``: images alone,
            to predict for (needs ``test_mode=True``).
        img_suffix: endings of image names; other files are passed over.
        depth_suffix: endings of depth names. Default: the one of .png .npy .npz .tiff .tif .exr that is there.
        replace: pairs (old, new) that turn an image's name, with its folders and without its ending, into that of its
            depth, e.g. ``[('rgb', 'depth')]``. Where both lie in one folder, what is another file's depth is no image.
        depth_format: unit, invalid values and the like, see :class:`DepthDataset`.
        **kwargs: see :class:`DepthDataset`.

    A line of a split file may name the image alone: its depth is then found in the same way.

    Raises:
        ValueError: if a depth map has two possible files, two images have the same depth or an image would be its own;
            and as the base class.
        FileNotFoundError: if a link leads nowhere; and as the base class.
    """

    def __init__(self, *args: Any, img_suffix: str | Sequence[str] = IMAGE_SUFFIXES,
                 depth_suffix: str | Sequence[str] | None = None,
                 replace: Sequence[tuple[str, str]] | dict[str, str] = (), **kwargs: Any) -> None:
        self.image_endings = _endings(img_suffix)
        self.depth_endings = None if depth_suffix is None else _endings(depth_suffix)
        self.replace = read_replacements(replace, type(self).__name__)
        # The base class would join None with data_root.
        prefix = kwargs.get('data_prefix') or {}
        self.has_depth_folder = prefix.get('depth_map_path', '') is not None
        if not self.has_depth_folder:
            kwargs['data_prefix'] = {key: folder for key, folder in prefix.items() if key != 'depth_map_path'}
        super().__init__(*args, **kwargs)

    def list_samples(self) -> list[dict]:
        """Samples of the split file or of the folders."""
        return super().list_samples() if self.ann_file else self._samples_of_folders()

    def _samples_of_folders(self):
        images, depths = self._folder('img_path'), self._folder('depth_map_path')
        # Of images alone depth is looked for only where it must not be taken for images.
        paired = self.has_depth_folder and (
            not self.images_only or osp.normpath(images or '') == osp.normpath(depths or ''))
        for key, folder in [('img_path', images), ('depth_map_path', depths)][:1 + paired]:
            if not folder or not osp.isdir(folder):
                raise FileNotFoundError(f"{type(self).__name__}: folder data_prefix['{key}'] = {folder!r} does not "
                                        f'exist (and no ann_file is given). {why_missing(folder or "")}')
        names = self._image_names(images)
        if not paired:
            return [dict(img_path=osp.join(images, name)) for name in names]
        depth_of = {osp.join(images, name): self._depth_of(name, depths) for name in names}
        return [self.with_depth_map(dict(img_path=image), depth)
                for image, depth in self._without_depth_maps(depth_of, images).items()]

    def _folder(self, key):
        return self.data_prefix.get(key) or self.data_root

    def _without_depth_maps(self, depth_of, images):
        """The images among the files of a folder in which depth may lie as well, with their depth."""
        own = [image for image, depth in depth_of.items() if osp.normpath(image) == osp.normpath(depth)]
        pairs = {image: depth for image, depth in depth_of.items() if image not in own}
        used = {osp.normpath(depth) for depth in pairs.values()}
        orphan = next((image for image in own if osp.normpath(image) not in used), None)
        if orphan is not None:
            raise ValueError(f'{type(self).__name__}: {orphan} would be its own depth. Say where depth lies: '
                             "data_prefix=dict(img_path='...', depth_map_path='...') names the folders, "
                             f"replace=[('rgb', 'depth')], img_suffix and depth_suffix what differs in the names. "
                             f'{contents(images)}')
        owners = {}
        for image, depth in pairs.items():
            if owners.setdefault(depth, image) != image:
                raise ValueError(f'{type(self).__name__}: {owners[depth]} and {image} would both have the depth '
                                 f'{depth}. Narrow img_suffix, change replace, or remove one of the two.')
        return pairs

    def _image_names(self, images):
        found = find_files(images, self.image_endings)
        check_usable(images, found)
        for link, place in found.repeated:
            print_log(f'{type(self).__name__}: {osp.join(images, link)} is a link to {place} and is passed over: its '
                      'images are there already', logger='current')
        if not found.names:
            raise ValueError(f'{type(self).__name__}: {images} holds no file that ends in '
                             f'{" or ".join(self.image_endings)}; it holds {_counted(found.others) or "none"}. '
                             f"img_suffix says how images end{_example(found.others)}.")
        # Depth in the same folder, or endings that somebody has chosen: then it is meant.
        meant = self.image_endings != IMAGE_SUFFIXES or self.has_depth_folder and osp.normpath(
            images) == osp.normpath(self._folder('depth_map_path'))
        pictures = {} if meant else {end: found.others[end] for end in OTHER_IMAGES if end in found.others}
        if pictures:
            print_log(f'{type(self).__name__}: {images} holds also {_counted(pictures)}, which are passed over. '
                      f'img_suffix={(*self.image_endings, *pictures)!r} takes them.', 'current', logging.WARNING)
        return found.names

    def endings(self, key: str) -> tuple[str, ...]:
        """As the base class."""
        return self.image_endings if key == 'img_path' else self.depth_endings or SUFFIXES

    def depth_of_image(self, img_path: str) -> str | None:
        """The depth of the image's name, if it is there."""
        if not self.has_depth_folder:
            return None
        depth = self._depth_of(osp.relpath(img_path, self._folder('img_path')), self._folder('depth_map_path'))
        return depth if self._finder.kind(depth) and osp.normpath(depth) != osp.normpath(img_path) else None

    def naming_hint(self, path: str) -> str:
        """As the base class."""
        if self.ann_file or path.lower().endswith(self.image_endings) and self._finder.kind(path):
            return ''
        return (' The depth of an image has its name, but for replace=[(old, new)] and depth_suffix; it is read from '
                f'{" ".join(SUFFIXES)}.')

    def _depth_of(self, name, depths):
        """Path of an image's depth below ``depths``."""
        ending = max((end for end in self.image_endings if name.lower().endswith(end.lower())), key=len,
                     default=osp.splitext(name)[1])
        stem = name[:len(name) - len(ending)]
        for old, new in self.replace:
            stem = stem.replace(old, new)
        suffixes = self.depth_endings or SUFFIXES
        stem = osp.join(depths, stem)
        if osp.dirname(stem) != depths:
            stem = osp.join(self._finder.resolve(depths, osp.dirname(stem)), osp.basename(stem))
        found = self._finder.find(stem, suffixes)
        if self.depth_endings and stem + self.depth_endings[0] in found:
            return stem + self.depth_endings[0]
        if len(found) > 1:
            endings = [path[len(stem):] for path in found]
            raise ValueError(f'{type(self).__name__}: {stem} is there as {" and ".join(endings)}. Say which is meant: '
                             f'depth_suffix={endings[0]!r}.')
        return found[0] if found else stem + suffixes[0]


def _endings(suffixes):
    """tuple[str]: endings of names, also where somebody has written 'png' or '*.png'."""
    texts = [suffixes] if isinstance(suffixes, str) else suffixes
    return tuple(f'.{text}' if text.isalnum() else text for text in (text.removeprefix('*') for text in texts))


def _counted(others):
    """str: how many files have which endings."""
    return ', '.join(f'{len(names)} {end or "without ending"} ({names[0]})' for end, names in sorted(others.items()))


def _example(others):
    ending = next((end for end in OTHER_IMAGES if end in others), None)
    return f': img_suffix={ending!r}' if ending else ''
