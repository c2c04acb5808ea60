"""Data sets in trees of folders: images where a pattern says, depth where an image's path says."""
from __future__ import annotations

import os.path as osp
from collections.abc import Sequence
from typing import Any

from mmseg.registry import DATASETS

from .depth_dataset import DepthDataset
from .depth_format import DepthFormat
from .files.file_finder import contents
from .files.listed_file import relative_name
from .replacements import read_replacements
from .scene_choice import scene_names
from .tree_pattern import find_in_tree, missing_alternative, split_pattern, why_nothing_fits, written
from .tree_presets import TREE_PRESETS


@DATASETS.register_module()
class DepthTreeDataset(DepthDataset):
    """Images where a pattern says below ``data_root``, each with depth where its own path says, as recordings and
    renderings in folders of scenes have it::

        data_root                                   # images='*/RGBLeft/*.png', replace=[('RGBLeft', 'DepthLeft')]
        ├── SEQ1
        │   ├── RGBLeft/0000000.png ...
        │   └── DepthLeft/0000000.png ...
        └── SEQ2 ...

    Args:
        images: pattern of the images, with '/' between folders; in each ``*``, ``?``, or alternatives ``{a,b}``, each
            of which must be there.
        replace: pairs (old, new) that turn an image's path below ``data_root`` into that of its depth.
        preset: name in :data:`mmdepthcls.datasets.tree_presets.TREE_PRESETS`, which says images, replace, depth_format
            and focal_px of a public data set, as far as they are not given here.
        scenes: of the first level of the pattern, only these; or a text file of such names, one a line, relative to
            ``data_root``.
        data_root: the folder.
        **kwargs: see :class:`DepthDataset`. An ``ann_file`` has lines ``IMAGE DEPTH`` or ``IMAGE`` relative to
            ``data_root``.

    Raises:
        ValueError: for a preset or a pattern that there is not, and as the base class.
        FileNotFoundError: if nothing fits the pattern; says where such files are, or what is there instead.
    """

    def __init__(self, images: str | None = None, replace: Sequence | dict[str, str] = (), preset: str | None = None,
                 scenes: str | Sequence[str] | None = None, data_root: str = 'data',
                 depth_format: dict | DepthFormat | None = None, focal_px: float | str | None = None,
                 **kwargs: Any) -> None:
        if preset is not None:
            if preset not in TREE_PRESETS:
                raise ValueError(f'{type(self).__name__}: no preset {preset!r}; there are {", ".join(TREE_PRESETS)}')
            settings = TREE_PRESETS[preset]
            images, replace = images or settings.images, replace or settings.replace
            depth_format, focal_px = with_changes(settings.depth_format, depth_format), (
                settings.focal_px if focal_px is None else focal_px)
        if images is None and not kwargs.get('ann_file'):
            raise ValueError(f"{type(self).__name__}: say where the images lie, images='*/rgb/*.png', or name a preset "
                             f'({", ".join(TREE_PRESETS)})')
        self.levels = split_pattern(images or '*')
        self.replace = read_replacements(replace, type(self).__name__)
        self.scenes = scenes
        super().__init__(data_root=data_root, depth_format=depth_format, focal_px=focal_px, **kwargs)

    @property
    def source(self) -> str:
        """Where the samples come from, for messages."""
        return self.ann_file or osp.join(self.data_root, written(self.levels))

    def list_samples(self) -> list[dict]:
        """Samples of the split file, or of the tree."""
        if self.ann_file:
            return super().list_samples()
        levels = self._levels_of_scenes()
        names = self.image_names(levels)
        if not names:
            raise FileNotFoundError(f'{type(self).__name__}: {self.data_root} holds no image {written(levels)}. '
                                    f'{why_nothing_fits(self.data_root, levels)}')
        missing = missing_alternative(names, levels)
        if missing:
            raise FileNotFoundError(f'{type(self).__name__}: nothing in {self.data_root} fits {missing[0]!r} of the '
                                    f'pattern {written(levels)}. {contents(osp.join(self.data_root, missing[1]))}'
                                    f'{"" if self.scenes is None else " scenes=[...] names those that are taken."}')
        return [self.sample_of_name(name) for name in names]

    def image_names(self, levels: list) -> list[str]:
        """Paths of all images below ``data_root``, with '/', in order."""
        return list(find_in_tree(self.data_root, levels))

    def sample_of_name(self, name: str) -> dict:
        """The sample of an image.

        Args:
            name: its path below ``data_root``.
        """
        sample = dict(img_path=osp.join(self.data_root, name))
        depth = self.depth_name(name)
        return sample if depth is None else self.with_depth_map(sample, osp.join(self.data_root, depth))

    def depth_name(self, name: str) -> str | None:
        """Path of an image's depth below ``data_root``; None where it has none.

        Args:
            name: path of the image below ``data_root``.
        """
        depth = name
        for old, new in self.replace:
            depth = depth.replace(old, new)
        if depth == name:
            raise ValueError(f'{type(self).__name__}: the image {osp.join(self.data_root, name)} would be its own '
                             f"depth: say what differs in the paths of depth, replace=[('rgb', 'depth')], got "
                             f'{self.replace}')
        return depth

    def depth_of_image(self, img_path: str) -> str | None:
        """The depth of an image that a line names alone."""
        depth = self.depth_name(relative_name(img_path, self.data_root))
        return None if depth is None else osp.join(self.data_root, depth)

    def _levels_of_scenes(self):
        """The levels of the pattern with the chosen scenes at the first."""
        if self.scenes is None:
            return self.levels
        chosen = scene_names(self.scenes, self.data_root, type(self).__name__)
        return self.with_scenes(chosen)

    def with_scenes(self, scenes: tuple[str, ...]) -> list:
        """The levels of the pattern with chosen scenes."""
        return [scenes, *self.levels[1:]]


def with_changes(known: dict[str, Any], given: dict | DepthFormat | None) -> dict[str, Any] | DepthFormat:
    """The format of a data set's depth with what a config says otherwise: what it does not speak of (a mask, values
    that mean the sky) stays.

    Args:
        known: of the data set.
        given: of the config; a DepthFormat is taken as it is.
    """
    return given if isinstance(given, DepthFormat) else {**known, **(given or {})}
