"""Cityscapes: real streets with depth from stereo, through a camera that differs from city to city."""
from __future__ import annotations

import dataclasses
import json
import math
import os.path as osp
from typing import Any, NamedTuple

from mmseg.registry import DATASETS

from .cameras.intrinsics import mean_focal
from .depth_format import DepthFormat
from .depth_tree_dataset import DepthTreeDataset, with_changes

SIZES = {'train': 2975, 'val': 500, 'test': 1525, 'train_extra': 19998}
IMAGE, DISPARITY, CAMERA = '_leftImg8bit.png', '_disparity.png', '_camera.json'


@DATASETS.register_module()
class CityscapesDepthDataset(DepthTreeDataset):
    """Cityscapes (Cordts et al., CVPR 2016) with its precomputed disparity::

        data/cityscapes
        ├── leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png   # leftImg8bit_trainvaltest.zip, 2048 x 1024
        ├── disparity/train/aachen/aachen_000000_000019_disparity.png       # disparity_trainvaltest.zip
        └── camera/train/aachen/aachen_000000_000019_camera.json            # camera_trainvaltest.zip

    Disparity is ``(value - 1) / 256`` pixels, 0 where there is none; depth is ``f_x * baseline / disparity``, of the
    camera file of each image. It comes from semi-global matching and not from a laser: far away, and on the car's own
    hood, it is rough.

    Args:
        split: 'train' (2 975 images), 'val' (500), 'test' (1 525) or 'train_extra' (19 998).
        data_root: the folder.
        **kwargs: see :class:`DepthTreeDataset`; ``scenes`` are cities.

    Raises:
        FileNotFoundError: if the camera file of an image is missing: without it disparity is no depth.
        ValueError: for a camera file that is none; and as the base class.
    """

    FILE_KEYS = ('img_path', 'depth_map_path', 'camera_path')

    def __init__(self, split: str = 'train', data_root: str = 'data/cityscapes',
                 depth_format: dict | DepthFormat | None = None, **kwargs: Any) -> None:
        if split not in SIZES:
            raise ValueError(f'CityscapesDepthDataset: split must be one of {tuple(SIZES)}, got {split!r}')
        self.split = split
        super().__init__(f'leftImg8bit/{split}/*/*{IMAGE}', [('leftImg8bit/', 'disparity/'), (IMAGE, DISPARITY)],
                         data_root=data_root,
                         depth_format=with_changes(dict(scale=256.0, offset=1.0), depth_format), **kwargs)

    @property
    def expected_len(self) -> int | None:
        """Images of the split; None for a list or chosen cities."""
        return None if self.ann_file or self.scenes is not None else SIZES[self.split]

    def with_scenes(self, scenes: tuple[str, ...]) -> list:
        """See the base class: cities are the third level."""
        return [*self.levels[:2], scenes, self.levels[3]]

    def with_depth_map(self, sample: dict, path: str, name: str | None = None) -> dict:
        """As the base class, and with what makes this image's disparity depth."""
        sample = dict(super().with_depth_map(sample, path, name), camera_path=camera_path(sample['img_path']))
        camera = read_camera(sample['camera_path'])
        depth_format = dataclasses.replace(self.depth_format, focal_baseline=camera.horizontal * camera.baseline)
        return dict(sample, depth_format=depth_format)

    def naming_hint(self, path: str) -> str:
        """As the base class."""
        return ' It is in disparity_trainvaltest.zip.' if path.endswith(DISPARITY) else ''

    def focal_px(self, sample: dict) -> float | None:
        """As the image's camera file says."""
        path = sample.get('camera_path') or camera_path(sample['img_path'])
        if not osp.isfile(path):
            return None
        camera = read_camera(path)
        return mean_focal(camera.horizontal, camera.vertical)


class StereoCamera(NamedTuple):
    """What a camera file says.

    Args:
        horizontal, vertical: focal lengths, pixels.
        baseline: between the two cameras, m.
    """
    horizontal: float
    vertical: float
    baseline: float


def camera_path(img_path: str) -> str:
    """The camera file of an image.

    >>> camera_path('data/leftImg8bit/val/bonn/bonn_000000_000019_leftImg8bit.png')
    'data/camera/val/bonn/bonn_000000_000019_camera.json'
    """
    head, _, tail = img_path.replace('\\', '/').rpartition('leftImg8bit/')
    return f'{head}camera/{tail.removesuffix(IMAGE)}{CAMERA}'


def read_camera(path: str) -> StereoCamera:
    """A camera file.

    Args:
        path: a JSON with ``extrinsic.baseline``, ``intrinsic.fx`` and ``intrinsic.fy``.

    Raises:
        FileNotFoundError: if there is none; says where it comes from.
        ValueError: for another content; names the file.
    """
    if not osp.isfile(path):
        raise FileNotFoundError(f'CityscapesDepthDataset: the camera file {path} does not exist, and without it '
                                "disparity is no depth. Unpack camera_trainvaltest.zip beside the images' folder.")
    try:
        with open(path, encoding='utf-8') as file:
            camera = json.load(file)
        found = StereoCamera(*(float(camera[part][key]) for part, key in (
            ('intrinsic', 'fx'), ('intrinsic', 'fy'), ('extrinsic', 'baseline'))))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f'{path}: expected a camera file of Cityscapes, JSON with intrinsic.fx, intrinsic.fy and '
                         f'extrinsic.baseline, got {type(error).__name__}: {error}. Copy it again.') from error
    if not all(0 < number < math.inf for number in found):
        raise ValueError(f'{path}: expected focal lengths and a baseline greater than 0, got {found}. Copy it again.')
    return found
