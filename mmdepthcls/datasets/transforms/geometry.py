"""Geometry that keeps image and depth registered to the pixel and invents no depth."""
from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ...crops import crop_region
from .warped_maps import (
    checked_size,
    crop_offset,
    crop_sample,
    fields_of,
    is_depth,
    outside_of,
    sample_image,
    sample_map,
)

# What lies outside an image: ImageNet's mean color (BGR), no depth, no label.
MEAN_BGR = (103.53, 116.28, 123.675)


@TRANSFORMS.register_module()
class RandomDepthWarp(BaseTransform):
    """The geometric augmentation of Eigen et al. (2014), which the paper uses, as one warp: zoom by s with depth
    divided by s (an object that looks s times larger is s times nearer), rotation about the image's center, crop, flip.

    The image is sampled once, bilinearly; depth and labels are taken from the nearest pixel and never averaged. What
    lies outside is the mean color, depth 0 (no measurement), label 255. A crop larger than the zoomed image is padded,
    so 420 x 800 comes out of KITTI's 375 rows.

    Modified Keys:

    - img (ndarray): (H, W) or (H, W, C) of a type that OpenCV warps -> (\\*crop_size, C), or (round(s H), round(s W),
      C) without ``crop_size``.
    - gt_depth_map (ndarray, optional): (H, W) float32 m, to the same size, divided by s.
    - gt_seg_map and others named in ``seg_fields`` (ndarray, optional): (H, W), to the same size.
    - img_shape, ori_shape: the new size.

    Args:
        crop_size: height, width, at a uniformly random place. None: the whole zoomed image.
        scale_range: s is uniform in it; 0 < low <= high.
        max_angle: the rotation is uniform in +- this many degrees, 0..180.
        flip_prob: probability of mirroring left and right.
        min_valid: least share of the result's pixels that must have depth; with less, everything is drawn anew.
        max_tries: after so many draws the one with the most depth is taken.
        pad_value: color outside the image, 0..255 in its channel order (an image of one channel gets its mean, a fourth
            channel 0, 16 bits 257 times as much); or one number for each of the image's channels.

    Raises:
        ValueError: for settings without sense, and if labels were made before a zoom (they would keep the depth from
            before).
    """

    def __init__(self,
                 crop_size: tuple[int, int] | None = None,
                 scale_range: tuple[float, float] = (1.0, 1.0),
                 max_angle: float = 0.0,
                 flip_prob: float = 0.0,
                 min_valid: float = 0.0,
                 max_tries: int = 10,
                 pad_value: Sequence[float] = MEAN_BGR) -> None:
        self.crop_size = None if crop_size is None else checked_size(type(self).__name__, crop_size)
        low, high = scale_range
        for fault, expected, got in (
            (not 0 < low <= high < math.inf, 'scale_range must be 0 < low <= high', scale_range),
            (not 0 <= max_angle <= 180, 'max_angle must be 0..180 degrees', max_angle),
            (not 0 <= flip_prob <= 1, 'flip_prob must be 0..1', flip_prob),
            (not 0 <= min_valid <= 1, 'min_valid must be 0..1, a share of the pixels', min_valid),
            (max_tries < 1, 'max_tries must be at least 1', max_tries),
        ):
            if fault:
                raise ValueError(f'{type(self).__name__}: {expected}, got {got}')
        self.scale_range = (low, high)
        self.max_angle = max_angle
        self.flip_prob = flip_prob
        self.min_valid = min_valid
        self.max_tries = max_tries
        self.pad_value = pad_value

    def transform(self, results: dict) -> dict:
        """Warp every field."""
        if 'gt_seg_map' in results and self.scale_range != (1, 1):
            raise ValueError(f'{type(self).__name__} divides depth, so DepthToBinLabel must come after it in the '
                             'pipeline')
        scale, size, matrix, depth = self._draw(results['img'].shape[:2], results.get('gt_depth_map'))
        results['img'] = sample_image(results['img'], matrix, size, self.pad_value)
        for key in fields_of(results):
            if key == 'gt_depth_map':
                results[key] = depth
            else:
                results[key] = sample_map(results[key], matrix, size, cv2.INTER_NEAREST, outside_of(key))
            if is_depth(key) and scale != 1:
                results[key] /= np.float32(scale)  # the warp has made it anew
        results['img_shape'] = results['ori_shape'] = size
        for key in ('crop_box', 'full_shape'):  # the warp is no part of that frame any more
            results.pop(key, None)
        return results

    def _draw(self, shape, depth):
        """Parameters of one warp, and the depth that it gives, not yet divided."""
        best, most = None, -1
        for _ in range(self.max_tries):
            scale, size, matrix = self._draw_matrix(*shape)
            if depth is None:
                return scale, size, matrix, None
            warped = sample_map(depth, matrix, size, cv2.INTER_NEAREST, 0)
            measured = cv2.countNonZero(warped) if self.min_valid else 0
            if measured > most:
                best, most = (scale, size, matrix, warped), measured
            if measured >= self.min_valid * warped.size:
                break
        return best

    def _draw_matrix(self, height, width):
        scale = np.random.uniform(*self.scale_range)
        angle = math.radians(np.random.uniform(-self.max_angle, self.max_angle))
        flip = np.random.random() < self.flip_prob
        zoomed = (scale * height, scale * width)
        size = self.crop_size or tuple(max(round(length), 1) for length in zoomed)
        top, left = (crop_offset(round(length) - wanted, 'random') for length, wanted in zip(zoomed, size, strict=True))
        # From a pixel of the result to a pixel of the image; pixel centers are whole numbers, edges are at -0.5.
        linear = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]) / scale
        middle = np.array([zoomed[1] / 2 - left - 0.5, zoomed[0] / 2 - top - 0.5])
        matrix = np.column_stack([linear, [width / 2 - 0.5, height / 2 - 0.5] - linear @ middle])
        if flip:
            matrix[:, 2] += matrix[:, 0] * (size[1] - 1)
            matrix[:, 0] *= -1
        return scale, size, matrix

    def __repr__(self):
        return (f'{type(self).__name__}(crop_size={self.crop_size}, scale_range={self.scale_range}, '
                f'max_angle={self.max_angle}, flip_prob={self.flip_prob}, min_valid={self.min_valid})')


@TRANSFORMS.register_module()
class RandomDepthZoom(RandomDepthWarp):
    """Zoom the image by s and divide depth by s, nothing else: see :class:`RandomDepthWarp`.

    Args:
        scale_range: s is uniform in it; 0 < low <= high.
    """

    def __init__(self, scale_range: tuple[float, float] = (1.0, 1.5)) -> None:
        super().__init__(scale_range=scale_range)

    def __repr__(self):
        return f'{type(self).__name__}(scale_range={self.scale_range})'


@TRANSFORMS.register_module()
class DepthCrop(BaseTransform):
    """Crop image, depth and labels to one size, padding where the image is smaller: image with the mean color, depth
    with 0 (no measurement), labels with 255.

    The crop becomes the image: ``ori_shape`` follows, so that at test time the prediction is compared with the cropped
    ground truth and is not stretched over the whole frame.

    Modified Keys:

    - img, gt_depth_map (optional), gt_seg_map (optional) and others named in ``seg_fields``: to ``crop_size``.
    - img_shape, ori_shape

    Added Keys:

    - crop_box (tuple): top, left, height, width of the crop in the image before; negative top or left is padding.

    Args:
        crop_size: height, width.
        position: 'random' or 'center'.
        pad_value: color of the padding, see :class:`RandomDepthWarp`.

    Raises:
        ValueError: for a size that is not positive or an unknown position.
    """

    def __init__(self, crop_size: tuple[int, int], position: str = 'random',
                 pad_value: Sequence[float] = MEAN_BGR) -> None:
        self.crop_size = checked_size('DepthCrop', crop_size)
        if position not in ('random', 'center'):
            raise ValueError(f"DepthCrop: position must be 'random' or 'center', got {position!r}")
        self.position = position
        self.pad_value = pad_value

    def transform(self, results: dict) -> dict:
        """Crop every field."""
        corner = [crop_offset(length - wanted, self.position)
                  for length, wanted in zip(results['img'].shape, self.crop_size, strict=False)]
        return crop_sample(results, (*corner, *self.crop_size), self.pad_value)

    def __repr__(self):
        return f'{type(self).__name__}(crop_size={self.crop_size}, position={self.position!r})'


@TRANSFORMS.register_module()
class KBCrop(BaseTransform):
    """Crop to the KITTI benchmark's 352 x 1216 (bottom, horizontally centered) and remember where it was.

    For training as a :class:`DepthCrop`. For testing load depth after it: ``DepthClassifier`` pastes its prediction
    back into the frame, 0 ("not predicted") around it, where ground truth is as it is on disk. ``PackDepthInputs``
    carries the keys that this needs.

    Modified Keys:

    - img, gt_depth_map (optional), gt_seg_map (optional) and others named in ``seg_fields``: to 352 x 1216.
    - img_shape, ori_shape

    Added Keys:

    - crop_box (tuple): top, left, height, width of the crop.
    - full_shape (tuple): height, width of the frame.

    Raises:
        ValueError: for an image that is smaller, or that has been resized or cropped before.
    """

    def transform(self, results: dict) -> dict:
        """Crop every field."""
        full_shape = tuple(results['img'].shape[:2])
        original = tuple(results.get('ori_shape', full_shape)[:2])
        if full_shape != original or 'full_shape' in results:
            raise ValueError(f'KBCrop is defined on the frame as KITTI gives it, but the image has been changed from '
                             f'{original} to {full_shape} before. Put KBCrop right after loading the image.')
        try:
            rows, columns = crop_region('kb', *full_shape)
        except ValueError as error:
            raise ValueError(f'{results.get("img_path")}: {error}') from error
        box = (rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start)
        return dict(crop_sample(results, box, MEAN_BGR), full_shape=full_shape)

    def __repr__(self):
        return 'KBCrop()'
