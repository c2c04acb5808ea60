"""The interval that a model predicts, made wider (or narrower) by one number. Pure.

The number is found on measured images so that the interval covers what it was asked to (``mmdepthcls calibrate``), and
is stored in the model file. The same arithmetic serves arrays of NumPy and of torch, and so exported models.
"""
from __future__ import annotations

from typing import Any

LEAST = 1e-3  # m: an end of an interval that is nearer counts as this, since 0 has no logarithm
# Range of the factor.
NARROWEST, WIDEST = 1e-3, 1e3


def widened(low: Any, high: Any, factor: float) -> tuple[Any, Any]:
    """The interval around the same center on the scale of log depth, ``factor`` times as wide there::

        c = sqrt(low * high)      low' = c * (low / c) ** factor      high' = c * (high / c) ** factor

    The ends stay positive, a greater factor gives an interval that holds that of a smaller one, and metres that are
    multiplied by a number may be so before or after.

    Args:
        low, high: m, arrays or tensors of one shape, 0 <= low <= high; 0 where nothing was predicted, which stays.
        factor: > 0; 1 changes nothing.

    Returns:
        The ends, m, of the arrays' type.

    >>> import numpy as np
    >>> [round(float(end[0]), 6) for end in widened(np.array([4.0]), np.array([9.0]), 2.0)]
    [2.666667, 13.5]
    """
    first = low + (low < LEAST) * (LEAST - low)
    last = high + (high < first) * (first - high)
    ratio = (last / first)**((factor - 1) / 2)
    there = high > 0
    return there * (first / ratio), there * (last * ratio)


def needed_factor(low: Any, high: Any, depth: Any) -> Any:
    """The least factor at which the interval holds a depth: the inverse of :func:`widened`.

    Args:
        low, high: m, NumPy arrays of one shape, 0 < high.
        depth: (same shape) positive metres.

    Returns:
        Same shape, >= 0, float64; infinite where the interval has no width and another depth.
    """
    import numpy as np
    first = np.maximum(np.asarray(low, np.float64), LEAST)
    last = np.maximum(np.asarray(high, np.float64), first)
    away = np.abs(np.log(np.asarray(depth, np.float64)) - (np.log(first) + np.log(last)) / 2)
    half = (np.log(last) - np.log(first)) / 2
    with np.errstate(divide='ignore', invalid='ignore'):
        return np.where(away == 0, 0.0, away / half)
