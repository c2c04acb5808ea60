"""The number by which a model's metres are to be multiplied. Pure.

It is the weighted median of the ratios g / p (on the scale of their logarithms) of measured and predicted depth. An
image of a depth map counts as one whatever the number of its pixels; measured points count one each. The median breaks
down at one half: while less than half of the weight is wrong, however wrong, it lies between ratios of right
measurements; with a share e of wrong ones between their quantiles (1/2 - e) / (1 - e) and 1/2 / (1 - e). A mean, or
least squares, can be moved anywhere by one point.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .measured_image import MeasuredImage

DRAWS = 1000  # of the bootstrap
NORMAL = 1.4826  # a normal distribution's standard deviation for its median absolute deviation
FAR = 3.0  # spreads beyond which a measurement is named


class ScaleFit(NamedTuple):
    """A scale and how sure it is.

    Args:
        scale: factor.
        low, high: of 95 % of the scales of drawn groups (bootstrap): what other images of the kind would have given.
        spread: of the ratios around the scale, relative: median absolute deviation of ln(g / p), times 1.4826.
    """
    scale: float
    low: float
    high: float
    spread: float


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


def log_ratios(images: Sequence[MeasuredImage], points: bool) -> tuple[np.ndarray, np.ndarray]:
    """ln(g / p) of all measured pixels, and their weights: points one each, else images one each."""
    ratios = [np.log(each.gt.astype(np.float64)) - np.log(each.pred.astype(np.float64)) for each in images]
    weights = [np.full(len(each), 1.0 if points else 1 / len(each)) for each in ratios]
    return np.concatenate(ratios), np.concatenate(weights)


def scale_of(images: Sequence[MeasuredImage], points: bool) -> float:
    """The scale of images; see the module.

    Args:
        images: one at the least.
        points: whether each measured pixel counts as one.
    """
    return float(np.exp(weighted_median(*log_ratios(images, points))))


def fit_scale(groups: Sequence[Sequence[MeasuredImage]], points: bool, draws: int = DRAWS) -> ScaleFit:
    """The scale of groups of images, and what it would have been with others.

    Args:
        groups: images that belong together; a draw takes all of a group or none.
        points: see :func:`scale_of`.
        draws: of the bootstrap; the same ones each time.
    """
    images = [image for group in groups for image in group]
    scale = scale_of(images, points)
    parts = [log_ratios(group, points) for group in groups]
    ratios, weights = (np.concatenate(each) for each in zip(*parts, strict=True))
    owner = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    order = np.argsort(ratios)
    ratios, weights, owner = ratios[order], weights[order], owner[order]
    generator, drawn = np.random.default_rng(0), []
    for _ in range(draws if len(parts) > 1 else 0):
        times = np.bincount(generator.integers(0, len(parts), len(parts)), minlength=len(parts))
        until = np.cumsum(weights * times[owner])
        drawn.append(ratios[np.searchsorted(until, until[-1] / 2)])
    low, high = np.exp(np.percentile(drawn, [2.5, 97.5])) if drawn else (scale, scale)
    spread = NORMAL * weighted_median(np.abs(ratios - np.log(scale)), weights)
    return ScaleFit(scale, float(low), float(high), spread)


def strangers(images: Sequence[MeasuredImage], fit: ScaleFit) -> list[tuple[str, float]]:
    """Points that are far from the others: where, and their ratio to what the scale says; the farthest first."""
    found = [(place, float(gt / (pred * fit.scale))) for image in images if image.places
             for place, gt, pred in zip(image.places, image.gt, image.pred, strict=True)]
    far = [each for each in found if abs(np.log(each[1])) > max(FAR * fit.spread, 1e-6)]
    return sorted(far, key=lambda each: -abs(np.log(each[1])))
