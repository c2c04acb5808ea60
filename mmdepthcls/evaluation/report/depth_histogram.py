"""Histograms of scored ground truth, from which the best constant prediction and its errors follow. Pure.

Bins are logarithmic, each 0.9 % wide, so that a depth is known to within 0.45 %.
"""
from dataclasses import dataclass

import numpy as np

from ..errors import LOG, LOG_M2, sum_errors
from ..protocol_scores import ProtocolScore

NUM_BINS, NEAREST, FARTHEST = 1024, 0.1, 1000.0  # m; what lies outside counts in the first and last bin
STEP = np.log(FARTHEST / NEAREST) / NUM_BINS
CENTERS = NEAREST * np.exp(STEP * (np.arange(NUM_BINS) + 0.5))
CENTERS.flags.writeable = False


@dataclass(frozen=True)
class DepthHistogram:
    """Histogram of one image's scored ground truth, without the empty bins at both ends.

    Args:
        first (int): index of the first bin that is kept.
        counts (ndarray): (B, ) of the smallest unsigned integers that hold them.
    """
    first: int
    counts: np.ndarray

    @classmethod
    def of(cls, depth):
        """Histogram of (P, ) positive metres, P > 0."""
        index = np.log(np.asarray(depth, np.float32) * np.float32(1 / NEAREST)) * np.float32(1 / STEP)
        counts = np.bincount(np.clip(index, 0, NUM_BINS - 1).astype(np.intp))
        first = int(np.flatnonzero(counts)[0])
        return cls(first, counts[first:].astype(np.min_scalar_type(int(counts.max()))))

    @property
    def centers(self):
        """ndarray: (B, ) metres."""
        return CENTERS[self.first:self.first + len(self.counts)]

    def median(self):
        """float: metres."""
        cumulative = np.cumsum(self.counts, dtype=np.int64)
        return float(self.centers[np.searchsorted(cumulative, cumulative[-1] / 2)])

    def constant(self, alignment):
        """float: metres, what every constant becomes by an alignment of :mod:`~mmdepthcls.evaluation.depth_alignment`.
        """
        if alignment == 'median':
            return self.median()
        if alignment == 'scale':
            return float(np.average(self.centers, weights=self.counts))
        return float(1 / np.average(1 / self.centers, weights=self.counts))


def best_constant_of(histograms, mean='image'):
    """The depth that has the least abs_rel, as :func:`~.baselines.best_constant` finds it from all pixels.

    Args:
        histograms (list[DepthHistogram]): at least one.
        mean (str): 'image' or 'pixel', see :class:`~.protocols.Protocol`.

    Returns:
        float: metres, a bin's center.
    """
    weights = np.zeros(NUM_BINS)
    for histogram in histograms:
        share = histogram.counts / (histogram.counts.sum(dtype=np.int64) if mean == 'image' else 1)
        weights[histogram.first:histogram.first + len(share)] += share / histogram.centers
    cumulative = np.cumsum(weights)
    return float(CENTERS[np.searchsorted(cumulative, cumulative[-1] / 2)])


def constant_scores(histograms, protocol):
    """The best constant under a protocol, and its scores.

    Args:
        histograms (list[DepthHistogram]): of the images that the protocol scores, at least one.
        protocol (Protocol)

    Returns:
        tuple[float or None, list[ProtocolScore]]: metres, None where an alignment makes all constants the same; and a
        score, without bands, for each image.
    """
    if protocol.alignment:
        return None, [ProtocolScore(_constant_sums(histogram.constant(protocol.alignment), histogram,
                                                   protocol.clamp)[None]) for histogram in histograms]
    constant = best_constant_of(histograms, protocol.mean)
    return constant, [ProtocolScore(_constant_sums(constant, histogram, protocol.clamp)[None])
                      for histogram in histograms]


def _constant_sums(constant, histogram, clamp):
    """(14, ) sums of the errors of one depth for an image, see :mod:`.errors`."""
    constant = constant if clamp is None else min(max(constant, clamp[0]), clamp[1])
    centers, counts = histogram.centers, histogram.counts.astype(np.float64)
    each = sum_errors(np.full(centers.shape, constant), centers, range(len(centers)))  # one pixel a bin
    sums = counts @ each
    sums[LOG_M2] = counts @ (each[:, LOG] - sums[LOG] / counts.sum())**2
    return sums
