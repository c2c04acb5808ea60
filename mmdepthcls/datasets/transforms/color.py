"""The color augmentation that the paper trains with."""
from __future__ import annotations

import cv2
import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS


@TRANSFORMS.register_module()
class RandomColorGain(BaseTransform):
    """Multiply each color channel by a random gain, the same for all pixels (Eigen et al., 2014, sec. 3.4: "a random
    RGB value c in [0.8, 1.2]^3").

    Modified Keys:

    - img (ndarray): (H, W, C) uint8 or floating point, 0..255; uint8 is rounded and saturated.

    Args:
        gain_range: gains are uniform in it; 0 <= low <= high.
        per_channel: one gain for each channel (default), or one for all.

    Raises:
        ValueError: for a range without sense.
    """

    def __init__(self, gain_range: tuple[float, float] = (0.8, 1.2), per_channel: bool = True) -> None:
        low, high = gain_range
        if not 0 <= low <= high < np.inf:
            raise ValueError(f'RandomColorGain: gain_range must be 0 <= low <= high, got {gain_range}')
        self.gain_range = (low, high)
        self.per_channel = per_channel

    def transform(self, results: dict) -> dict:
        """Multiply the image."""
        image = results['img']
        channels = image.shape[2] if image.ndim == 3 else 1
        gain = np.random.uniform(*self.gain_range, channels if self.per_channel else 1)
        gain = np.broadcast_to(gain, channels)
        results['img'] = cv2.transform(image, np.diag(gain)).reshape(image.shape)
        return results

    def __repr__(self):
        return f'{type(self).__name__}(gain_range={self.gain_range}, per_channel={self.per_channel})'
