"""Base of heads whose bins differ from image to image."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from torch import nn

from ..bins import DepthBins
from .bins_user import BinsUser
from .head_loss import loss_of_image_bins
from .image_bins import ImageBins
from .losses.center_loss import CenterLoss
from .losses.depth_loss import DepthLoss


class ImageBinsHead(BinsUser, BaseModule):
    """Decode head that gives each image bins of its own beside the logits.

    A subclass has :meth:`forward`, the logits, and :meth:`predict_bins`, the bins that they are of, both from the list
    of feature maps of the backbone or neck. ``self.bins`` are the model's fixed bins, of which labels and
    ``seg_logits`` remain. Training and predicting follow from that; ``MODELS.register_module()`` makes it a ``type`` of
    ``decode_head``.

    Args:
        num_classes: K, given by :class:`~mmdepthcls.models.DepthClassifier`.
        loss_decode: losses of images' own bins: each a :class:`.CenterLoss`, or a :class:`.DepthLoss` whose
            ``of_image_bins`` is true.
        align_corners: of upsampling, see :func:`torch.nn.functional.interpolate`.
        ignore_index: label of pixels without depth.
        init_cfg: see :class:`mmengine.model.BaseModule`.

    Raises:
        ValueError: for losses that need fixed bins; and if none trains the bins, or none the logits.
    """
    #: Config of the decoder of a model with this head that names none.
    default_decoder: dict | None = dict(type='ExpectationDecoder')

    def __init__(self, num_classes: int, loss_decode: dict | Sequence[dict], align_corners: bool = False,
                 ignore_index: int = 255, init_cfg: dict | list[dict] | None = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = self.out_channels = num_classes
        self.align_corners, self.ignore_index = align_corners, ignore_index
        losses = [loss_decode] if isinstance(loss_decode, dict) else loss_decode
        self.loss_decode = nn.ModuleList(MODELS.build(dict(loss)) for loss in losses)
        self._check_losses()

    def set_bins(self, bins: DepthBins) -> None:
        """Take the fixed bins of the model.

        Raises:
            ValueError: for bins of another number.
        """
        if bins.num_bins != self.num_classes:
            raise ValueError(f'{type(self).__name__}: {self.num_classes} logits a pixel, but the bins are {bins!r}')
        super().set_bins(bins)

    def forward(self, inputs: list[torch.Tensor]) -> torch.Tensor:
        """Logits (N, K, h, w) of a list of feature maps."""
        raise NotImplementedError

    def predict_bins(self, inputs: list[torch.Tensor]) -> ImageBins:
        """Bins of the N images, with gradient, from the same feature maps."""
        raise NotImplementedError

    def predict(self, inputs: list[torch.Tensor], batch_img_metas: list[dict], test_cfg: Any) -> torch.Tensor:
        """Logits (N, K, H, W) at the size of the network's input."""
        return BaseDecodeHead.predict_by_feat(self, self.forward(inputs), batch_img_metas)

    def loss(self, inputs: list[torch.Tensor], batch_data_samples: list, train_cfg: Any) -> dict[str, torch.Tensor]:
        """Losses by name, and ``acc_seg`` in percent."""
        return loss_of_image_bins(self, self.forward(inputs), self.predict_bins(inputs), batch_data_samples)

    def take_weights(self, state_dict: dict, prefix: str) -> None:
        """Rename, in place, weights of a checkpoint that this head can begin with under other names; called before any
        are loaded.

        Args:
            state_dict: all weights.
            prefix: of this head's keys.
        """

    def _check_losses(self):
        name = type(self).__name__
        centers = [loss for loss in self.loss_decode if isinstance(loss, CenterLoss)]
        pixels = [loss for loss in self.loss_decode if isinstance(loss, DepthLoss) and loss.of_image_bins]
        for loss in self.loss_decode:
            if loss not in centers and loss not in pixels:
                raise ValueError(f'{name}: {type(loss).__name__} is for fixed bins. Use ExpectationSILogLoss and '
                                 'BinChamferLoss, and beside them SparseCrossEntropyLoss or FocalDepthLoss.')
        if not centers and not any(loss.trains_bins for loss in pixels):
            raise ValueError(f'{name}: none of its losses trains the widths of the bins. Add ExpectationSILogLoss or '
                             'BinChamferLoss.')
        if not pixels:
            raise ValueError(f'{name}: none of its losses trains the logits. Add ExpectationSILogLoss.')
