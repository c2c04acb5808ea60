"""What a calibrated model file says; and data that must not be in it."""
from __future__ import annotations

from dataclasses import replace

from ... import __version__
from ...apis.image_sketch import image_hash, known_again
from ...apis.model_description import ModelDescription
from .measured_data import MeasuredData
from .measured_image import UNITS, MeasuredImage
from .model_calibration import CalibrationPlan, ModelCalibration

BEFORE = 'before calibration'


def refuse_scored(data: MeasuredData, test: MeasuredData | None, description: ModelDescription, unit: str) -> None:
    """Refuse to calibrate with images that a score is taken from: it would be a score of what it was fitted to.

    Args:
        data: to calibrate with.
        test: from which errors are printed.
        description: of the model, with its scores.
        unit: of :data:`~.measured_image.UNITS`; no group may be on both sides.

    Raises:
        ValueError: names an image.
    """
    digests = {image_hash(picture.path): picture.path for picture in data.pictures}
    for score in description.scores:
        scored = f'the score in the model file (protocol {score["protocol"]!r}, {score["data"] or "data of its own"})'
        known = known_again(digests, score.get('images', ''))
        if known:
            raise ValueError(f'{digests[min(known)]} is one of the images that {scored} was taken from. Calibrate with '
                             'others, such as the validation split (--split val)')
        if data.split and data.split.rpartition(' ')[2] in ('train', 'val', 'test') and data.split == score['data']:
            raise ValueError(f'{data.name} is the split that {scored} was taken from. Calibrate with another (--split '
                             'val)')
    if test is None:
        return
    for kind in dict.fromkeys((UNITS[0], unit)):
        own = {_unit(path, digest, kind) for digest, path in digests.items()}
        for picture in test.pictures:
            if _unit(picture.path, image_hash(picture.path), kind) in own:
                what = 'is' if kind == 'image' else 'is in a folder or drive that is'
                raise ValueError(f'{picture.path} of --test {what} in the data to calibrate with as well. Give --test '
                                 'others')


def _unit(path, digest, kind):
    return MeasuredImage(path, digest, *[None] * 3).unit(kind)


def calibrated(description: ModelDescription, found: ModelCalibration, data: MeasuredData, plan: CalibrationPlan,
               domain: str | None = None) -> ModelDescription:
    """The description of the calibrated model.

    Args:
        description: of the model before.
        found: the calibration.
        data: that it was found with.
        plan: what was wanted.
        domain: where it holds, in words.

    Returns:
        Its scores say that they are of the time before; an interval's widening of before is gone where metres or
        probabilities have changed.
    """
    changed = found.fit.scale != description.scale or (found.gain is not None and found.gain.factor != 1)
    widening = None if changed else description.interval_widening
    where = domain or f'as in {data.name}'
    if found.factor is not None:
        widening = dict(coverage=plan.coverage, factor=found.factor, promise=plan.promise, unit=plan.unit,
                        num_units=found.num_interval_groups, domain=where)
    scores = tuple(dict(score, conditions=dict(score['conditions'], model=BEFORE)) for score in description.scores)
    kind = f'{found.num_pixels} {"pixels" if data.labelled else "points"}, {found.num_images} images of {data.name}'
    focal = f'; {found.cameras.short}' if plan.scale else ''
    provenance = dict(description.provenance, calibration=f'{kind}; {where}{focal}; mmdepthcls {__version__}')
    return replace(description, scale=float(found.fit.scale), interval_widening=widening,
                   scale_focal=found.cameras.scale_focal if plan.scale else description.scale_focal,
                   scores=scores if changed else description.scores, provenance=provenance)
