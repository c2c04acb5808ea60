"""Deep CORAL: features of two domains have one covariance."""
import torch
from mmseg.registry import MODELS

from .feature_distance import FeatureDistance


@MODELS.register_module()
class DeepCORAL(FeatureDistance):
    """Adds ``loss_coral``, the distance of the covariances of the features (Sun and Saenko, 2016): see
    :func:`coral_distance`. Arguments: those of :class:`FeatureDistance`."""
    loss_name = 'loss_coral'

    def distance(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """See :class:`FeatureDistance`."""
        return coral_distance(source, target)


def coral_distance(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Squared Frobenius norm of the difference of two covariance matrices, divided by 4 C^2.

    Args:
        source, target: (n, C) and (m, C) vectors, n and m from 2 on.

    Returns:
        0-dimensional, from 0 on.
    """
    difference = covariance(source) - covariance(target)
    return (difference**2).sum() / (4 * source.shape[1]**2)


def covariance(vectors: torch.Tensor) -> torch.Tensor:
    """(C, C) covariance of (n, C) vectors, divided by n - 1."""
    centered = vectors - vectors.mean(dim=0)
    return centered.T @ centered / (len(vectors) - 1)
