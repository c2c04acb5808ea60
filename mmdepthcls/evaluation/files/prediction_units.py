"""Whether predictions and ground truth are in one unit, or one of them is inverse depth. Pure."""
import math

import numpy as np

from ..errors import is_good

FEW = 10  # pixels
SAME = (1 / 2, 2)  # between these a network may be wrong by itself
FACTORS = {1000 / 256: '1000 / 256', 256 / 100: '256 / 100', 10: '10', 100: '100', 256: '256', 1000: '1000',
           5: '5', 5000 / 256: '5000 / 256'}
NEAR = 0.15  # of a factor, in its logarithm
AGAINST = -0.5  # correlation of the logarithms


def likeness(pred, truth):
    """How a prediction goes with its ground truth.

    Args:
        pred (ndarray): (H, W) metres, with bad values.
        truth (ndarray): (H, W) metres, 0 = no measurement.

    Returns:
        tuple[float, float] or None: median of prediction / ground truth, and the correlation of their logarithms (NaN
        where one of them is the same everywhere); None where their sizes differ or little is measured.
    """
    if pred.shape != truth.shape:
        return None
    both = (truth > 0) & is_good(pred)
    if np.count_nonzero(both) < FEW:
        return None
    logs = np.log(pred[both], dtype=np.float64), np.log(truth[both], dtype=np.float64)
    flat = min(part.std() for part in logs) < 1e-6
    return math.exp(np.median(logs[0] - logs[1])), math.nan if flat else float(np.corrcoef(*logs)[0, 1])


def doubt_of_unit(likenesses):
    """A line about numbers that look like another unit or inverse depth, or None.

    Args:
        likenesses (list[tuple[float, float]]): of all frames, see :func:`likeness`.

    >>> doubt_of_unit([(1.1, 0.9)]) is None
    True
    """
    if not likenesses:
        return None
    ratios, correlations = np.array(likenesses).T
    ratio = float(np.median(ratios))
    known = correlations[~np.isnan(correlations)]
    if len(known) and np.median(known) < AGAINST:
        return ('Doubt: predictions are small where ground truth is large: disparity or inverse depth? '
                '--pred-focal-baseline (or --gt-focal-baseline) says so')
    if SAME[0] <= ratio <= SAME[1]:
        return None
    factor = max(ratio, 1 / ratio)
    nearest = min(FACTORS, key=lambda known: abs(math.log(factor / known)))
    known = f', about {FACTORS[nearest]}' if abs(math.log(factor / nearest)) < NEAR else ''
    return (f'Doubt: predictions are {factor:.4g} times too {"large" if ratio > 1 else "small"} (median over the frames'
            f'{known}): another unit? --pred-scale and --gt-scale say the stored units per metre')
