"""Image and depth in each other's place: what the two files themselves say. Pure."""
from __future__ import annotations

import os
from dataclasses import replace
from typing import NamedTuple

from .depth_file import DepthFileError, DepthFormat, probe_depth
from .files.file_finder import IMAGE_SUFFIXES
from .files.image_header import probe_image

REMEDY = 'Exchange img_path and depth_map_path in data_prefix, or the two columns of the list'


class ExchangedPair(NamedTuple):
    """Two files in each other's place.

    Args:
        image: what is said to be the image, and holds depth.
        depth: what is said to be its depth, and is a picture.
    """

    image: str
    depth: str

    @property
    def seen(self) -> str:
        """What is wrong with ``depth``."""
        return f'images and depth are exchanged: the depth is a picture, and its image {self.image} is depth'

    def message(self, remedy: str = REMEDY) -> str:
        """Names both files and how to exchange them."""
        return f'{self.depth}: {self.seen}. {remedy}.'


def find_exchanged(image: str | None, depth: str | None, depth_format: DepthFormat) -> ExchangedPair | None:
    """Whether an image and its depth are exchanged: the one would pass as depth, and the other is a picture that would
    not. Reads the beginnings of the files.

    Args:
        image: the file that is said to be the image.
        depth: the file that is said to be its depth. Where there is none, the picture of that name is meant.
        depth_format: what is expected of it; only 16 bits tell depth from a picture.

    Returns:
        None where they are not exchanged, or cannot be read.
    """
    if image is None or depth is None or depth_format.bits != 16 or depth_format.projection is not None:
        return None
    plain = replace(depth_format, mask=None)
    if not os.path.exists(depth):
        stem = os.path.splitext(depth)[0]
        depth = next((stem + ending for ending in IMAGE_SUFFIXES if os.path.isfile(stem + ending)), depth)
    if not _is_depth(image, plain) or _is_depth(depth, plain) or not _is_picture(depth):
        return None
    return ExchangedPair(image, depth)


def refuse_exchanged(sample: dict, depth_format: DepthFormat) -> None:
    """Say so where a sample, whose depth is refused anyway, has its image and its depth exchanged.

    Args:
        sample: of a dataset.
        depth_format: what is expected of its depth.

    Raises:
        DepthFileError: if they are.
    """
    pair = find_exchanged(sample.get('img_path'), sample.get('depth_map_path'), depth_format)
    if pair is not None:
        raise DepthFileError(pair.message())


def _is_depth(path, depth_format):
    try:
        probe_depth(path, depth_format)
    except (OSError, DepthFileError):
        return False
    return True


def _is_picture(path):
    try:
        probe_image(path)
    except (OSError, DepthFileError):
        return False
    return True
