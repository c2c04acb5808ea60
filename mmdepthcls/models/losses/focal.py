"""Cross-entropy that looks less at pixels which are classified well."""
from __future__ import annotations

import torch
from mmseg.registry import MODELS

from .depth_loss import DepthLoss


@MODELS.register_module()
class FocalDepthLoss(DepthLoss):
    """Cross-entropy that counts pixels less the better they are classified: ``-(1 - p)**gamma * log(p)``, where p is
    the softmax probability of the label (Lin et al., 2017, for several classes).

    MMSegmentation's ``FocalLoss`` is one-against-all with sigmoids, needs a compiled operator on a GPU and
    fails on a CPU.

    Args:
        gamma: >= 0; 0 is plain cross-entropy. Default 2.
        **kwargs: see :class:`DepthLoss`.

    Raises:
        ValueError: for a negative gamma.
    """
    of_image_bins = True

    def __init__(self, gamma: float = 2.0, loss_weight: float = 1.0, loss_name: str = 'loss_focal') -> None:
        super().__init__(loss_weight, loss_name)
        if not gamma >= 0:
            raise ValueError(f'FocalDepthLoss: gamma must be >= 0, got {gamma}')
        self.gamma = gamma

    def per_pixel(self, logits: torch.Tensor, label: torch.Tensor, depth: torch.Tensor | None = None) -> torch.Tensor:
        """See :class:`DepthLoss`."""
        log_p = logits.log_softmax(dim=1).gather(1, label[:, None])[:, 0]
        # Not below the rounding of p: a power less than 1 of 0 has no finite gradient.
        miss = -torch.expm1(log_p)
        return -miss.clamp_min(torch.finfo(logits.dtype).eps)**self.gamma * log_p
