"""Depth regression: one number a pixel in place of K, the rival of classification on the same network."""
from __future__ import annotations

import torch
from mmseg.registry import MODELS

from .decoders import Decoder


@MODELS.register_module()
class RegressionDecoder(Decoder):
    """Metres from a single logit x, for a plain regression with any head::

        model = dict(type='DepthClassifier', bins=..., decoder=dict(type='RegressionDecoder'),
                     decode_head=dict(..., loss_decode=dict(type='RegressionSILogLoss')))

    ``log depth = log a + sigmoid(x) * log(b / a)`` with [a, b] the range of the bins, which have no other meaning here.
    The heads get one class. Uncertainty, windows (``mode='slide'``) and test-time augmentation, all of a softmax, are
    refused.

    Raises:
        ValueError: when decoding, for bins that begin at 0 m (its loss refuses them when the model is built).
    """
    uses_edges = True
    of_softmax = False
    family = 'regression'
    #: What the heads give for each pixel, instead of one logit a bin.
    num_logits = 1

    def decode(self, logits: torch.Tensor, centers: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """See :class:`~mmdepthcls.models.decoders.Decoder`."""
        assert edges is not None  # uses_edges
        if not torch.compiler.is_exporting():  # edges have no values there
            check_range(float(edges[:, 0].min()))
        return regressed_depth(logits, edges[:, :1], edges[:, -1:])


def regressed_depth(logits, min_depth, max_depth):
    """Metres of regression logits, see :class:`RegressionDecoder`.

    Args:
        logits (Tensor): any shape.
        min_depth, max_depth (Tensor): metres, > 0, broadcast to it.

    Returns:
        Tensor: metres, the shape of the logits.
    """
    return min_depth * (max_depth / min_depth)**logits.sigmoid()


def check_range(min_depth: float) -> None:
    """Refuse bins without a logarithm.

    Raises:
        ValueError: if ``min_depth`` is not > 0.
    """
    if not min_depth > 0:
        raise ValueError(f'RegressionDecoder: expected bins that begin beyond 0 m, got {min_depth:g} m: '
                         'it regresses log depth')
