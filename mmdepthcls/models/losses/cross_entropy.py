"""Cross-entropy computed only where depth was measured: LiDAR measures few pixels, and all others cost nothing."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from mmseg.registry import MODELS

from .depth_loss import DepthLoss


@MODELS.register_module()
class SparseCrossEntropyLoss(DepthLoss):
    """Cross-entropy, the same as MMSegmentation's ``CrossEntropyLoss`` with ``avg_non_ignore=True`` on upsampled
    logits, but interpolated only where depth was measured. Where that is more than 60 % of the pixels, everything is
    upsampled as ever, which is faster then. Arguments: see :class:`DepthLoss`."""

    takes_maps = True
    of_image_bins = True

    def __init__(self, loss_weight: float = 1.0, loss_name: str = 'loss_ce') -> None:
        super().__init__(loss_weight, loss_name)

    def per_pixel(self, logits: torch.Tensor, label: torch.Tensor, depth: torch.Tensor | None = None) -> torch.Tensor:
        """See :class:`DepthLoss`."""
        return F.cross_entropy(logits, label, reduction='none')
