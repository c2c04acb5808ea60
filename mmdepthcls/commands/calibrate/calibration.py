"""From measurements to a calibrated model: what is fitted to which images, and how well it does on others."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ...apis.interval_widening import widened
from .before_after import errors_of
from .coverage import Coverage, conformal_factor, coverage_of, factors_of, least_groups
from .measured_data import MeasuredData
from .measured_image import MeasuredImage, folds_of, groups_of
from .model_answers import ModelAnswers
from .scale_fit import ScaleFit, fit_scale, scale_of, strangers
from .temperature_fit import FOLDS, TemperatureGain, gain_of_temperature

LEAST_POINTS, LEAST_GROUPS = 5, 2


class CalibrationPlan(NamedTuple):
    """What is wanted.

    Args:
        unit: what is exchanged, 'image' or 'folder' (a drive).
        coverage: of intervals; None: they stay.
        promise: 'mean' or 'each', see :mod:`.coverage`.
        temperature: fit it, where there is enough.
        scale: fit it.
    """
    unit: str = 'image'
    coverage: float | None = None
    promise: str = 'mean'
    temperature: bool = True
    scale: bool = True


@dataclass
class Calibration:
    """What was found.

    Args:
        fit: of the scale.
        gain: of the temperature; None: it was not asked for.
        num_images, num_pixels, num_groups: that scale and temperature were fitted to.
        rows: label -> errors, before and after.
        far: points that are far from the others.
        factor: of the intervals; None: they stay.
        num_interval_groups: that it was fitted to.
        coverages: label -> coverage.
    """
    fit: ScaleFit
    gain: TemperatureGain | None
    num_images: int
    num_pixels: int
    num_groups: int
    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    far: list[tuple[str, float]] = field(default_factory=list)
    factor: float | None = None
    num_interval_groups: int = 0
    coverages: dict[str, Coverage] = field(default_factory=dict)


def calibrate(answers: ModelAnswers, data: MeasuredData, test: MeasuredData | None, plan: CalibrationPlan,
              before_scale: float = 1.0, widening: dict[str, Any] | None = None) -> Calibration:
    """Fit scale, temperature and intervals.

    Where intervals are wanted, the groups of images are divided into halves by their content: scale and temperature are
    fitted to the one, intervals to the other, so that for the second the model is given, as the theorem needs it.

    Args:
        answers: of the model; its temperature is changed.
        data: to calibrate with.
        test: other images, that only errors and coverage are taken from; None: cross-validation says them.
        plan: what is wanted.
        before_scale, widening: of the model's calibration of before.

    Raises:
        ValueError: for too few measurements; says how many there must be.
    """
    points, fit_temperature = not data.labelled, plan.temperature and data.labelled and answers.has_temperature
    images = answers.measure(data, logits=fit_temperature)
    groups = groups_of(images, plan.unit)
    _check_enough(groups, points, plan)
    others = answers.measure(test) if test else []
    fitted = groups[::2] if plan.coverage is not None else groups
    before = {each.digest: before_scale for each in [*images, *others]}
    untouched = {each.path: each for each in [*images, *others]}
    gain = None
    if fit_temperature:
        gain = gain_of_temperature(fitted, answers.inferencer.loaded.classifier.bins, _scale(fitted, points))
        if gain.factor != 1:
            answers.inferencer.loaded.classifier.temperature *= gain.factor
            images, others = answers.measure(data), answers.measure(test) if test else []
            groups = groups_of(images, plan.unit)
            fitted = groups[::2] if plan.coverage is not None else groups
    fit = fit_scale(fitted, points) if plan.scale else ScaleFit(before_scale, before_scale, before_scale, float('nan'))
    found = Calibration(fit, gain, sum(map(len, fitted)), sum(len(each.gt) for each in _all(fitted)), len(fitted),
                        far=strangers(_all(fitted), fit) if plan.scale else [])
    scales = _scales_of_others(fitted, points) if plan.scale else {each.digest: fit.scale for each in _all(fitted)}
    _add_rows(found, 'cross-validated', _all(fitted), untouched, before, scales, points)
    if plan.coverage is not None:
        _fit_intervals(found, groups[1::2], plan, untouched, before_scale, widening)
        _add_rows(found, 'half for intervals', _all(groups[1::2]), untouched, before, {}, points)
    if others:
        _add_rows(found, 'test', others, untouched, before, {}, points and not (test and test.labelled))
        if found.factor is not None:
            old = [untouched[each.path] for each in others]
            found.coverages['test, before'] = coverage_of(old, before_scale, _factor(widening))
            found.coverages['test, after'] = coverage_of(others, fit.scale, found.factor)
    return found


def _fit_intervals(found, groups, plan, untouched, before_scale, widening):
    """The factor of all groups; and what it covers in those that are left out."""
    scale = found.fit.scale
    needed = [[factors_of(image, scale) for image in group] for group in groups]
    found.factor, found.num_interval_groups = conformal_factor(needed, plan.coverage, plan.promise), len(groups)
    images = _all(groups)
    old = [untouched[each.path] for each in images]
    found.coverages['before'] = coverage_of(old, before_scale, _factor(widening))
    number = len(groups)
    if number - -(-number // FOLDS) < least_groups(plan.coverage):
        return  # what is left of a fold promises nothing
    parts = []
    for rest, left in folds_of(groups, FOLDS):
        factor = conformal_factor([[factors_of(image, scale) for image in group] for group in rest], plan.coverage,
                                  plan.promise)
        parts += [(image, factor) for image in _all(left)]
    found.coverages['after, cross-validated'] = _joint(parts, scale)


def _factor(widening):
    return widening['factor'] if widening else 1.0


def _joint(parts, scale):
    """Coverage of images, each with a factor of its own."""
    images = [MeasuredImage(each.path, each.digest, each.gt, each.pred, _powered(each.interval, factor))
              for each, factor in parts]
    return coverage_of(images, scale, 1.0)


def _powered(interval, factor):
    return np.stack(widened(interval[0].astype(np.float64), interval[1].astype(np.float64), factor))


def _scales_of_others(groups, points):
    """Digest of an image -> scale of images of other groups."""
    scales = {}
    for rest, left in folds_of(groups, FOLDS):
        scales |= dict.fromkeys((each.digest for each in _all(left)), _scale(rest, points))
    return scales


def _add_rows(found, label, images, untouched, before, scales, points):
    old = [untouched[each.path] for each in images]
    found.rows[f'{label}, before'] = errors_of(old, [before[each.digest] for each in old], points)
    found.rows[f'{label}, after'] = errors_of(images, [scales.get(each.digest, found.fit.scale) for each in images],
                                              points)


def _check_enough(groups, points, plan):
    measured = sum(len(each.gt) for each in _all(groups))
    if points and measured < LEAST_POINTS:
        raise ValueError(f'{measured} points are too few: a median of less than {LEAST_POINTS} says nothing of wrong '
                         'ones. Measure more, in several images')
    if len(groups) < LEAST_GROUPS:
        what = 'image' if plan.unit == 'image' else 'folder'
        raise ValueError(f'all measurements are of one {what}: how well the calibration does elsewhere could not be '
                         f'said. Measure in {LEAST_GROUPS} at the least, better in ten')
    if plan.coverage is not None:
        need = 2 * least_groups(plan.coverage)
        if len(groups) < need:
            raise ValueError(f'--coverage {plan.coverage:g} needs measurements in {need} {plan.unit}s at the least '
                             f'(half of them for scale and temperature, half for the intervals), got {len(groups)}. '
                             'Measure in more, or ask for less')


def _scale(groups, points):
    return scale_of(_all(groups), points)


def _all(groups: Sequence[Sequence[MeasuredImage]]) -> list[MeasuredImage]:
    return [image for group in groups for image in group]
