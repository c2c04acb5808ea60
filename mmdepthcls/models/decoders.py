"""From the logits of depth bins to metres. Shapes: N images, K bins, H x W pixels."""
import torch
from mmseg.registry import MODELS
from torch import nn


@MODELS.register_module()
class ExpectationDecoder(nn.Module):
    """Expected depth: the bin centers weighted with the probabilities (soft-argmax)."""

    def forward(self, logits, centers):
        """Decode.

        Args:
            logits (Tensor): (N, K, H, W), any floating type.
            centers (Tensor): bin centers in metres, (K,) or (N, K, 1, 1) where they differ per image.

        Returns:
            Tensor: (N, 1, H, W) float32 metres, between the least and the greatest center.
        """
        probabilities = logits.float().softmax(dim=1)
        return (probabilities * _per_channel(centers)).sum(dim=1, keepdim=True)


@MODELS.register_module()
class ArgmaxDecoder(nn.Module):
    """Center of the most probable bin."""

    def forward(self, logits, centers):
        """Decode; arguments and result as :class:`ExpectationDecoder`."""
        best = logits.argmax(dim=1, keepdim=True)
        centers = _per_channel(centers).expand(logits.shape[0], -1, *logits.shape[2:])
        return centers.gather(1, best)


def _per_channel(centers):
    """Centers as float32 (1 or N, K, 1, 1)."""
    return (centers.view(1, -1, 1, 1) if centers.dim() == 1 else centers).float()


def confidence(logits):
    """Probability of the most probable bin.

    Args:
        logits (Tensor): (N, K, H, W).

    Returns:
        Tensor: (N, 1, H, W) float32 in [1 / K, 1].
    """
    logits = logits.float()
    return torch.exp(logits.amax(dim=1, keepdim=True) - logits.logsumexp(dim=1, keepdim=True))


def log_probabilities(probabilities):
    """Logits of (averaged) probabilities: their logarithms, finite also for 0.

    Args:
        probabilities (Tensor): any shape, float32.

    Returns:
        Tensor: the same shape.
    """
    return probabilities.clamp_min(torch.finfo(probabilities.dtype).tiny).log()
