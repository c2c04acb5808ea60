"""The metrics of Eigen et al. (2014) and their usual companions. Pure; P is the number of valid pixels.

With g the ground truth, p the prediction (m) and e = ln p - ln g:

============  ==========================================================
d1, d2, d3    share of max(p/g, g/p) < 1.25, 1.25**2, 1.25**3
abs_rel       mean |p - g| / g
sq_rel        mean (p - g)**2 / g
rmse          sqrt(mean (p - g)**2), m
rmse_log      sqrt(mean e**2)
silog         100 sqrt(mean e**2 - (mean e)**2)
log10         mean |log10 p - log10 g|
============  ==========================================================
"""
from dataclasses import dataclass

import numpy as np

from .crops import crop_region

ERROR_NAMES = ('d1', 'd2', 'd3', 'abs_rel', 'sq_rel', 'rmse', 'rmse_log', 'silog', 'log10')


def depth_errors(pred, gt):
    """All errors of one prediction, in float64.

    Args:
        pred (ndarray): metres, any shape.
        gt (ndarray): metres, same shape; pixels that are 0, negative or not finite are not measured and left out.

    Returns:
        dict[str, float]: keys :data:`ERROR_NAMES`.

    Raises:
        ValueError: if the shapes differ, nothing is measured, or a prediction at a measured pixel is not a positive
            number (:func:`score_image` counts and clamps those).

    >>> errors = depth_errors(np.array([2.0, 30.0]), np.array([4.0, 30.0]))
    >>> errors['abs_rel'], errors['d1']
    (0.25, 0.5)
    """
    pred, gt = np.asarray(pred, dtype=np.float64), np.asarray(gt, dtype=np.float64)
    if pred.shape != gt.shape:
        raise ValueError(f'prediction has shape {pred.shape}, ground truth {gt.shape}; they must be the same pixels')
    measured = (gt > 0) & np.isfinite(gt)
    pred, gt = pred[measured], gt[measured]
    if gt.size == 0:
        raise ValueError('no pixel has ground truth')
    bad = count_bad(pred)
    if bad:
        raise ValueError(f'{bad} of {pred.size} predictions are not positive numbers; clamp them or use score_image')
    difference = pred - gt
    log_difference = np.log(pred) - np.log(gt)
    ratio = np.maximum(pred / gt, gt / pred)
    squared = difference * difference
    values = (*(np.mean(ratio < 1.25**power) for power in (1, 2, 3)), np.mean(np.abs(difference) / gt),
              np.mean(squared / gt), np.sqrt(np.mean(squared)), np.sqrt(np.mean(log_difference * log_difference)),
              100 * np.std(log_difference),  # equal to the formula above, without its cancellation
              np.mean(np.abs(log_difference)) / np.log(10))
    return dict(zip(ERROR_NAMES, map(float, values), strict=True))


def count_bad(pred):
    """int: how many predictions are NaN, infinite, zero or negative."""
    return int(pred.size - np.count_nonzero((pred > 0) & np.isfinite(pred)))


@dataclass(frozen=True)
class ImageScore:
    """Score of one image: ``errors`` (None without valid ground truth), valid pixels, bad predictions among them."""
    errors: dict | None
    num_valid: int
    num_bad: int


def score_image(pred, gt, min_depth=1e-3, max_depth=80.0, crop=None):
    """Score one image as KITTI papers do: ``min_depth < gt < max_depth`` inside a region, prediction clamped to it.

    Args:
        pred (ndarray): (H, W) metres. NaN, infinite, zero and negative predictions are counted and scored as the
            end of the range that is farther (in ratio) from the truth: never left out, never good.
        gt (ndarray): (H, W) metres, 0 = no measurement.
        min_depth (float): metres, exclusive for ground truth, > 0.
        max_depth (float): metres, exclusive for ground truth (80 is the usual cap).
        crop (str or None): see :func:`mmdepthcls.evaluation.crops.crop_region`.

    Returns:
        ImageScore

    Raises:
        ValueError: if the shapes differ or are not two-dimensional.
    """
    if pred.shape != gt.shape or pred.ndim != 2:
        raise ValueError(f'prediction has shape {pred.shape}, ground truth {gt.shape}; expected the same (H, W). In a '
                         'test pipeline load depth after Resize and KBCrop, and pack with PackDepthInputs.')
    region = crop_region(crop, *gt.shape)
    pred, gt = pred[region], gt[region]
    valid = (gt > min_depth) & (gt < max_depth)
    pred, gt = pred[valid].astype(np.float64), gt[valid]
    if gt.size == 0:
        return ImageScore(None, 0, 0)
    bad = ~((pred > 0) & np.isfinite(pred))
    worst = np.where(gt * gt > min_depth * max_depth, min_depth, max_depth)
    pred = np.clip(np.where(bad, worst, pred), min_depth, max_depth)
    return ImageScore(depth_errors(pred, gt), gt.size, int(np.count_nonzero(bad)))


def mean_over_images(scores):
    """Mean of each error over the images that have ground truth, as the papers do (not over pixels).

    Args:
        scores (iterable of ImageScore)

    Returns:
        dict[str, float]: keys :data:`ERROR_NAMES`; empty if no image has ground truth.
    """
    counted = [score.errors for score in scores if score.errors is not None]
    return {name: float(np.mean([errors[name] for errors in counted])) for name in ERROR_NAMES} if counted else {}
