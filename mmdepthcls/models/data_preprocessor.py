"""Batching that pads depth with "no measurement"."""
from mmengine.logging import print_log
from mmseg.models import SegDataPreProcessor
from mmseg.registry import MODELS

from ..config_class import class_of


@MODELS.register_module()
class DepthDataPreProcessor(SegDataPreProcessor):
    """MMSegmentation's preprocessor, which would pad depth with 255 (metres!); here padding is 0, no measurement.

    Without ``size`` and ``size_divisor`` training batches are padded to their largest image, where the host asserts.

    Args:
        size, size_divisor, bgr_to_rgb, **kwargs: see :class:`mmseg.models.SegDataPreProcessor`.
    """

    def __init__(self, size=None, size_divisor=None, bgr_to_rgb=False, **kwargs):
        if size is None and size_divisor is None:
            size_divisor = 1
        super().__init__(size=size, size_divisor=size_divisor, bgr_to_rgb=bgr_to_rgb, **kwargs)
        self._gives_rgb = bgr_to_rgb

    def pixel_values(self, inputs):
        """What was loaded, from what the network gets.

        Args:
            inputs (Tensor): (N, 3, H, W) normalised images.

        Returns:
            Tensor: (N, 3, H, W) float32 RGB, whole numbers in 0..255. Loading is taken to give BGR, as
            MMSegmentation's does.
        """
        images = inputs.float()
        if hasattr(self, 'mean'):
            images = images * self.std + self.mean
        images = images.round().clamp(0, 255)
        return images if self._gives_rgb else images.flip(1)

    def forward(self, data, training=False):
        """Collate, normalise, pad."""
        data = super().forward(data, training)
        if training:
            for sample in data['data_samples']:
                if 'gt_depth_map' in sample:
                    _, right, _, below = sample.padding_size
                    depth = sample.gt_depth_map.data
                    depth[..., depth.shape[-2] - below:, :] = 0
                    depth[..., depth.shape[-1] - right:] = 0
        return data


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
