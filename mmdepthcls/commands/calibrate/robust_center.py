"""The center of numbers that are sure to different degrees, and of which some are wrong. Pure.

Tukey's M-estimate ("biweight"), from the weighted median on: what lies more than 4.685 spreads away counts nothing,
what is nearer the more the nearer it is. Of normal errors it is as exact as the mean nearly is (95 %), where the median
needs 1.57 times as many numbers.
"""
from __future__ import annotations

import numpy as np

REACH = 4.685  # spreads; 95 % as exact as the mean
NORMAL = 1.4826  # a normal distribution's standard deviation for its median absolute deviation
STEPS, STILL = 50, 1e-9


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """The value with half of the weight on either side; the middle of two where both have it.

    >>> weighted_median(np.array([3.0, 1.0, 2.0, 9.0]), np.ones(4))
    2.5
    """
    order = np.argsort(values)
    ranked, until = np.asarray(values, np.float64)[order], np.cumsum(np.asarray(weights, np.float64)[order])
    half, slack = until[-1] / 2, until[-1] * 1e-12
    first = ranked[np.searchsorted(until, half - slack)]
    last = ranked[min(np.searchsorted(until, half + slack), len(ranked) - 1)]
    return float((first + last) / 2)


def robust_center(values: np.ndarray, spreads: np.ndarray) -> float:
    """Tukey's M-estimate of numbers.

    Args:
        values: (n, ), n > 0.
        spreads: (n, ) > 0: how far each is expected to be off, in any unit. How far they are indeed is taken from the
            numbers (median absolute deviation).

    Returns:
        Between the least and the greatest; where more than half are the same, that.

    >>> round(robust_center(np.array([1.0, 1.2, 0.8, 1.1, 0.9, 50.0]), np.ones(6)), 2)
    1.0
    """
    values, spreads = np.asarray(values, np.float64), np.asarray(spreads, np.float64)
    center = weighted_median(values, 1 / spreads)
    unit = NORMAL * float(np.median(np.abs(values - center) / spreads))
    if unit * spreads.max() <= 1e-12 * max(1.0, abs(center)):
        return center
    for _ in range(STEPS):
        away = (values - center) / (REACH * unit * spreads)
        weights = np.where(np.abs(away) < 1, (1 - away**2)**2, 0.0) / spreads**2
        before, center = center, float((weights * values).sum() / weights.sum())
        if abs(center - before) <= STILL * unit:
            break
    return center
