"""Ordinal regression: for every bin the question whether depth lies beyond it (DORN)."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from mmseg.registry import MODELS

from .depth_loss import DepthLoss


@MODELS.register_module()
class OrdinalLoss(DepthLoss):
    """The loss of DORN (Fu et al., 2018): K yes-or-no questions "is the depth beyond bin k?", summed.

    The sigmoid of logit k is P(label > k), k = 0..K-1, as DORN's softmax over a pair of maps is that of their
    difference. The answer of the last is always no. Decode with :class:`mmdepthcls.models.OrdinalDecoder`: a softmax
    has no meaning here. Arguments: see :class:`DepthLoss`.
    """

    family = 'ordinal'

    def __init__(self, loss_weight: float = 1.0, loss_name: str = 'loss_ordinal') -> None:
        super().__init__(loss_weight, loss_name)

    def per_pixel(self, logits: torch.Tensor, label: torch.Tensor, depth: torch.Tensor | None = None) -> torch.Tensor:
        """See :class:`DepthLoss`."""
        beyond = torch.arange(logits.shape[1], device=logits.device) < label[:, None]
        return F.binary_cross_entropy_with_logits(logits, beyond.to(logits.dtype), reduction='none').sum(dim=1)
