"""The number by which a model's metres are to be multiplied. Pure.

It is a robust center of the ratios g / p of measured and predicted depth, on the scale of their logarithms.

Of depth maps it is their weighted median; an image counts as one whatever the number of its pixels. Of measured points,
which are few, it is Tukey's M-estimate (:mod:`.robust_center`): the median of 20 points is off by a quarter more. A
point weighs the more the narrower the model's interval is there, by 1 / its width on the scale of log depth. (The
errors grow with the width itself, which would be 1 / width**2; but then nearly all would be said by the surest points
alone, at near things, where ratios are others than elsewhere.) Either holds out while much less than half is wrong,
however wrong; a mean, or least squares, can be moved anywhere by one point.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...apis.interval_widening import LEAST
from .measured_image import MeasuredImage
from .robust_center import NORMAL, robust_center, weighted_median

DRAWS = 1000  # of the bootstrap
MOST_NUMBERS = 20_000_000  # of all draws of points
CLOSE = 0.03  # what a scale should be right by
SURE = 1.96  # standard errors that hold 95 %
WIDEST = 3.0  # of a point's spread: to the median of all, or its inverse
FAR = 3.0  # spreads beyond which a measurement is named


class ScaleFit(NamedTuple):
    """A scale and how sure it is.

    Args:
        scale: factor.
        low, high: of 95 % of the scales of drawn groups (bootstrap): what other images of the kind would have given.
        spread: of the ratios around the scale, relative: median absolute deviation of ln(g / p), times 1.4826.
        error: standard error of ln(scale), of those draws; NaN if there are none.
    """
    scale: float
    low: float
    high: float
    spread: float
    error: float = float('nan')

    @property
    def chance(self) -> float:
        """Probability that the scale is within :data:`CLOSE` of what very many such measurements would give, if its
        error is normal."""
        return math.erf(CLOSE / self.error / math.sqrt(2)) if self.error > 0 else 1.0

    def needed(self, number: int) -> int:
        """How many measurements of the kind would be right by :data:`CLOSE` with a probability of 95 %.

        Args:
            number: that this one is of.
        """
        return math.ceil(number * (self.error * SURE / CLOSE)**2)


def log_ratios(images: Sequence[MeasuredImage], points: bool) -> tuple[np.ndarray, np.ndarray]:
    """ln(g / p) of all measured pixels, and their weights: points one each, else images one each."""
    ratios = [np.log(each.gt.astype(np.float64)) - np.log(each.pred.astype(np.float64)) for each in images]
    weights = [np.full(len(each), 1.0 if points else 1 / len(each)) for each in ratios]
    return np.concatenate(ratios), np.concatenate(weights)


def scale_of(images: Sequence[MeasuredImage], points: bool) -> float:
    """The scale of images; see the module.

    Args:
        images: one at the least.
        points: they are measured points, else pixels of depth maps.
    """
    ratios, weights = log_ratios(images, points)
    return float(np.exp(robust_center(ratios, _spreads(images)) if points else weighted_median(ratios, weights)))


def fit_scale(groups: Sequence[Sequence[MeasuredImage]], points: bool, draws: int = DRAWS) -> ScaleFit:
    """The scale of groups of images, and what it would have been with others.

    Args:
        groups: images that belong together; a draw takes all of a group or none.
        points: see :func:`scale_of`.
        draws: of the bootstrap, at the most; the same ones each time.
    """
    images = [image for group in groups for image in group]
    scale = scale_of(images, points)
    parts = [log_ratios(group, points) for group in groups]
    ratios, weights = (np.concatenate(each) for each in zip(*parts, strict=True))
    drawn = []
    if len(parts) > 1:
        owner = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
        drawn = _drawn_points(ratios, _spreads(images), owner, draws) if points else _drawn_medians(
            ratios, weights, owner, draws)
    low, high = np.exp(np.percentile(drawn, [2.5, 97.5])) if drawn else (scale, scale)
    spread = NORMAL * weighted_median(np.abs(ratios - np.log(scale)), weights)
    return ScaleFit(scale, float(low), float(high), spread, float(np.std(drawn)) if drawn else float('nan'))


def _drawn_points(ratios, spreads, owner, draws):
    groups = [np.flatnonzero(owner == each) for each in range(owner[-1] + 1)]
    generator, drawn = np.random.default_rng(0), []
    for _ in range(min(draws, max(20, MOST_NUMBERS // len(ratios)))):
        some = np.concatenate([groups[each] for each in generator.integers(0, len(groups), len(groups))])
        drawn.append(robust_center(ratios[some], spreads[some]))
    return drawn


def _drawn_medians(ratios, weights, owner, draws):
    order = np.argsort(ratios)
    ratios, weights, owner = ratios[order], weights[order], owner[order]
    number = owner.max() + 1
    generator, drawn = np.random.default_rng(0), []
    for _ in range(draws):
        times = np.bincount(generator.integers(0, number, number), minlength=number)
        until = np.cumsum(weights * times[owner])
        drawn.append(ratios[np.searchsorted(until, until[-1] / 2)])
    return drawn


def _spreads(images):
    """(P, ) how far points are expected to be off, to each other: roots of the intervals' widths; alike where a model
    has none."""
    low, high = np.concatenate([image.interval for image in images], axis=1).astype(np.float64)
    widths = np.log(np.maximum(high, LEAST) / np.maximum(low, LEAST))
    middle = float(np.nanmedian(widths)) if np.isfinite(widths).any() else 0.0
    if not middle > 0:
        return np.ones(len(widths))
    return np.sqrt(np.clip(np.where(np.isfinite(widths), widths / middle, 1.0), WIDEST**-2, WIDEST**2))


def strangers(images: Sequence[MeasuredImage], fit: ScaleFit) -> list[tuple[str, float]]:
    """Points that are far from the others: where, and their ratio to what the scale says; the farthest first."""
    found = [(place, float(gt / (pred * fit.scale))) for image in images if image.places
             for place, gt, pred in zip(image.places, image.gt, image.pred, strict=True)]
    far = [each for each in found if abs(np.log(each[1])) > max(FAR * fit.spread, 1e-6)]
    return sorted(far, key=lambda each: -abs(np.log(each[1])))
