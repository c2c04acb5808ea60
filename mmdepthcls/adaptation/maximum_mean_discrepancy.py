"""Deep adaptation network: features of two domains have one distribution, as several kernels see it."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmseg.registry import MODELS

from .adaptation_method import check_number
from .feature_distance import FeatureDistance

ESTIMATES = ('unbiased', 'biased')


@MODELS.register_module()
class DAN(FeatureDistance):
    """Adds ``loss_mmd``, the squared maximum mean discrepancy of the features (Long et al., 2015), of the mean of
    several Gaussian kernels, each as wide as the median distance of the batch times a factor.

    Of the paper this is the distance, with an equal weight for all kernels and the estimate of all pairs in the place
    of that of few, which has the same mean and less variance.

    Args:
        factors: of the median squared distance, one a kernel.
        estimate: 'unbiased' (may be below 0) or 'biased' (never is).
        places: see :class:`FeatureDistance`; all pairs of them are compared.
        **kwargs: see :class:`FeatureDistance`.

    Raises:
        ValueError: for factors that are not above 0, and another estimate.
    """
    loss_name = 'loss_mmd'

    def __init__(self, factors: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 4.0), estimate: str = 'unbiased',
                 places: int | None = 512, **kwargs: Any) -> None:
        super().__init__(places=places, **kwargs)
        if not factors:
            raise ValueError('DAN: expected one factor or more, one a kernel, got none')
        for factor in factors:
            check_number(self, 'each of factors', factor, least=1e-6)
        if estimate not in ESTIMATES:
            raise ValueError(f'DAN: estimate must be one of {ESTIMATES}, got {estimate!r}')
        self.factors = tuple(factors)
        self.unbiased = estimate == 'unbiased'

    def distance(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """See :class:`FeatureDistance`."""
        return squared_discrepancy(source, target, self.factors, self.unbiased)


def squared_discrepancy(source: torch.Tensor, target: torch.Tensor, factors: Sequence[float],
                        unbiased: bool) -> torch.Tensor:
    """Estimate of the squared maximum mean discrepancy, for the mean of the kernels exp(-d^2 / (factor * median d^2)).

    Args:
        source, target: (n, C) and (m, C) vectors, n and m from 2 on.
        factors: of the median, taken over all pairs of different vectors of both.
        unbiased: leave out the pairs of a vector with itself.

    Returns:
        0-dimensional.
    """
    vectors = torch.cat([source, target])
    vectors = vectors - vectors.detach().mean(dim=0)  # small numbers, whose squares lose little
    norms = (vectors**2).sum(dim=1)
    squares = (norms[:, None] + norms - 2 * vectors @ vectors.T).clamp_min(0)
    number = len(vectors)
    others = squares.detach().flatten()[:-1].view(number - 1, number + 1)[:, 1:]  # all but the diagonal
    median = others.median().clamp_min(torch.finfo(squares.dtype).tiny**0.5)
    kernel = torch.stack([(-squares / (factor * median)).exp() for factor in factors]).mean(dim=0)
    split = len(source)
    within = [_mean_within(kernel[:split, :split], unbiased), _mean_within(kernel[split:, split:], unbiased)]
    return within[0] + within[1] - 2 * kernel[:split, split:].mean()


def _mean_within(kernel, unbiased):
    if not unbiased:
        return kernel.mean()
    return (kernel.sum() - kernel.diagonal().sum()) / (len(kernel) * (len(kernel) - 1))
