"""Thresholds of confidence by groups of neighboring bins, from counts alone. Pure.

Class-balanced self-training (Zou et al., 2018) keeps the same share of the pixels of each class: those of which the
model is surest. Depth bins are narrow, and a single one has too few pixels for a stable threshold, so bins that lie
side by side share one. Counts of confidences need constant memory, however many images there are, and those of several
processes are added. Shapes: G groups, L levels of confidence.
"""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LEVELS = 4096


class DepthGroups:
    """Groups of neighboring bins, as even as can be.

    Args:
        edges: (K + 1, ) of the bins, m.
        number: G, 1..K. 1 is no balance: plain self-training.

    Raises:
        ValueError: for another number.

    >>> DepthGroups([1, 2, 4, 8, 16, 32], 2).edges
    array([ 1.,  8., 32.])
    """

    def __init__(self, edges: Sequence[float] | np.ndarray, number: int) -> None:
        edges = np.asarray(edges, np.float64)
        num_bins = len(edges) - 1
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or not 1 <= number <= num_bins:
            raise ValueError(f'num_groups: expected a whole number from 1 to {num_bins}, the number of bins, got '
                             f'{number!r}')
        self.number = int(number)
        #: (K, ) group of each bin.
        self.of_bin = np.arange(num_bins) * self.number // num_bins
        self.edges = np.append(edges[:-1][np.diff(self.of_bin, prepend=-1) > 0], edges[-1])

    def of_depth(self, depth: np.ndarray) -> np.ndarray:
        """Group of each depth; what lies outside the bins belongs to the first or the last.

        Args:
            depth: any shape, m.

        Returns:
            The same shape, int64.
        """
        return np.searchsorted(self.edges[1:-1], depth, side='right')


def levels_of(confidence: np.ndarray, levels: int = LEVELS) -> np.ndarray:
    """Level of each confidence: the whole number of ``1 / levels`` in it, and the last for 1.

    Args:
        confidence: any shape, in [0, 1].
        levels: L.

    Returns:
        The same shape, uint16 in [0, L).

    >>> levels_of(np.array([0.0, 0.5, 1.0]), 4)
    array([0, 2, 3], dtype=uint16)
    """
    return np.minimum(np.asarray(confidence, np.float64) * levels, levels - 1).astype(np.uint16)


class ConfidenceHistogram:
    """How many pixels of each group have which level of confidence.

    Args:
        groups: G.
        levels: L.

    Attributes:
        counts (ndarray): (G, L) int64.
    """

    def __init__(self, groups: int, levels: int = LEVELS) -> None:
        self.counts = np.zeros((groups, levels), np.int64)

    def add(self, group: np.ndarray, level: np.ndarray) -> None:
        """Count pixels.

        Args:
            group: (P, ) in [0, G).
            level: (P, ) in [0, L).
        """
        index = np.asarray(group, np.int64) * self.counts.shape[1] + level
        self.counts += np.bincount(index, minlength=self.counts.size).reshape(self.counts.shape)

    def thresholds(self, portion: float) -> np.ndarray:
        """The levels from which on pixels are kept: of N pixels of a group those as sure as the surest but
        ``floor(portion * N) - 1``. All pixels of its level are kept, so that a little more than the portion may be.

        Args:
            portion: in [0, 1].

        Returns:
            (G, ) int64 in [0, L]; L keeps none: of a group without pixels, or of too few for the portion.

        Raises:
            ValueError: for another portion.
        """
        if not 0 <= portion <= 1:
            raise ValueError(f'portion: expected a share from 0 to 1, got {portion!r}')
        numbers = self.counts.sum(axis=1)
        # 0.05 * 20 in floating point may be less than 1 by a rounding.
        wanted = np.floor(portion * numbers + 1e-9).astype(np.int64)
        surer = self.counts[:, ::-1].cumsum(axis=1)[:, ::-1]  # at each level or above
        # The highest level at which there are enough.
        enough = surer >= wanted[:, None]
        levels = self.counts.shape[1]
        highest = levels - 1 - enough[:, ::-1].argmax(axis=1)
        return np.where(wanted > 0, highest, levels)

    def kept(self, thresholds: np.ndarray) -> np.ndarray:
        """How many pixels of each group (G, ) thresholds keep."""
        return np.array([counts[threshold:].sum()
                         for counts, threshold in zip(self.counts, thresholds, strict=True)], np.int64)


def select(group: np.ndarray, level: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Which pixels thresholds keep.

    Args:
        group: any shape, in [0, G).
        level: the same shape, in [0, L).
        thresholds: (G, ) levels.

    Returns:
        The same shape, bool.
    """
    return level >= np.asarray(thresholds)[group]


def relabel(probabilities: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rule of the method's authors: the label of a pixel is the class with the largest ``p / t``, and it is kept
    where that is 1 or more. With ordered, flat distributions the division moves labels, see docs/adaptation.md.

    Args:
        probabilities: (K, ...) of the bins.
        thresholds: (K, ) confidences in (0, 1]; of a bin without pixels 1.

    Returns:
        Labels (...) int64 and which are kept (...) bool.
    """
    thresholds = np.asarray(thresholds, np.float64).reshape(-1, *[1] * (probabilities.ndim - 1))
    ratios = probabilities / np.maximum(thresholds, np.finfo(np.float64).tiny)
    label = ratios.argmax(axis=0)
    return label, np.take_along_axis(ratios, label[None], axis=0)[0] >= 1
