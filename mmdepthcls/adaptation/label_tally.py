"""What the pseudo-labels of a round amount to, by groups of bins and by bands of distance. Pure."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

BANDS = (0.0, 10.0, 20.0, 40.0, 80.0)  # m


class LabelTally:
    """Pixels and their mean depth in ranges of depth, before a selection and after it. Tallies of several processes
    are added as arrays.

    Args:
        edges: (B + 1, ) m; what lies outside belongs to the first or the last range.

    Attributes:
        sums (ndarray): (B, 4) float64: read pixels, the sum of their depths in units of 1/256 m, kept pixels, the sum
            of their depths.
    """

    def __init__(self, edges: Sequence[float] | np.ndarray) -> None:
        self.edges = np.asarray(edges, np.float64)
        self.sums = np.zeros((len(self.edges) - 1, 4))

    def add(self, read: np.ndarray, kept: np.ndarray) -> None:
        """Count pixels.

        Args:
            read: (P, ) m, as the model reads them: they say which range a pixel is of.
            kept: (P, ) m, the label; 0 where it is not kept.
        """
        place = np.searchsorted(self.edges[1:-1], read, side='right')
        # Whole units, which add up to the same in every order.
        units = [np.rint(np.asarray(values, np.float64) * 256) for values in (read, kept)]
        columns = np.ones(len(place)), units[0], kept > 0, units[1]
        self.sums += np.stack([np.bincount(place, weights=column, minlength=len(self.sums)) for column in columns],
                              axis=1)

    def rows(self) -> list[dict[str, Any]]:
        """A row a range: ``from``, ``to`` (m), ``pixels``, ``kept``, ``kept_share``, ``mean_depth`` and
        ``kept_mean_depth`` (m); None where there is no pixel."""
        return [dict({'from': low, 'to': high}, pixels=int(pixels), kept=int(kept), kept_share=_ratio(kept, pixels),
                     mean_depth=_ratio(depth / 256, pixels), kept_mean_depth=_ratio(kept_depth / 256, kept))
                for low, high, (pixels, depth, kept, kept_depth) in zip(
                    self.edges[:-1].tolist(), self.edges[1:].tolist(), self.sums, strict=True)]

    def total(self) -> dict[str, Any]:
        """The same of all ranges together, without ``from`` and ``to``."""
        whole = LabelTally(self.edges[[0, -1]])
        whole.sums = self.sums.sum(axis=0, keepdims=True)
        row, = whole.rows()
        return {key: value for key, value in row.items() if key not in ('from', 'to')}


def _ratio(number, of):
    return float(number / of) if of else None
