"""The loss that moves bin centers to where an image has depth (AdaBins), for bins predicted for each image."""
from __future__ import annotations

import torch
from mmseg.registry import MODELS

from .center_loss import CenterLoss


def chamfer_1d(centers: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
    """Squared distance of two sets of numbers: each to the nearest of the other set, both ways, means added.

    Exact, and without a matrix of all pairs: both sets are sorted, and neighbours looked up.

    Args:
        centers: (K, ) m, K > 0, with gradient.
        depth: (P, ) m, P > 0.

    Returns:
        0-dimensional, m squared.
    """
    centers, depth = centers.sort()[0], depth.sort()[0]
    middles = (centers[1:] + centers[:-1]).detach() / 2
    of_depth = (depth - centers[torch.searchsorted(middles, depth)]).square().mean()
    after = torch.searchsorted(depth, centers.detach()).clamp_max(len(depth) - 1)
    before = (after - 1).clamp_min(0)
    return of_depth + torch.minimum((centers - depth[before]).square(), (centers - depth[after]).square()).mean()


@MODELS.register_module()
class BinChamferLoss(CenterLoss):
    """Bi-directional Chamfer loss between the bin centers of an image and its measured depths (AdaBins, Bhat et al.,
    2021, eq. 5): squared metres, each center to the nearest depth and each depth to the nearest center.

    Args:
        loss_weight: factor. Default 0.1, as in the paper (eq. 6).
        loss_name: name in the logs; starts with 'loss'.
    """

    def __init__(self, loss_weight: float = 0.1, loss_name: str = 'loss_chamfer') -> None:
        super().__init__(loss_weight, loss_name)

    def per_image(self, centers: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
        """See :class:`CenterLoss`."""
        return chamfer_1d(centers, depth)
