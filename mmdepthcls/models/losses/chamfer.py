"""Bins of an image where its depths are."""
import torch
from mmseg.registry import MODELS
from torch import nn

from .depth_loss import mean_over_processes


def chamfer_1d(centers, depth):
    """Squared distance of two sets of numbers: each to the nearest of the other set, both ways, means added.

    Exact, and without a matrix of all pairs: both sets are sorted, and neighbours looked up.

    Args:
        centers (Tensor): (K, ) m, K > 0, with gradient.
        depth (Tensor): (P, ) m, P > 0.

    Returns:
        Tensor: 0-dimensional, m squared.
    """
    centers, depth = centers.sort()[0], depth.sort()[0]
    middles = (centers[1:] + centers[:-1]).detach() / 2
    of_depth = (depth - centers[torch.searchsorted(middles, depth)]).square().mean()
    after = torch.searchsorted(depth, centers.detach()).clamp_max(len(depth) - 1)
    before = (after - 1).clamp_min(0)
    return of_depth + torch.minimum((centers - depth[before]).square(), (centers - depth[after]).square()).mean()


@MODELS.register_module()
class BinChamferLoss(nn.Module):
    """Bi-directional Chamfer loss between the bin centers of an image and its measured depths (AdaBins, Bhat et al.,
    2021, eq. 5): squared metres, each center to the nearest depth and each depth to the nearest center.

    For an :class:`mmdepthcls.models.AdaptiveBinsHead`. It is the mean over the images, of all processes, that have
    depth; 0, with a gradient, where there is none. In distributed training every process must compute it.

    Args:
        loss_weight (float): factor. Default 0.1, as in the paper (eq. 6).
        loss_name (str): name in the logs; starts with 'loss'.
    """
    #: Goes with bins that differ from image to image.
    of_image_bins = True
    #: Gives the bins a gradient.
    trains_bins = True
    #: Compares the centers of bins with depth, and does not look at pixels' logits.
    of_centers = True

    def __init__(self, loss_weight=0.1, loss_name='loss_chamfer'):
        super().__init__()
        self.loss_weight, self.loss_name = loss_weight, loss_name

    def forward(self, centers, depth, valid):
        """The loss of a batch.

        Args:
            centers (Tensor): (N, K) m.
            depth (Tensor): (N, H, W) m.
            valid (Tensor): (N, H, W) bool, where depth was measured.

        Returns:
            Tensor: 0-dimensional.
        """
        with torch.autocast(centers.device.type, enabled=False):
            centers = centers if centers.dtype == torch.float64 else centers.float()
            values = [chamfer_1d(own, each[mask].to(own)) for own, each, mask in zip(centers, depth, valid, strict=True)
                      if mask.any()]
            # Without an image the mean is that of no number, which hangs on the centers nevertheless.
            return self.loss_weight * mean_over_processes(torch.stack(values) if values else centers.flatten()[:0])
