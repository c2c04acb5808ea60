"""Whether what a model says of its depth comes true: sums of any number of images, from which diagrams are drawn. Pure.

*Confidence*. Of each pixel the model says with which probability the true depth lies within a factor of 1.25 of its
answer. Where it says 70 %, that should be so for 70 % of the pixels; over all of them that share is d1.

*Coverage*. The interval between the quantiles (1 - c) / 2 and (1 + c) / 2 of its distribution should hold the true
depth in a share c of the pixels, for every c.

An image becomes a few sums, whatever its size, and sums are added up. P pixels.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .uncertainty_metrics import calibration_error, calibration_sums

FACTOR = 1.25  # of d1
STEPS = 10  # bins of confidence, and twice as many of coverage
LEVELS = np.arange(1, 2 * STEPS) / (2 * STEPS)  # wanted shares: 0.05, 0.10, ... 0.95
LEVELS.flags.writeable = False
_ROUNDING = 1e-9


@dataclass(frozen=True)
class ReliabilitySums:
    """Sums of scored pixels; two are added by ``+``.

    Args:
        table: (STEPS, 3): of each bin of confidence its pixels, the sum of their confidence, and how many are right.
        covered: (L, ) pixels whose depth lies in the interval of each of :data:`LEVELS`.
        inside: pixels whose depth lies in the interval that the model gives by itself.
    """
    table: np.ndarray
    covered: np.ndarray
    inside: int

    @classmethod
    def nothing(cls) -> ReliabilitySums:
        """Of no pixel."""
        return cls(np.zeros((STEPS, 3)), np.zeros(len(LEVELS)), 0)

    def __add__(self, other: ReliabilitySums) -> ReliabilitySums:
        return ReliabilitySums(self.table + other.table, self.covered + other.covered, self.inside + other.inside)

    @property
    def num(self) -> int:
        """P."""
        return int(self.table[:, 0].sum())

    @property
    def stated(self) -> np.ndarray:
        """(STEPS, ) mean confidence in each bin, NaN where it has no pixel."""
        return _share(self.table[:, 1], self.table[:, 0])

    @property
    def measured(self) -> np.ndarray:
        """(STEPS, ) share of right pixels in each bin, NaN where it has none."""
        return _share(self.table[:, 2], self.table[:, 0])

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of confidence from the share that is right, weighted by pixels; NaN
        without pixels."""
        return calibration_error(self.table)

    @property
    def d1(self) -> float:
        """Share of the pixels within a factor of 1.25; NaN without pixels."""
        return float(_share(self.table[:, 2].sum(), self.num))

    @property
    def confidence(self) -> float:
        """Mean confidence; NaN without pixels."""
        return float(_share(self.table[:, 1].sum(), self.num))

    @property
    def coverage(self) -> np.ndarray:
        """(L, ) measured share for each of :data:`LEVELS`; NaN without pixels."""
        return _share(self.covered, np.float64(self.num))

    @property
    def inside_share(self) -> float:
        """Measured share of the model's own interval; NaN without pixels."""
        return float(_share(self.inside, self.num))


def reliability_sums(confidence: np.ndarray, below: np.ndarray, pred: np.ndarray, gt: np.ndarray,
                     interval: np.ndarray) -> ReliabilitySums:
    """Sums of an image.

    Args:
        confidence: (P, ) probability, by the model, that the true depth lies within a factor of 1.25 of ``pred``
            (:func:`mmdepthcls.adaptation.confidence.mass_within`).
        below: (P, ) probability, by the model, of less than ``gt``
            (:func:`mmdepthcls.adaptation.confidence.probability_below`).
        pred: (P, ) m, what the model answers.
        gt: (P, ) m, measured.
        interval: (2, P) m, what the model gives as its interval.

    Raises:
        ValueError: for shapes that do not go together.
    """
    confidence, below, pred, gt, interval = (np.asarray(values, np.float64) for values in (
        confidence, below, pred, gt, interval))
    if not confidence.shape == below.shape == pred.shape == gt.shape == (len(gt), ) or interval.shape != (2, len(gt)):
        raise ValueError('expected (P, ) probabilities and metres and (2, P) ends of intervals, got '
                         f'{[each.shape for each in (confidence, below, pred, gt, interval)]}')
    right = np.maximum(pred / gt, gt / pred) < FACTOR
    reached = np.searchsorted(np.sort(np.abs(2 * below - 1)), LEVELS + _ROUNDING, side='right')
    low, high = interval
    return ReliabilitySums(calibration_sums(np.clip(confidence, 0, 1), right, STEPS), reached.astype(np.float64),
                           int(np.count_nonzero((low <= gt) & (gt <= high))))


def _share(some, of):
    with np.errstate(divide='ignore', invalid='ignore'):
        return np.where(np.asarray(of) > 0, np.divide(some, of, dtype=np.float64), np.nan)
