"""What a decode head gives while it trains, and the metres in it."""
from __future__ import annotations

from typing import Any

import torch
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import nn

from ..models.bin_logits import BinLogits
from ..models.image_bins_head import ImageBinsHead


def makes_losses_of_logits(head: nn.Module) -> bool:
    """Whether a head computes its losses as most of MMSegmentation's do, from its logits and nothing else."""
    return (isinstance(head, BaseDecodeHead) and type(head).loss is BaseDecodeHead.loss
            and type(head).loss_by_feat is BaseDecodeHead.loss_by_feat)


def logits_of(head: nn.Module, features: list[torch.Tensor] | tuple[torch.Tensor, ...]) -> BinLogits:
    """What a decode head makes of feature maps, with gradient, and which bins that is of.

    Raises:
        ValueError: for a head that gives several maps while it trains.
    """
    logits = head(features)
    if not isinstance(logits, torch.Tensor):
        raise ValueError(f'{type(head).__name__} gives several maps in training, and which of them an adaptation is '
                         "to look at is not known. Adapt this model by its features: model.adaptation=dict(type="
                         "'DeepCORAL') or dict(type='DAN').")
    return BinLogits(logits, head.predict_bins(list(features)) if isinstance(head, ImageBinsHead) else None)


def bins_of(model: Any, logits: BinLogits) -> tuple[torch.Tensor, torch.Tensor]:
    """Edges and centers, m, of the bins that logits are of, as decoders take them."""
    if logits.image_bins is None:
        return model.bins.tensors(logits.logits.device, torch.float32)
    edges, centers = logits.image_bins
    return edges[..., None, None], centers[..., None, None]


def read_depth(model: Any, logits: BinLogits) -> torch.Tensor:
    """(N, 1, h, w) float32 metres of the bins, as the model's decoder reads logits (N, K, h, w)."""
    edges, centers = bins_of(model, logits)
    return model.decoder(logits.logits, centers, edges)
