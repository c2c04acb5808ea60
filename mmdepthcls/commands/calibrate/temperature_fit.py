"""The temperature of labelled images, with what it gains on images that it was not fitted to. Pure."""
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...bins import DepthBins
from ...evaluation.uncertainty_metrics import log_likelihoods
from ...models.temperature import HIGHEST, LOWEST, fit_temperature
from .measured_image import MeasuredImage, folds_of

LEAST_GROUPS, LEAST_PIXELS = 10, 1000
FOLDS = 5


class TemperatureGain(NamedTuple):
    """A temperature, by which logits are divided once more, and whether it is of use.

    Args:
        factor: of the temperature; 1: it stays.
        before, after: negative log-likelihood of the images that were left out (cross-validation), nats.
        reason: why it stays; '' if it changes.
    """
    factor: float = 1.0
    before: float = float('nan')
    after: float = float('nan')
    reason: str = ''


def gain_of_temperature(groups: Sequence[Sequence[MeasuredImage]], bins: DepthBins, scale: float) -> TemperatureGain:
    """Fit the temperature of groups of images.

    Args:
        groups: images that belong together, with logits.
        bins: the model's.
        scale: by which its metres are multiplied: labels are of the measured depth divided by it.
    """
    parts = [_labelled(group, bins, scale) for group in groups]
    parts = [part for part in parts if len(part[1])]
    pixels = sum(len(labels) for _, labels in parts)
    if len(parts) < LEAST_GROUPS or pixels < LEAST_PIXELS:
        return TemperatureGain(reason=f'{len(parts)} groups of images with {pixels} pixels are not enough for it: it '
                                      f'needs {LEAST_GROUPS} and {LEAST_PIXELS}')
    factor = fit_temperature(*_joined(parts))
    if not LOWEST * 1.01 < factor < HIGHEST / 1.01:
        return TemperatureGain(reason='none is the best: the model knows nothing about these images, or is never wrong')
    before = after = 0.0
    for fitted, left in folds_of(parts, FOLDS):
        own = fit_temperature(*_joined(fitted))
        logits, labels = _joined(left)
        before -= float(log_likelihoods(logits, labels).sum()) / pixels
        after -= float(log_likelihoods(logits / np.float32(own), labels).sum()) / pixels
    if after >= before:
        return TemperatureGain(1.0, before, after, 'on images that are left out another is no better')
    return TemperatureGain(factor, before, after)


def _labelled(group, bins, scale):
    """Logits (Q, K) and labels (Q, ) of a group."""
    logits, labels = [], []
    for image in group:
        if image.logits is not None:
            own = bins.encode(image.logits_gt / (scale * image.correction))
            logits.append(image.logits[own < bins.num_bins])
            labels.append(own[own < bins.num_bins])
    return (np.concatenate(logits), np.concatenate(labels)) if logits else (np.zeros((0, bins.num_bins)), np.zeros(0))


def _joined(parts):
    return tuple(np.concatenate(each) for each in zip(*parts, strict=True))
