"""From measurements to a calibrated model: what is fitted to which images, and how well it does on others."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...apis.description_check import UNCORRECTED
from .before_after import errors_of
from .coverage import Coverage, conformal_factor, coverage_of, factors_of, least_groups
from .known_cameras import KnownCameras, known_cameras
from .measured_data import MeasuredData
from .measured_image import MeasuredImage, folds_of, groups_of
from .model_answers import ModelAnswers
from .scale_fit import ScaleFit, fit_scale, scale_of, strangers
from .temperature_fit import FOLDS, TemperatureGain, gain_of_temperature

LEAST_POINTS, LEAST_GROUPS = 5, 2
HARM = 0.02  # growth of AbsRel (aligned) that a likelier temperature may cost, as a share of it


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
class ModelCalibration:
    """What was found.

    Args:
        fit: of the scale.
        gain: of the temperature; None: it was not asked for.
        cameras: of the pictures.
        num_images, num_pixels, num_groups: that scale and temperature were fitted to.
        rows: label -> errors, before and after.
        far: points that are far from the others.
        factor: of the intervals; None: they stay.
        num_interval_groups: that it was fitted to.
        coverages: label -> coverage.
    """
    fit: ScaleFit
    gain: TemperatureGain | None
    cameras: KnownCameras
    num_images: int
    num_pixels: int
    num_groups: int
    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    far: list[tuple[str, float]] = field(default_factory=list)
    factor: float | None = None
    num_interval_groups: int = 0
    coverages: dict[str, Coverage] = field(default_factory=dict)


def calibrate(answers: ModelAnswers, data: MeasuredData, test: MeasuredData | None, plan: CalibrationPlan,
              before_scale: float = 1.0, widening: dict[str, Any] | None = None) -> ModelCalibration:
    """Fit scale, temperature and intervals.

    Where intervals are wanted, the groups of images are divided into halves by their content: scale and temperature are
    fitted to the one, intervals to the other, so that for the second the model is given, as the theorem needs it.
    Intervals and errors are of pixels of depth maps whose depth lies in the model's bins, times the scale; the scale
    itself is of all.

    Args:
        answers: of the model; its temperature is changed.
        data: to calibrate with.
        test: other images, that only errors and coverage are taken from; None: cross-validation says them.
        plan: what is wanted.
        before_scale, widening: of the model's calibration of before.

    Raises:
        ValueError: for too few measurements; says how many there must be.
    """
    points, has_labels = not data.labelled, data.labelled and answers.has_temperature
    check_points(data)
    parts = _measure(answers, data, test, plan, logits=plan.temperature and has_labels)
    _check_enough([*parts.fitted, *parts.interval], plan)
    inferencer = answers.inferencer
    cameras = known_cameras(_all([*parts.fitted, *parts.interval]), inferencer.focal_correction,
                            inferencer.trained_focal_px is not None)
    if plan.scale:
        cameras.check()
    earlier, gain = parts, None
    if plan.temperature and has_labels:
        parts, gain = _fit_temperature(answers, data, test, plan, earlier)
    if plan.scale:
        fit, scales = fit_scale(parts.fitted, points), _scales_of_others(parts.fitted, points)
    else:
        fit, scales = ScaleFit(before_scale, before_scale, before_scale, float('nan')), {}
    fitted = _all(parts.fitted)
    found = ModelCalibration(fit, gain, cameras, len(fitted), sum(len(each.gt) for each in fitted), len(parts.fitted),
                             far=strangers(fitted, fit) if plan.scale else [])
    if plan.scale and cameras.scale_focal == UNCORRECTED:  # nor will predict correct others
        parts, earlier = (each.with_others_uncorrected() for each in (parts, earlier))
    if data.labelled:
        low, high = inferencer.loaded.depth_range
        parts, earlier = (each.within(low * fit.scale, high * fit.scale) for each in (parts, earlier))
    untouched = {each.path: each.uncorrected() if answers.was_of_one_camera else each for each in earlier.images}
    comparison = _Comparison(found, untouched, before_scale, _factor(widening))
    comparison.errors('cross-validated', _all(parts.fitted), scales, points)
    if plan.coverage is not None:
        _fit_intervals(comparison, parts.interval, plan)
        comparison.errors('half for intervals', _all(parts.interval), {}, points)
    if parts.others:
        comparison.errors('test', parts.others, {}, test is not None and not test.labelled)
        if found.factor is not None:
            comparison.coverage('test', parts.others, [found.factor] * len(parts.others))
    return found


def _fit_temperature(answers, data, test, plan, earlier):
    """The images as they are predicted with the temperature, and what it gains; or as they were."""
    classifier = answers.inferencer.loaded.classifier
    before = classifier.temperature
    gain = gain_of_temperature(earlier.fitted, classifier.bins, _scale(earlier.fitted, points=False))
    if gain.factor == 1:
        return earlier, gain
    classifier.temperature = before * gain.factor
    parts = _measure(answers, data, test, plan)
    if _aligned_error(parts.fitted) <= _aligned_error(earlier.fitted) * (1 + HARM):
        return parts, gain
    reason = f'{classifier.temperature:.4g} is likelier, but its depth is worse'
    classifier.temperature = before
    return earlier, gain._replace(factor=1.0, reason=reason)


class _Parts(NamedTuple):
    """Groups of images that scale and temperature are fitted to, groups for the intervals, and images of a test."""
    fitted: list[list[MeasuredImage]]
    interval: list[list[MeasuredImage]]
    others: list[MeasuredImage]

    @property
    def images(self):
        return [*_all(self.fitted), *_all(self.interval), *self.others]

    def with_others_uncorrected(self):
        return self._replace(others=[each.uncorrected() for each in self.others])

    def within(self, low, high):
        """Without pixels that are out of the model's reach, m."""
        fitted, interval, (others, ) = ([_within(group, low, high) for group in groups]
                                        for groups in (self.fitted, self.interval, [self.others]))
        return _Parts([group for group in fitted if group], [group for group in interval if group], others)


def _measure(answers, data, test, plan, logits=False):
    groups = groups_of(answers.measure(data, logits), plan.unit)
    others = answers.measure(test) if test else []
    return _Parts(groups, [], others) if plan.coverage is None else _Parts(groups[::2], groups[1::2], others)


class _Comparison(NamedTuple):
    """Writes down how well the calibration does beside what was before."""
    found: ModelCalibration
    untouched: dict[str, MeasuredImage]
    scale: float
    factor: float

    def errors(self, label, images, scales, points):
        """Of images, after: with scales by digest, or the one of all."""
        if not images:
            return
        old = [self.untouched.get(each.path, each) for each in images]
        new = [scales.get(each.digest, self.found.fit.scale) for each in images]
        self.found.rows[f'{label}, before'] = errors_of(old, [self.scale] * len(old), points)
        self.found.rows[f'{label}, after'] = errors_of(images, new, points)

    def coverage(self, label, images, factors):
        """Of images, each with a factor."""
        old = [self.untouched.get(each.path, each) for each in images]
        self.found.coverages[f'{label}, before'] = coverage_of(old, self.scale, [self.factor] * len(old))
        self.found.coverages[f'{label}, after'] = coverage_of(images, self.found.fit.scale, factors)


def _fit_intervals(comparison, groups, plan):
    """The factor of all groups; and what it covers in those that are left out."""
    found = comparison.found
    needed = {image.path: factors_of(image, found.fit.scale) for group in groups for image in group}

    def factor_of(some):
        return conformal_factor([[needed[image.path] for image in group] for group in some], plan.coverage,
                                plan.promise)

    found.factor, found.num_interval_groups = factor_of(groups), len(groups)
    if len(groups) - -(-len(groups) // FOLDS) >= least_groups(plan.coverage):
        pairs = [(image, factor_of(rest)) for rest, left in folds_of(groups, FOLDS) for image in _all(left)]
        comparison.coverage('cross-validated', *(list(each) for each in zip(*pairs, strict=True)))


def _factor(widening):
    return widening['factor'] if widening else 1.0


def _scales_of_others(groups, points):
    """Digest of an image -> scale of images of other groups."""
    scales = {}
    for rest, left in folds_of(groups, FOLDS):
        scales |= dict.fromkeys((each.digest for each in _all(left)), _scale(rest, points))
    return scales


def check_points(data: MeasuredData) -> None:
    """Refuse points that are too few, before anything is predicted.

    Raises:
        ValueError: says how many there must be.
    """
    measured = sum(len(picture.points) for picture in data.pictures)
    if not data.labelled and measured < LEAST_POINTS:
        raise ValueError(f'{measured} points are too few: a median of less than {LEAST_POINTS} says nothing of wrong '
                         'ones. Measure more, in several images')


def _check_enough(groups, plan):
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


def _within(images, low, high):
    found = [image.within(low, high) for image in images]
    return [image for image in found if len(image.gt)]


def _aligned_error(groups):
    images = _all(groups)
    return errors_of(images, [1.0] * len(images), points=False)['abs_rel aligned']


def _scale(groups, points):
    return scale_of(_all(groups), points)


def _all(groups: Sequence[Sequence[MeasuredImage]]) -> list[MeasuredImage]:
    return [image for group in groups for image in group]
