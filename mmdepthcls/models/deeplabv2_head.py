"""The head of DeepLab v2, which the paper uses and MMSegmentation lacks: parallel dilated convolutions, summed."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmseg.models.decode_heads.aspp_head import ASPPModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS


@MODELS.register_module()
class DeepLabV2Head(BaseDecodeHead):
    """Atrous spatial pyramid pooling as in DeepLab v2 (Chen et al., 2018, ASPP-L): parallel dilated 3x3 convolutions
    from the features straight to the K classes, summed. No norm, no activation, with bias.

    Args:
        dilations: one convolution each. Default (6, 12, 18, 24).
        init_cfg: Default: normal with std 0.01 for all convolutions of the head.
        **kwargs: see :class:`mmseg.models.decode_heads.decode_head.BaseDecodeHead`; ``channels``, ``norm_cfg`` and
            ``act_cfg`` have no meaning here and are fixed.
    """

    def __init__(self, dilations: Sequence[int] = (6, 12, 18, 24), init_cfg: dict | list[dict] | None = None,
                 **kwargs: Any) -> None:
        init_cfg = init_cfg or dict(type='Normal', layer='Conv2d', std=0.01)
        for key in ('channels', 'norm_cfg', 'act_cfg', 'dropout_ratio'):
            kwargs.pop(key, None)
        super().__init__(channels=1, dropout_ratio=0, norm_cfg=None, act_cfg=None, init_cfg=init_cfg, **kwargs)
        # The dilated convolutions are the classifier; BaseDecodeHead's would be parameters without gradient.
        del self.conv_seg
        self.aspp = ASPPModule(dilations, self.in_channels, self.out_channels, conv_cfg=self.conv_cfg, norm_cfg=None,
                               act_cfg=None)

    def forward(self, inputs: list[torch.Tensor]) -> torch.Tensor:
        """Logits (N, K, H, W) of a list of feature maps."""
        return sum(self.aspp(self._transform_inputs(inputs)))
