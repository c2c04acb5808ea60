"""A model whose weights are a moving average of another's."""
from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from ..models.bin_logits import BinLogits
from .output_adversary import logits_of


class Teacher(nn.Module):
    """The part of a model that predicts, with averaged weights; it predicts as in a test, whatever trains around it.

    The t-th time that it follows, from 0 on, a weight becomes alpha times itself and 1 - alpha times the model's, with
    alpha = min(1 - 1 / (t + 1), ``most``): the mean of what the model was, at first, and a moving average later. So it
    begins as the model does. Buffers, such as statistics of batch norms, become the model's.

    Args:
        model: a :class:`~mmdepthcls.models.DepthClassifier`; not kept.
        most: of alpha, in [0, 1).
    """

    def __init__(self, model: Any, most: float) -> None:
        super().__init__()
        self.most = most
        self.backbone = copy.deepcopy(model.backbone)
        self.neck = copy.deepcopy(model.neck) if model.with_neck else None
        self.decode_head = copy.deepcopy(model.decode_head)
        self.times: torch.Tensor
        self.register_buffer('times', torch.zeros(()))
        self.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> Teacher:
        """Stays in the mode of a test."""
        return super().train(False)

    @torch.no_grad()
    def follow(self, model: Any) -> None:
        """Move towards the weights that a model has now."""
        alpha = (1 - 1 / (self.times + 1)).clamp_max(self.most)
        self.times += 1
        weights, buffers = dict(model.named_parameters()), dict(model.named_buffers())
        for name, own in self.named_parameters():
            own.lerp_(weights[name].to(own.dtype), (1 - alpha).to(own.dtype))
        for name, buffer in self.named_buffers():
            if name != 'times':
                buffer.copy_(buffers[name])

    @torch.no_grad()
    def forward(self, inputs: torch.Tensor) -> BinLogits:
        """Logits of (N, 3, H, W) normalised images, as the head gives them."""
        maps = self.backbone(inputs)
        return logits_of(self.decode_head, maps if self.neck is None else self.neck(maps))
