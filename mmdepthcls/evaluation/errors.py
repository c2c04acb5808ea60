"""The metrics of depth papers, each variant under its own name. Pure; P is the number of pixels.

With g the ground truth, p the prediction (m) and e = ln p - ln g:

=============  =========================================================================================
d1, d2, d3     share of max(p/g, g/p) < 1.25, 1.25**2, 1.25**3
abs_rel        mean |p - g| / g
sq_rel         mean (p - g)**2 / g (Eigen et al., 2014, and nearly all since)
rmse, mae      sqrt(mean (p - g)**2) and mean |p - g|, m
rmse_log       sqrt(mean e**2)
silog          100 sqrt(mean e**2 - (mean e)**2)
log10          mean |log10 p - log10 g|
irmse, imae    1000 sqrt(mean (1/p - 1/g)**2) and 1000 mean |1/p - 1/g|, 1/km (KITTI's benchmark)
sq_rel_kitti   mean (p - g)**2 / g**2 (KITTI's development kit)
silog_kitti    silog / 100 (KITTI's development kit)
silog_paper    mean (e + a)**2 with a = mean(ln g - ln p): the paper's eq. 5, silog_kitti squared
=============  =========================================================================================

Every metric follows from 14 sums over pixels, so that errors of images, distances and pools are one computation:
:func:`sum_errors`, then :func:`merge_sums` over whatever belongs together, then :func:`errors_of_sums`.
"""
from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

ERROR_NAMES = ('d1', 'd2', 'd3', 'abs_rel', 'sq_rel', 'rmse', 'rmse_log', 'silog', 'log10')
VARIANT_NAMES = ('mae', 'irmse', 'imae', 'sq_rel_kitti', 'silog_kitti', 'silog_paper')
PRINTED_NAMES = ('d1', 'd2', 'd3', 'abs_rel', 'rmse', 'rmse_log')  # those that most papers print
ALL_NAMES = ERROR_NAMES + VARIANT_NAMES
# The sums, in this order. log_m2 is that of squares around the mean of e: no cancellation where e is nearly constant.
SUM_NAMES = ('count', 'd1', 'd2', 'd3', 'abs_rel', 'sq_rel', 'sq_rel_kitti', 'square', 'abs', 'log_abs',
             'inverse_square', 'inverse_abs', 'log', 'log_m2')
L1, L2_SQUARED = cv2.NORM_L1, cv2.NORM_L2SQR
COUNT, LOG, LOG_M2 = (SUM_NAMES.index(name) for name in ('count', 'log', 'log_m2'))


def depth_errors(pred: np.ndarray, gt: np.ndarray) -> dict[str, float]:
    """All errors of one prediction, in float64.

    Args:
        pred: metres, any shape.
        gt: metres, same shape; pixels that are 0, negative or not finite are not measured and left out.

    Returns:
        Keys :data:`ALL_NAMES`.

    Raises:
        ValueError: if the shapes differ, nothing is measured, or a prediction at a measured pixel is not a positive
            number (a :class:`~mmdepthcls.evaluation.protocols.Protocol` counts and scores those).

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
    bad = pred.size - np.count_nonzero(is_good(pred))
    if bad:
        raise ValueError(f'{bad} of {pred.size} predictions are not positive numbers; clamp them or score them by a '
                         'Protocol')
    return errors_of_sums(sum_errors(pred, gt)[0])


def is_good(pred: np.ndarray) -> np.ndarray:
    """Bool, of the same shape: which predictions are positive numbers, not NaN, infinite, zero or negative."""
    return (pred > 0) & np.isfinite(pred)


def sum_errors(pred: np.ndarray, gt: np.ndarray, starts: Sequence[int] | np.ndarray = (0, )) -> np.ndarray:
    """Sums of the errors of groups of pixels.

    Quotients and differences are computed in the precision of the arrays, logarithms and all sums in float64.

    Args:
        pred: (P, ) positive metres, floating point; the pixels of a group stand together.
        gt: (P, ) positive metres.
        starts: (G, ) where each group begins; no group is empty.

    Returns:
        (G, 14) float64, columns :data:`SUM_NAMES`.
    """
    dtype = np.result_type(pred, gt, np.float32)
    if pred.size and not (pred.min() > 1e-15 and pred.max() < 1e15):  # squares would leave single precision
        dtype = np.dtype(np.float64)
    pred, gt = pred.astype(dtype, copy=False), gt.astype(dtype, copy=False)
    parts = [slice(*ends) for ends in pairwise((*starts, gt.size))]
    counts = [part.stop - part.start for part in parts]

    def norms(values, kind):
        # OpenCV's norms add up in float64, whatever the array holds, and make no copy.
        return [cv2.norm(values[part], kind) for part in parts]

    # Arrays are used again where they can be: making new ones takes longer than filling them.
    difference = pred - gt
    np.abs(difference, out=difference)
    square, absolute = norms(difference, L2_SQUARED), norms(difference, L1)
    relative = difference / gt
    abs_rel, sq_rel_kitti = norms(relative, L1), norms(relative, L2_SQUARED)
    sq_rel = norms(np.multiply(relative, difference, out=difference), L1)
    inverse = np.divide(relative, pred, out=relative)  # |1/p - 1/g|
    inverse_square, inverse_absolute = norms(inverse, L2_SQUARED), norms(inverse, L1)

    worse = np.divide(np.maximum(pred, gt, out=difference), np.minimum(pred, gt, out=relative), out=difference)
    below = [_below(worse, 1.25**power, pred, gt) for power in (1, 2, 3)]
    shares = [[np.count_nonzero(share[part]) for part in parts] for share in below]

    log: np.ndarray = pred.astype(np.float64)
    log /= gt.astype(np.float64)
    log = cv2.log(log, log).reshape(-1)
    log_absolute = norms(log, L1)
    log_sums = [log[part].sum() for part in parts]
    for part, total, count in zip(parts, log_sums, counts, strict=True):
        log[part] -= total / count
    return np.array([counts, *shares, abs_rel, sq_rel, sq_rel_kitti, square, absolute, log_absolute, inverse_square,
                     inverse_absolute, log_sums, norms(log, L2_SQUARED)], dtype=np.float64).T


def _below(worse, limit, pred, gt):
    """(P, ) bool: which ratios are below a limit, exactly also where single precision cannot tell."""
    below = worse < limit
    # What rounding to single precision may have moved over the limit is looked at in double precision.
    if worse.dtype == np.float32 and np.count_nonzero(worse < limit * (1 - 1e-6)) != np.count_nonzero(
            worse < limit * (1 + 1e-6)):
        near = np.flatnonzero(np.abs(worse - limit) <= 2e-6 * limit)
        p, g = pred[near].astype(np.float64), gt[near].astype(np.float64)
        below[near] = np.maximum(p / g, g / p) < limit
    return below


def merge_sums(sums: np.ndarray) -> np.ndarray:
    """Sums of several groups of pixels as those of one group.

    Args:
        sums: (G, 14).

    Returns:
        (14, ).
    """
    merged = sums.sum(axis=0)
    count, log = sums[:, COUNT], sums[:, LOG]
    # Squares around the mean are merged as Chan et al. (1979) do.
    away = log / np.maximum(count, 1) - merged[LOG] / max(merged[COUNT], 1)
    merged[LOG_M2] += np.sum(count * away * away)
    return merged


def errors_of_sums(sums: np.ndarray) -> dict[str, float]:
    """All errors of one group of pixels.

    Args:
        sums: (14, ), of at least one pixel.

    Returns:
        Keys :data:`ALL_NAMES`.
    """
    mean = dict(zip(SUM_NAMES, (sums / sums[COUNT]).tolist(), strict=True))
    variance = mean['log_m2']
    return {
        'd1': mean['d1'],
        'd2': mean['d2'],
        'd3': mean['d3'],
        'abs_rel': mean['abs_rel'],
        'sq_rel': mean['sq_rel'],
        'rmse': mean['square']**0.5,
        'rmse_log': (variance + mean['log']**2)**0.5,
        'silog': 100 * variance**0.5,
        'log10': mean['log_abs'] / float(np.log(10)),
        'mae': mean['abs'],
        'irmse': 1000 * mean['inverse_square']**0.5,
        'imae': 1000 * mean['inverse_abs'],
        'sq_rel_kitti': mean['sq_rel_kitti'],
        'silog_kitti': variance**0.5,
        'silog_paper': variance,
    }
