"""A head that predicts the bins of each image, around any head of MMSegmentation (AdaBins)."""
from __future__ import annotations

from collections.abc import Sequence

import torch
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS

from ..bins import DepthBins
from .bin_width_network import BinWidthNetwork
from .distribution import check_space
from .head_config import fit_heads
from .image_bins import ImageBins, change_widths
from .image_bins_head import ImageBinsHead

# AdaBins' eq. 6: its eq. 4 (SILog with a factor of 10) and 0.1 times its eq. 5.
ADABINS_LOSS = (dict(type='ExpectationSILogLoss', loss_weight=10.0), dict(type='BinChamferLoss', loss_weight=0.1))
# What a head must leave to BaseDecodeHead, so that its logits are K a pixel and mean what they seem to.
LEFT_TO_BASE = ('loss', 'loss_by_feat', 'predict', 'predict_by_feat')


@MODELS.register_module()
class AdaptiveBinsHead(ImageBinsHead):
    """Bins predicted for each image (AdaBins: Bhat et al., 2021; BinsFormer: Li et al., 2022), around any head of
    MMSegmentation that classifies pixels::

        decode_head=dict(type='AdaptiveBinsHead', head=dict(type='UPerHead', in_channels=[...], ...))

    The head inside gives K logits a pixel. A small transformer over the deepest features that it uses gives each image
    its bins: the model's own with their widths changed (:func:`~mmdepthcls.models.image_bins.change_widths`). Untrained
    it changes nothing: the model is the one with fixed bins. First and last edge are always the model's.

    A checkpoint of a model with the head inside alone is a start for training: its names of weights are understood.

    Losses are those of an image's own bins: ``ExpectationSILogLoss`` and ``BinChamferLoss``, which train the widths;
    beside them ``SparseCrossEntropyLoss`` and ``FocalDepthLoss``, to labels that the image's bins make of its depth.
    Auxiliary heads keep the fixed bins. Every training sample needs ``gt_depth_map``.

    Args:
        num_classes: K, given by :class:`~mmdepthcls.models.DepthClassifier`.
        head: config of the head inside, without ``loss_decode``.
        space: widths are shares of 'depth' (as in the papers) or of 'log' depth (needs ``min_depth`` > 0).
        floor: least width of a bin, as a share of its fixed width; in (0, 1].
        network: arguments of :class:`~mmdepthcls.models.bin_width_network.BinWidthNetwork`.
        in_index: which features the network sees. Default: the last that the head inside uses.
        in_channels: their channels. Default: likewise.
        loss_decode: Default: AdaBins' loss.
        init_cfg: see :class:`mmengine.model.BaseModule`.

    Raises:
        ValueError: for a head inside that does not classify pixels or samples them, losses that need fixed bins, losses
            of which none trains the widths or none the logits, and other arguments out of range.
    """

    def __init__(self, num_classes: int, head: dict, space: str = 'depth', floor: float = 0.01,
                 network: dict | None = None, in_index: int | None = None, in_channels: int | None = None,
                 loss_decode: dict | Sequence[dict] = ADABINS_LOSS, init_cfg: dict | list[dict] | None = None) -> None:
        if not 0 < floor <= 1:
            raise ValueError(f'AdaptiveBinsHead: expected 0 < floor <= 1, got {floor!r}')
        space, inner = check_space(self, space), _build_inner(head, num_classes)
        super().__init__(num_classes, loss_decode, inner.align_corners, inner.ignore_index, init_cfg)
        self.space, self.floor, self.head = space, floor, inner
        self.in_index = _last(inner.in_index) if in_index is None else in_index
        in_channels = _last(head.get('in_channels')) if in_channels is None else in_channels
        if in_channels is None:
            raise ValueError('AdaptiveBinsHead: the head inside does not say its in_channels. Set '
                             'decode_head.in_channels to the channels of the features at decode_head.in_index.')
        self.width_network = BinWidthNetwork(in_channels, num_classes, **(network or {}))

    def set_bins(self, bins: DepthBins) -> None:
        """Take the fixed bins of the model.

        Raises:
            ValueError: for bins of another number, and for ``space='log'`` that begins at 0 m.
        """
        if self.space == 'log' and bins.min_depth == 0:
            raise ValueError("AdaptiveBinsHead: space='log' needs model.bins.min_depth > 0, got 0. Raise it, or set "
                             "space='depth'.")
        super().set_bins(bins)

    def predict_bins(self, inputs: list[torch.Tensor]) -> ImageBins:
        """Bins of images (:class:`~mmdepthcls.models.image_bins.ImageBins`, with gradient) from their features."""
        return change_widths(self.width_network(inputs[self.in_index]), self.bins, self.space, self.floor)

    def forward(self, inputs: list[torch.Tensor]) -> torch.Tensor:
        """Logits (N, K, h, w) of a list of feature maps, of the bins that :meth:`predict_bins` gives."""
        return self.head(inputs)

    def take_weights(self, state_dict: dict[str, torch.Tensor], prefix: str) -> None:
        """Rename the weights of a checkpoint that has the head inside where this head is."""
        keys = [key for key in state_dict if key.startswith(prefix)]
        if not any(key.startswith((f'{prefix}head.', f'{prefix}width_network.')) for key in keys):
            for key in keys:
                state_dict[f'{prefix}head.{key[len(prefix):]}'] = state_dict.pop(key)


def _build_inner(cfg, num_classes):
    if 'loss_decode' in cfg:
        raise ValueError('AdaptiveBinsHead: loss_decode stands in its own config, not in that of the head inside, '
                         'where labels of fixed bins mean nothing. Remove decode_head.head.loss_decode.')
    head = MODELS.build(fit_heads(cfg, num_classes, 'decode_head.head'))
    kind = type(head)
    if not isinstance(head, BaseDecodeHead) or head.sampler is not None or any(
            getattr(kind, name) is not getattr(BaseDecodeHead, name) for name in LEFT_TO_BASE):
        raise ValueError(f'AdaptiveBinsHead: {kind.__name__} has a loss or a prediction of its own, or a pixel '
                         'sampler. The head inside must give K logits a pixel and no more, as DeepLabV2Head, '
                         'UPerHead, SegformerHead, FCNHead and PSPHead do.')
    return head


def _last(values):
    return values[-1] if isinstance(values, (list, tuple)) else values
