"""Intervals that cover what they say: split-conformal prediction with images, not pixels, as what is exchanged. Pure.

A pixel's score is the factor by which its interval has to be widened to hold the measured depth
(:func:`~mmdepthcls.apis.interval_widening.needed_factor`). Pixels of an image are wrong together, so that n images are
n observations however many pixels they have. With n groups (images, or drives) of one kind and a wanted coverage c:

'mean'  The factor is the least at which the groups' shares of covered pixels have the mean (n + 1) c / n. Each group
        weighs 1/n, within it each image alike, within that each pixel. The expected share of covered pixels of another
        group is then at least c. (Conformal risk control of Angelopoulos, Bates, Fisch, Lei and Schuster, 2022, with
        the share of pixels that are missed as the risk; with one pixel a group it is the quantile of split-conformal
        prediction, Vovk, Gammerman and Shafer, 2005; Angelopoulos and Bates, 2021.)
'each'  A group has one score: the least factor at which c of its pixels are covered. The factor is the
        ceil((n + 1) c)-th smallest of the n scores. Another group has at least c of its pixels covered with a
        probability of at least c. It is wider.

Both hold on average over the choice of the groups and of the next one (marginally), not for each scene, and for groups
that could as well have been drawn in another order: the same camera, the same kind of places.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...apis.interval_widening import LEAST, NARROWEST, WIDEST, needed_factor
from .measured_image import MeasuredImage


class Coverage(NamedTuple):
    """Shares of covered pixels of images.

    Args:
        mean: over images.
        worst: over the tenth of the images (one at the least) that has the least.
        width: mean over images of the intervals' mean ratio high / low.
    """
    mean: float
    worst: float
    width: float


def least_groups(coverage: float) -> int:
    """How many groups there must be for a factor to exist: n >= c / (1 - c)."""
    return math.ceil(coverage / (1 - coverage) - 1e-9)


def factors_of(image: MeasuredImage, scale: float) -> np.ndarray:
    """(P, ) factor that each measured pixel of an image needs, once its interval is multiplied by a scale."""
    return needed_factor(image.interval[0] * scale, image.interval[1] * scale, image.gt)


def conformal_factor(groups: Sequence[Sequence[np.ndarray]], coverage: float, promise: str = 'mean') -> float:
    """The factor of the intervals.

    Args:
        groups: of each group, of each image the factors that its pixels need, (P, ) with P > 0.
        coverage: wanted, in (0, 1).
        promise: 'mean' or 'each', see the module.

    Returns:
        In NARROWEST..WIDEST of :mod:`mmdepthcls.apis.interval_widening`; 1 changes nothing.

    Raises:
        ValueError: if there are too few groups for that coverage, or no such factor is enough.
    """
    number = len(groups)
    if number < least_groups(coverage):
        raise ValueError(f'{number} groups of images are too few to promise a coverage of {coverage:g}: it needs '
                         f'{least_groups(coverage)}. Measure on more images, or ask for less (--coverage)')
    if promise == 'each':
        groups = [[np.array([_group_score(group, coverage)])] for group in groups]
    factor = _weighted_quantile(groups, (number + 1) * coverage / number)
    if factor > WIDEST:
        raise ValueError(f'intervals would have to be {factor:.3g} times as wide (on the scale of log depth) to cover '
                         f'{coverage:g}: the model does not fit these data. Calibrate its scale first, or look at '
                         'the data with check-data')
    return max(factor, NARROWEST)


def coverage_of(images: Sequence[MeasuredImage], scale: float, factors: Sequence[float]) -> Coverage:
    """How much the widened intervals of images cover, each widened by a factor of its own."""
    shares, widths = [], []
    for image, factor in zip(images, factors, strict=True):
        shares.append(float((factors_of(image, scale) <= factor * (1 + 1e-9)).mean()))
        low, high = np.maximum(image.interval.astype(np.float64), LEAST)
        widths.append(float(np.mean((high / low)**factor)))
    shares.sort()
    return Coverage(float(np.mean(shares)), float(np.mean(shares[:max(1, len(shares) // 10)])), float(np.mean(widths)))


def _group_score(group, coverage):
    return _weighted_quantile([group], coverage)


def _weighted_quantile(groups, level):
    """The least factor at which the mean share reaches a level; groups weigh alike, so do the images of one."""
    needed = np.concatenate([image for group in groups for image in group])
    weights = np.concatenate([np.full(len(image), 1 / (len(groups) * len(group) * len(image)))
                              for group in groups for image in group])
    order = np.argsort(needed)
    reached = np.cumsum(weights[order])
    return float(needed[order][min(np.searchsorted(reached, level - 1e-9), len(needed) - 1)])
