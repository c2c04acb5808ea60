"""Cross-entropy with labels that also accept the bins nearby."""
from __future__ import annotations

import torch
from mmseg.registry import MODELS

from .depth_loss import DepthLoss

DISTANCES = ('bins', 'depth', 'log_depth')


@MODELS.register_module()
class SoftLabelLoss(DepthLoss):
    """Cross-entropy with a distribution over the bins that falls off with the distance from the measured one, so that a
    near miss costs less than a far one (Cao et al., 2017; Diaz and Marathe, 2019)::

        q_k = exp(-distance(k, label)**2 / (2 * sigma**2)) / sum over all bins

    Its least value is the entropy of q, not 0. A sigma much smaller than the distance of bins is plain cross-entropy.

    Args:
        distance: between bins k and l: 'bins': ``|k - l|``; 'depth': of their centers, m; 'log_depth': of the
            logarithms of their centers. The last two need the model's bins.
        sigma: in the unit of the distance, > 0. Default: 1 bin, 1 m, or 0.1 (10 % of depth).
        **kwargs: see :class:`DepthLoss`.

    Raises:
        ValueError: for another distance or sigma; in training, for 'depth' and 'log_depth' without bins.
    """

    def __init__(self, distance: str = 'bins', sigma: float | None = None, loss_weight: float = 1.0,
                 loss_name: str = 'loss_soft') -> None:
        super().__init__(loss_weight, loss_name)
        if distance not in DISTANCES:
            raise ValueError(f'SoftLabelLoss: distance must be one of {DISTANCES}, got {distance!r}')
        self.distance = distance
        self.sigma = (0.1 if distance == 'log_depth' else 1.0) if sigma is None else sigma
        if not self.sigma > 0:
            raise ValueError(f'SoftLabelLoss: sigma must be > 0, got {sigma}')

    def targets(self, logits: torch.Tensor) -> torch.Tensor:
        """Row l is the distribution for label l: (K, K), in the type of the logits (P, K)."""
        if self.distance == 'bins':
            position = torch.arange(logits.shape[1], dtype=logits.dtype, device=logits.device)
        else:
            position = self.need_bins(logits)
            position = position.log() if self.distance == 'log_depth' else position
        return (-0.5 * ((position[:, None] - position) / self.sigma)**2).softmax(dim=1)

    def per_pixel(self, logits: torch.Tensor, label: torch.Tensor, depth: torch.Tensor | None = None) -> torch.Tensor:
        """See :class:`DepthLoss`."""
        return -(self.targets(logits)[label] * logits.log_softmax(dim=1)).sum(dim=1)
