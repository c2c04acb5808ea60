"""Whether a model knows how wrong it is: likelihood, coverage, calibration and sparsification. Pure.

An image becomes a few sums and two short curves, whatever its size; these are added up in the end. P pixels.
"""
from dataclasses import dataclass

import numpy as np

CONFIDENCE_BINS = 15
# Shares of the pixels that are removed, the most uncertain first: 0, 1/50, ... 49/50.
REMOVALS = 50
UNCERTAINTY_NAMES = ('nll', 'coverage', 'interval_width', 'ece', 'ause', 'aurg')


@dataclass(frozen=True)
class UncertaintyRecord:
    """Sums of one image.

    Args:
        num (int): scored pixels P.
        nll (float): sum of the negative logarithms of the true bins' probabilities, nats.
        covered (int): pixels whose depth lies in their interval.
        width (float): sum of the intervals' widths, m.
        calibration (ndarray): (B, 3), see :func:`calibration_sums`.
        curves (ndarray): (2, R): risk by uncertainty and by the error itself, see :func:`risk_curve`.
    """
    num: int
    nll: float
    covered: int
    width: float
    calibration: np.ndarray
    curves: np.ndarray


def score_uncertainty(log_likelihood, confidence, correct, interval, gt, error, uncertainty):
    """Record of one image.

    Args:
        log_likelihood (ndarray): (P, ) logarithm of the true bin's probability, P > 0.
        confidence (ndarray): (P, ) probability of the most probable bin.
        correct (ndarray): (P, ) bool, whether that is the true bin.
        interval (ndarray): (2, P) ends of the credible interval, m.
        gt (ndarray): (P, ) m.
        error (ndarray): (P, ) what uncertainty should foretell, such as abs_rel.
        uncertainty (ndarray): (P, ) greater where the model is less sure, in any unit.

    Returns:
        UncertaintyRecord
    """
    low, high = np.asarray(interval, np.float64)
    return UncertaintyRecord(
        num=len(gt),
        nll=-float(np.sum(log_likelihood, dtype=np.float64)),
        covered=int(np.count_nonzero((low <= gt) & (gt <= high))),
        width=float((high - low).sum()),
        calibration=calibration_sums(confidence, correct),
        curves=np.stack([risk_curve(error, uncertainty), risk_curve(error, error)]))


def calibration_sums(confidence, correct, num_bins=CONFIDENCE_BINS):
    """Sums from which the calibration error follows.

    Args:
        confidence (ndarray): (P, ) in [0, 1].
        correct (ndarray): (P, ) bool.
        num_bins (int): B bins of confidence of equal width; 1 belongs to the last.

    Returns:
        ndarray: (B, 3) float64: for each bin pixels, sum of confidence, pixels that are correct.
    """
    confidence = np.asarray(confidence, np.float64)
    index = np.minimum((confidence * num_bins).astype(np.intp), num_bins - 1)
    return np.stack([np.bincount(index, weights, num_bins) for weights in
                     (np.ones(len(index)), confidence, np.asarray(correct, np.float64))], axis=1)


def calibration_error(sums):
    """Expected calibration error: mean distance of confidence from accuracy, over bins of confidence weighted by pixels
    (Guo et al., 2017).

    Args:
        sums (ndarray): (B, 3), see :func:`calibration_sums`.

    Returns:
        float: in [0, 1]; NaN without pixels.
    """
    total = sums[:, 0].sum()
    return float(np.abs(sums[:, 1] - sums[:, 2]).sum() / total) if total else float('nan')


def risk_curve(error, uncertainty, removals=REMOVALS):
    """Mean error of the pixels that remain when the most uncertain are removed.

    Pixels of equal uncertainty count by their mean error, so that the order in which they come means nothing.

    Args:
        error (ndarray): (P, ), P > 0.
        uncertainty (ndarray): (P, ).
        removals (int): R.

    Returns:
        ndarray: (R, ) float64: at position r of the ceil(P * (1 - r / R)) least uncertain pixels.
    """
    order = np.argsort(uncertainty, kind='stable')
    ranked = np.asarray(uncertainty)[order]
    first = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    sizes = np.diff(np.append(first, len(order)))
    means = np.add.reduceat(np.asarray(error, np.float64)[order], first) / sizes
    until = np.cumsum(np.repeat(means, sizes))
    kept = -(-len(order) * (removals - np.arange(removals)) // removals)
    return until[kept - 1] / kept


def summarize_uncertainty(records):
    """Metrics of a data set.

    Args:
        records (list[UncertaintyRecord]): one an image with scored pixels.

    Returns:
        dict[str, float]: over all pixels ``nll`` (nats), ``coverage`` (share), ``interval_width`` (m) and ``ece``;
        means over images ``ause`` (area between the two risk curves: 0 if uncertainty sorts pixels as their error does)
        and ``aurg`` (area between no removal, which is what removing at random gives, and the curve by uncertainty:
        > 0 if uncertainty helps). NaN without records.
    """
    if not records:
        return dict.fromkeys(UNCERTAINTY_NAMES, float('nan'))
    num = sum(record.num for record in records)
    by_uncertainty, by_error = np.mean([record.curves for record in records], axis=0)
    return dict(
        nll=sum(record.nll for record in records) / num,
        coverage=sum(record.covered for record in records) / num,
        interval_width=sum(record.width for record in records) / num,
        ece=calibration_error(sum(record.calibration for record in records)),
        ause=float((by_uncertainty - by_error).mean()),
        aurg=float((by_uncertainty[0] - by_uncertainty).mean()))


def log_likelihoods(logits, labels):
    """Logarithms of the true bins' probabilities.

    Args:
        logits (ndarray): (P, K).
        labels (ndarray): (P, ) true bins.

    Returns:
        ndarray: (P, ) float64 nats, <= 0.
    """
    shifted = np.asarray(logits, np.float64)
    shifted = shifted - shifted.max(axis=1, keepdims=True)
    return shifted[np.arange(len(labels)), labels] - np.log(np.exp(shifted).sum(axis=1))
