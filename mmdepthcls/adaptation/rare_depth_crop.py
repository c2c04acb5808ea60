"""Crops of pseudo-labelled images that look for depths of which there are few."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from ..datasets.transforms.geometry import MEAN_BGR
from ..datasets.transforms.warped_maps import checked_size, crop_offset, crop_sample


@TRANSFORMS.register_module()
class RareDepthCrop(BaseTransform):
    """A random crop that, with a chance, is centered on a random pixel of a random rare range of depth that the image
    holds, and moved inside of the image: the mining of small classes of class-balanced self-training. Padding is as of
    :class:`.DepthCrop`.

    Required Keys:

    - rare_depths (list[tuple[float, float]], optional): ranges, m, of :class:`.PseudoLabelDataset`; without, the crop
      is random.
    - gt_depth_map (ndarray, optional): before any zoom.

    Args:
        crop_size: height, width.
        prob: chance to look for a rare range.
        pad_value: see :class:`.DepthCrop`.

    Raises:
        ValueError: for a size or a chance that is none.
    """
    focal_effect = 'same'

    def __init__(self, crop_size: tuple[int, int], prob: float = 0.8, pad_value: Sequence[float] = MEAN_BGR) -> None:
        self.crop_size = checked_size('RareDepthCrop', crop_size)
        if not 0 <= prob <= 1:
            raise ValueError(f'RareDepthCrop: expected 0 <= prob <= 1, got {prob!r}')
        self.prob, self.pad_value = prob, pad_value

    def transform(self, results: dict) -> dict:
        """Crop every field."""
        spare = [length - wanted for length, wanted in zip(results['img'].shape, self.crop_size, strict=False)]
        corner = [crop_offset(each, 'random') for each in spare]
        pixel = self._rare_pixel(results) if np.random.random() < self.prob else None
        if pixel is not None:
            corner = [min(max(place - wanted // 2, min(each, 0)), max(each, 0))
                      for place, wanted, each in zip(pixel, self.crop_size, spare, strict=True)]
        return crop_sample(results, (*corner, *self.crop_size), self.pad_value)

    def _rare_pixel(self, results):
        depth = results.get('gt_depth_map')
        ranges = [] if depth is None else results.get('rare_depths') or []
        masks = [(depth > 0) & (depth >= low) & (depth < high) for low, high in ranges]
        masks = [mask for mask in masks if mask.any()]
        if not masks:
            return None
        found = np.flatnonzero(masks[np.random.randint(len(masks))])
        return divmod(int(found[np.random.randint(len(found))]), depth.shape[1])

    def __repr__(self):
        return f'{type(self).__name__}(crop_size={self.crop_size}, prob={self.prob})'
