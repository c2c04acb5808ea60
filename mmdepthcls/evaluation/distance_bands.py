"""Bands of distance, in each of which errors are added up. Pure."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .errors import merge_sums
from .protocols import USUAL_RANGE

if TYPE_CHECKING:
    from .protocol_scores import ProtocolScore

BAND_SHARES = (0, 1 / 8, 1 / 4, 1 / 2, 1)
STEPS = 16  # of the picture of errors against distance


def usual_bands(reach: float = USUAL_RANGE[1]) -> tuple[float, ...]:
    """Limits of the distance bands of a report, m, for depths up to ``reach``.

    >>> usual_bands()
    (0.0, 10.0, 20.0, 40.0, 80.0)
    """
    return tuple(share * reach for share in BAND_SHARES)


def check_bands(bands: Sequence[float]) -> tuple[float, ...]:
    """Limits of distance bands.

    Args:
        bands: m.

    Raises:
        ValueError: unless there are two or more, ascending from 0 or more; the last alone may be infinite.
    """
    try:
        limits = () if isinstance(bands, str) else tuple(float(limit) for limit in bands)
    except (TypeError, ValueError):
        limits = ()
    ascending = all(low < high for low, high in zip(limits, limits[1:], strict=False))
    if len(limits) < 2 or not (ascending and limits[0] >= 0):  # NaN is not ascending
        raise ValueError('bands must be two or more limits in metres, each greater than the one before, such as '
                         f'(0, 10, 20, 40) for three bands, got {bands!r}')
    return limits


def summing_limits(*bands: Sequence[float]) -> tuple[float, ...]:
    """Limits, m, from which all of several bands can be added up, see :func:`regroup`; the first is 0."""
    return tuple(sorted({0.0, *(float(limit) for limits in bands for limit in limits)}))


def distance_grid(reach: float = USUAL_RANGE[1]) -> tuple[float, ...]:
    """Steps of the picture of errors against distance, m: of 5 m for a reach of 80 m."""
    return tuple(reach * step / STEPS for step in range(STEPS + 1))


def distance_limits(bands: Sequence[float] | None = None, reach: float = USUAL_RANGE[1]) -> tuple[float, ...]:
    """Limits, m, from which both the given bands and the picture's steps can be added up."""
    return summing_limits(distance_grid(reach), usual_bands() if bands is None else bands)


def regroup(score: ProtocolScore, limits: Sequence[float], wanted: Sequence[float]) -> ProtocolScore:
    """A score in fewer distance bands.

    Args:
        score: in bands of ``limits``.
        limits: m, from :func:`summing_limits`.
        wanted: m, a part of them.

    Returns:
        What is nearer than the first of the wanted limits is left out.
    """
    if score.sums is None or len(wanted) == len(limits):
        return score
    group = np.searchsorted(wanted, limits, side='right') - 1
    return replace(score, sums=np.stack([merge_sums(score.sums[group == band]) for band in range(len(wanted))]),
                   num_bad=0)
