"""Batches whose padding has no depth; MMSegmentation's own pads depth maps with 255, which would be 255 m."""
from __future__ import annotations

import logging
from typing import Any

import torch
from mmengine.logging import print_log
from mmseg.models import SegDataPreProcessor
from mmseg.registry import MODELS

from ..config.config_class import class_of
from .label_census import LabelCensus

# From how many times the images' own pixels on it is said that a batch is mostly padding.
WASTEFUL = 1.5


@MODELS.register_module()
class DepthDataPreProcessor(SegDataPreProcessor):
    """MMSegmentation's preprocessor, which would pad depth with 255 (metres!); here padding is 0, no measurement.

    Without ``size`` and ``size_divisor`` training batches are padded to their largest image, where the host asserts. A
    ``size`` that is much larger than the images is said once: the network spends its time on padding.

    Args:
        size, size_divisor, bgr_to_rgb, **kwargs: see :class:`mmseg.models.SegDataPreProcessor`.
    """

    def __init__(self, size: tuple | None = None, size_divisor: int | None = None, bgr_to_rgb: bool = False,
                 **kwargs: Any) -> None:
        if size is None and size_divisor is None:
            size_divisor = 1
        super().__init__(size=size, size_divisor=size_divisor, bgr_to_rgb=bgr_to_rgb, **kwargs)
        self._gives_rgb = bgr_to_rgb
        self._padding_checked = {True: False, False: False}
        #: Counts labels of training batches (:class:`.LabelCensus`); a ``DepthClassifier`` gives its own.
        self.census: LabelCensus | None = None

    def pixel_values(self, inputs: torch.Tensor) -> torch.Tensor:
        """What was loaded, from what the network gets.

        Args:
            inputs: (N, 3, H, W) normalised images.

        Returns:
            (N, 3, H, W) float32 RGB, whole numbers in 0..255. Loading is taken to give BGR, as MMSegmentation's does.
        """
        images = inputs.float()
        if hasattr(self, 'mean'):
            images = images * self.std + self.mean
        images = images.round().clamp(0, 255)
        return images if self._gives_rgb else images.flip(1)

    def forward(self, data: dict, training: bool = False) -> dict:
        """Collate, normalise, pad; in training look at the labels, before they are sent to a device.

        Raises:
            ValueError: for labels of other bins than the model's.
        """
        shapes = [tuple(image.shape[-2:]) for image in data['inputs']]
        census = self.census if training and data.get('data_samples') is not None else None
        census = census if census is not None and self._keeps_labels(shapes) else None
        numbers = census.count(data['data_samples']) if census is not None else []
        data = super().forward(data, training)
        self._say_waste(shapes, tuple(data['inputs'].shape[-2:]), training)
        if training:
            for sample in data['data_samples']:
                if 'gt_depth_map' in sample:
                    _, right, _, below = sample.padding_size
                    depth = sample.gt_depth_map.data
                    depth[..., depth.shape[-2] - below:, :] = 0
                    depth[..., depth.shape[-1] - right:] = 0
        if census is not None:
            census.note(data['data_samples'], numbers)
        return data

    def _keeps_labels(self, shapes):
        """Whether as many pixels have a label afterwards as before."""
        unpadded = self.size is None and self.size_divisor == 1 and len(set(shapes)) == 1
        return self.batch_augments is None and (unpadded or self.seg_pad_val == self.census.ignore_index)

    def _say_waste(self, shapes, padded, training):
        """Warn, once, where a fixed size makes batches that are mostly padding."""
        size = self.size if training else (self.test_cfg or {}).get('size')
        if size is None or self._padding_checked[training]:
            return
        self._padding_checked[training] = True
        times = len(shapes) * padded[0] * padded[1] / sum(height * width for height, width in shapes)
        if times < WASTEFUL:
            return
        height, width = (max(lengths) for lengths in zip(*shapes, strict=True))
        key = 'model.data_preprocessor.size' if training else 'model.data_preprocessor.test_cfg.size'
        print_log(f'{key}={tuple(size) if isinstance(size, (tuple, list)) else size} pads '
                  f'{"training" if training else "test"} images of {height} x {width} pixels to {padded[0]} x '
                  f'{padded[1]}, {times:.1f} times as many: time and memory go into padding. Set it to the size of '
                  f"the pipeline's crops, such as ({height}, {width}).", logger='current', level=logging.WARNING)


def depth_preprocessor(cfg):
    """Config of a model's preprocessor: that of the host replaced, any other as it is.

    Args:
        cfg (dict, nn.Module or None): not changed.

    Returns:
        dict, nn.Module or None
    """
    if not isinstance(cfg, dict) or class_of(cfg, MODELS) is not SegDataPreProcessor:
        return cfg
    print_log('data_preprocessor: SegDataPreProcessor is replaced by DepthDataPreProcessor (it would pad depth with '
              '255 m)', logger='current')
    return dict(cfg, type='DepthDataPreProcessor')
