"""Errors at measured pixels, in metres and after each image was brought to its own scale. Pure."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...evaluation.depth_alignment import align
from ...evaluation.errors import depth_errors
from .measured_image import MeasuredImage
from .robust_center import weighted_median
from .scale_fit import log_ratios

COLUMNS = ('p/g', 'abs_rel', 'rmse', 'd1', 'abs_rel aligned', 'd1 aligned')
ALIGNED_PIXELS = 3  # of an image, at the least


def errors_of(images: Sequence[MeasuredImage], scales: Sequence[float], points: bool) -> dict[str, float]:
    """Errors of predictions that are multiplied by scales.

    Args:
        images: one at the least.
        scales: one an image.
        points: all points are one set; else errors are means over images, as in evaluations.

    Returns:
        :data:`COLUMNS`: the median ratio of predicted and measured depth, errors in metres, and errors after the
        prediction of each image was multiplied by the ratio of the medians (as monodepth2 does), which no scale
        changes; NaN where no image has three measurements.
    """
    ratios, weights = log_ratios(images, points)
    owner = np.repeat(np.arange(len(images)), [len(each.gt) for each in images])
    found = {'p/g': float(np.exp(weighted_median(np.log(scales)[owner] - ratios, weights)))}
    scaled = [(each.pred.astype(np.float64) * scale, each.gt) for each, scale in zip(images, scales, strict=True)]
    aligned = [(align('median', pred, gt).apply(pred, np.inf), gt) for pred, gt in scaled if len(gt) >= ALIGNED_PIXELS]
    for suffix, pairs in (('', scaled), (' aligned', aligned)):
        if points and pairs:
            pairs = [(np.concatenate([pred for pred, _ in pairs]), np.concatenate([gt for _, gt in pairs]))]
        errors = [depth_errors(pred, gt) for pred, gt in pairs]
        for name in ('abs_rel', 'rmse', 'd1'):
            if name + suffix in COLUMNS:
                found[name + suffix] = float(np.mean([each[name] for each in errors])) if errors else float('nan')
    return found
