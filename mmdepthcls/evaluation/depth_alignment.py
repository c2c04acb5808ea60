"""Predictions brought to the ground truth's scale before they are scored, as relative depth needs it. Pure; P pixels.

With p the prediction and g the ground truth (m) of the pixels of one image that a protocol scores and that have a
prediction:

============  ==================================================================================================
'median'      p * median(g) / median(p), as monodepth2 (there: the median of all that is scored)
'scale'       s * p, where s >= 0 has the least sum of (s * p - g)**2
'disparity'   1 / (s / p + t), where s >= 0 and t have the least sum of (s / p + t - 1 / g)**2, as MiDaS
============  ==================================================================================================

What an alignment cannot know never looks like knowledge:

- It needs more pixels than it has numbers to choose ('scale' 2, 'disparity' 3), else it would fit them all exactly:
  with fewer, the prediction is scored as it is. ('median' does what monodepth2 does.)
- ``s`` is never negative: a prediction that is the wrong way round, or constant, becomes the best constant (s = 0).
- A disparity that is not positive after aligning is beyond every depth: it counts as the far end of the range to which
  the protocol clamps; where it does not clamp, as a pixel that was not predicted.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ALIGNMENTS = ('median', 'scale', 'disparity')
NUMBERS = {'scale': 1, 'disparity': 2}  # that least squares choose


@dataclass(frozen=True)
class DepthAlignment:
    """What is done to a prediction: ``scale * p``, or ``1 / (scale / p + shift)`` of a disparity.

    Args:
        scale: factor, of p or of 1/p.
        shift: 1/m; of a disparity only.
        of_disparity: whether 1/p is aligned.
    """
    scale: float = 1.0
    shift: float = 0.0
    of_disparity: bool = False

    def apply(self, pred: np.ndarray, beyond: float) -> np.ndarray:
        """Align positive metres, any shape.

        Args:
            pred: m; what is no positive number stays what it is.
            beyond: what a pixel gets that is farther than numbers go: whose disparity is not positive.

        Returns:
            m, a new array of the same shape, float64.
        """
        good = (pred > 0) & np.isfinite(pred)
        values = np.where(good, pred, 1).astype(np.float64)
        with np.errstate(over='ignore', divide='ignore'):
            if self.of_disparity:
                disparity = self.scale / values + self.shift
                values = np.where(disparity > 0, 1 / disparity, np.inf)
            else:
                values = values * self.scale
        return np.where(good, np.where(np.isinf(values), beyond, values), pred)


def align(kind: str | None, pred: np.ndarray, gt: np.ndarray, good: np.ndarray | None = None) -> DepthAlignment:
    """The alignment of one image.

    Args:
        kind: one of :data:`ALIGNMENTS`; None: none.
        pred: (P, ) m.
        gt: (P, ) positive metres.
        good: (P, ) bool, which predictions are positive numbers. None: all.

    Returns:
        That of the pixels that are good; the one that changes nothing where there are too few.

    Raises:
        ValueError: for another ``kind``.

    >>> align('disparity', np.array([1.0, 2.0, 4.0]), np.array([2.0, 3.0, 4.0])).of_disparity
    True
    """
    if kind is None:
        return DepthAlignment()
    if kind not in ALIGNMENTS:
        raise ValueError(f'alignment must be None or one of {ALIGNMENTS}, got {kind!r}')
    chosen = pred if good is None else pred[good]
    if chosen.size <= NUMBERS.get(kind, 0):
        return DepthAlignment()
    if kind == 'median':
        with np.errstate(over='ignore'):
            return _usable(DepthAlignment(float(np.median(gt) / np.median(chosen))))
    p, g = chosen.astype(np.float64), (gt if good is None else gt[good]).astype(np.float64)
    if kind == 'scale':
        unit = p.max()  # squares of what is huge or tiny would leave the range of float64
        p = p / unit
        return _usable(DepthAlignment(float(p @ g / (p @ p)) / float(unit)))
    return _of_disparities(p, g)


def _of_disparities(p, g):
    """Least squares of a line through disparities, scale >= 0."""
    unit = p.min()
    x, y = unit / p, 1 / g  # x in (0, 1]
    x_mean, y_mean = x.mean(), y.mean()
    dx = x - x_mean
    spread = dx @ dx
    # Of equal predictions only rounding is left.
    slope = dx @ (y - y_mean) / spread if spread > len(x) * np.finfo(np.float64).eps ** 2 * 16 else 0.0
    slope = max(float(slope), 0.0)
    return _usable(DepthAlignment(slope * float(unit), float(y_mean - slope * x_mean), of_disparity=True))


def _usable(alignment):
    """An alignment, or none where its numbers left the range of floating point."""
    degenerate = alignment.scale == 0 and not alignment.of_disparity
    return alignment if np.isfinite([alignment.scale, alignment.shift]).all() and not degenerate else DepthAlignment()
