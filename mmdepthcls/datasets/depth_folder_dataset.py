"""Anybody's own data: two folders, or a split file."""
from __future__ import annotations

import os.path as osp
from collections.abc import Sequence
from typing import Any

from mmengine.logging import print_log
from mmseg.registry import DATASETS

from .depth_dataset import DepthDataset
from .depth_file import SUFFIXES
from .file_finder import IMAGE_SUFFIXES, check_usable, find_files


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
        depth_suffix: ending of depth names. Default: the one of .png .npy .npz .tiff .tif .exr that is there.
        replace: pairs (old, new) that turn an image's name, with its folders and without its ending, into that of its
            depth, e.g. ``[('rgb', 'depth')]``.
        depth_format: unit, invalid values and the like, see :class:`DepthDataset`.
        **kwargs: see :class:`DepthDataset`.

    Raises:
        ValueError: if a depth map has two possible files, or two images have the same depth; and as the base class.
        FileNotFoundError: if a link leads nowhere; and as the base class.
    """

    def __init__(self, *args: Any, img_suffix: str | Sequence[str] = IMAGE_SUFFIXES, depth_suffix: str | None = None,
                 replace: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        self.image_endings = (img_suffix, ) if isinstance(img_suffix, str) else tuple(img_suffix)
        self.depth_suffix = depth_suffix
        self.replace = [tuple(pair) for pair in replace]
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
        images, depths = (self.data_prefix.get(key) or self.data_root for key in ('img_path', 'depth_map_path'))
        for key, folder in [('img_path', images), ('depth_map_path', depths)][:1 + self.has_depth_folder]:
            if not folder or not osp.isdir(folder):
                raise FileNotFoundError(f"{type(self).__name__}: folder data_prefix['{key}'] = {folder!r} does not "
                                        'exist (and no ann_file is given)')
        names = self._image_names(images)
        if not self.has_depth_folder:
            return [dict(img_path=osp.join(images, name)) for name in names]
        samples, owners = [], {}
        for name in names:
            depth, image = self._depth_of(name, depths), osp.join(images, name)
            if owners.setdefault(depth, image) != image:
                raise ValueError(f'{type(self).__name__}: {owners[depth]} and {image} would both have the depth '
                                 f'{depth}. Narrow img_suffix, change replace, or remove one of the two.')
            samples.append(self.with_depth_map(dict(img_path=image), depth))
        return samples

    def _image_names(self, images):
        found = find_files(images, self.image_endings)
        check_usable(images, found)
        for link, place in found.repeated:
            print_log(f'{type(self).__name__}: {osp.join(images, link)} is a link to {place} and is passed over: its '
                      'images are there already', logger='current')
        return found.names

    def _depth_of(self, name, depths):
        """Path of an image's depth below ``depths``."""
        ending = max((end for end in self.image_endings if name.lower().endswith(end.lower())), key=len)
        stem = name[:-len(ending)]
        for old, new in self.replace:
            stem = stem.replace(old, new)
        suffixes = SUFFIXES if self.depth_suffix is None else (self.depth_suffix, )
        stem = osp.join(depths, stem)
        if osp.dirname(stem) != depths:
            stem = osp.join(self._finder.resolve(depths, osp.dirname(stem)), osp.basename(stem))
        found = self._finder.find(stem, suffixes)
        if self.depth_suffix is not None and stem + self.depth_suffix in found:
            return stem + self.depth_suffix
        if len(found) > 1:
            endings = [path[len(stem):] for path in found]
            raise ValueError(f'{type(self).__name__}: {stem} is there as {" and ".join(endings)}. Say which is meant: '
                             f'depth_suffix={endings[0]!r}.')
        return found[0] if found else stem + suffixes[0]
