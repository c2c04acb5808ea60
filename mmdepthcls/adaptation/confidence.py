"""How sure a model is of the depth that it reads: the probability within a factor of it. Pure.

Shapes: N images, K bins, H x W pixels.
"""
from __future__ import annotations

import math

import torch

from ..models.distribution import by_rows, per_channel

FACTOR = 1.25  # of d1, the share of pixels that are right within it


def mass_within(logits: torch.Tensor, depth: torch.Tensor, centers: torch.Tensor, edges: torch.Tensor,
                factor: float = FACTOR, ordinal: bool = False) -> torch.Tensor:
    """Probability that depth lies within a factor of a reading: between ``depth / factor`` and ``depth * factor``, that
    is within ln ``factor`` in log depth, whatever the bins. Of a calibrated model it is the chance that the reading
    counts for d1.

    Within a bin the distribution is uniform: in log depth where the bin's center is its geometric one, else in depth.

    Args:
        logits: (N, K, H, W), any floating type: of a softmax, or with ``ordinal`` of the questions "farther than bin
            k?".
        depth: (N, 1, H, W) m, the reading.
        centers: of the bins, m, (K, ) or (N, K, 1, 1).
        edges: likewise, K + 1 of them.
        factor: > 1.
        ordinal: see ``logits``.

    Returns:
        (N, 1, H, W) float32 in [0, 1].
    """
    centers, edges = per_channel(centers), per_channel(edges)
    both = torch.cat([logits, depth.to(logits.dtype) if logits.dtype == torch.float64 else depth], dim=1)

    def of_block(part):
        below = _below_edges(part[:, :-1], ordinal)
        reading = part[:, -1:]
        share = _below(reading * factor, below, centers, edges) - _below(reading / factor, below, centers, edges)
        return share.clamp(0, 1)

    return by_rows(of_block, both)


def probability_below(logits: torch.Tensor, depth: torch.Tensor, centers: torch.Tensor, edges: torch.Tensor,
                      ordinal: bool = False) -> torch.Tensor:
    """Probability that depth is less than some: the distribution function; arguments as of :func:`mass_within`.

    Returns:
        (N, 1, H, W) float32 in [0, 1]: 0 up to the first edge, 1 from the last on.
    """
    centers, edges = per_channel(centers), per_channel(edges)
    return by_rows(lambda part: _below(part[:, -1:], _below_edges(part[:, :-1], ordinal), centers, edges),
                   torch.cat([logits, depth], dim=1)).clamp(0, 1)


def _below_edges(logits, ordinal):
    """Probability below each edge but the first: (N, K, h, W)."""
    if not ordinal:
        return logits.softmax(dim=1).cumsum(dim=1)
    below = (-logits).sigmoid().cummax(dim=1).values
    below[:, -1] = 1  # nothing is farther than the last bin, whatever its question says
    return below


def _below(depth, below, centers, edges):
    """Probability below a depth (N, 1, h, W)."""
    size = (depth.shape[0], -1, *depth.shape[2:])
    index = (edges[:, 1:-1] <= depth).sum(dim=1, keepdim=True)
    low, high = (part.expand(size).gather(1, index) for part in (edges[:, :-1], edges[:, 1:]))
    center = centers.expand(size).gather(1, index)
    until = below.gather(1, index)
    before = torch.where(index > 0, below.gather(1, (index - 1).clamp_min(0)), torch.zeros_like(until))
    return before + (until - before) * _share_below(depth, low, high, center)


def _share_below(depth, low, high, center):
    """Share of a bin that is nearer than a depth."""
    linear = (depth - low) / (high - low)
    geometric = (low > 0) & ((center - (low * high).sqrt()).abs() < (center - (low + high) / 2).abs())
    safe = torch.where(low > 0, low, high / 2)
    logarithmic = (depth.clamp_min(torch.finfo(torch.float32).tiny) / safe).log() / (high / safe).log()
    return torch.where(geometric, logarithmic, linear).clamp(0, 1)


def spread_of(confidence: float, factor: float = FACTOR) -> float:
    """Standard deviation of log depth of a normal distribution with so much probability within a factor of its mean.

    Args:
        confidence: in (0, 1).
        factor: > 1.

    >>> round(spread_of(0.9742), 3)
    0.1
    """
    quantile = torch.special.erfinv(torch.tensor(confidence, dtype=torch.float64)).item()
    return math.log(factor) / (math.sqrt(2) * quantile)
