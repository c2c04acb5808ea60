"""Losses of a decode head on pixels that count more or less."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.structures import PixelData
from mmseg.models.utils import resize
from mmseg.structures import SegDataSample
from torch import nn

from ..models.loss_family import OF_REGIONS, losses_of
from ..models.losses.depth_loss import DepthLoss, of_pixels
from ..models.losses.measured_pixels import MeasuredPixels
from .network_output import makes_losses_of_logits


def weighted_losses(head: nn.Module) -> list[nn.Module]:
    """Losses of a head whose pixels can be weighted: those that are sums over pixels."""
    return [loss for loss in losses_of(head)
            if (loss.sum_of_pixels if isinstance(loss, DepthLoss) else type(loss).__name__ not in OF_REGIONS)]


def losses_of_weighted_pixels(model: Any, features: Sequence[torch.Tensor], depth: torch.Tensor,
                              weight: torch.Tensor) -> dict[str, torch.Tensor]:
    """Losses of the decode head by name, divided by the number of all pixels, whatever their weight.

    A head that computes its losses in a way of its own gets the pixels of weight 0 without a label, and all others
    with the same weight.

    Args:
        model: a :class:`~mmdepthcls.models.DepthClassifier`.
        features: (N, C, h, w) each.
        depth: (N, 1, H, W) m; beyond the bins a pixel has weight 0.
        weight: (N, 1, H, W) from 0 on.
    """
    head, bins = model.decode_head, model.bins
    label = bins.encode(depth, head.ignore_index)
    weight = weight * (label != head.ignore_index)
    if makes_losses_of_logits(head):
        return _of_logits(head, head(features), label[:, 0], depth[:, 0], weight[:, 0])
    samples = []
    for own_depth, own_label, counts in zip(depth, label, weight > 0, strict=True):
        samples.append(SegDataSample(gt_depth_map=PixelData(data=own_depth * counts), gt_sem_seg=PixelData(
            data=own_label.masked_fill(~counts, head.ignore_index))))
    losses = head.loss(features, samples, model.train_cfg)
    return {name: value for name, value in losses.items() if 'loss' in name}


def _of_logits(head, logits, label, depth, weight):
    """All pixels get a label, and those that have none no weight: how many these are would have to be waited for."""
    label, losses = label.masked_fill(label == head.ignore_index, 0), weighted_losses(head)
    sparse = [loss for loss in losses if isinstance(loss, DepthLoss)]
    dense = [loss for loss in losses if not isinstance(loss, DepthLoss)]
    pixels = MeasuredPixels(logits, label, head.ignore_index, head.align_corners, depth, label.numel())
    named = list(zip([loss.loss_name for loss in sparse], of_pixels(sparse, pixels, weight), strict=True))
    if dense:
        upsampled = resize(logits, size=label.shape[1:], mode='bilinear', align_corners=head.align_corners)
        named += [(loss.loss_name, loss(upsampled, label, weight=weight, ignore_index=head.ignore_index))
                  for loss in dense]
    result: dict[str, torch.Tensor] = {}
    for name, value in named:
        result[name] = result[name] + value if name in result else value
    return result
