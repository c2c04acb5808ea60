"""Temperature scaling (Guo et al., 2017): logits are divided by one number, so that probabilities become frequencies.

Pure. The order of the bins at a pixel stays; every decoder but argmax, and every uncertainty, changes. The number is
saved with the weights, beside the bins' edges, if it is not 1.
"""
import math

import numpy as np
import torch

from ..invocation import command

TEMPERATURE_KEY = 'temperature'
# Range of the search: a model that is worse than knowing nothing, or never wrong, has no finite best.
LOWEST, HIGHEST = 1e-2, 1e2
STEPS = 50


def stored_temperature(temperature):
    """A temperature as it is saved: scalar float64 tensor."""
    return torch.tensor(float(temperature), dtype=torch.float64)


def read_temperature(stored):
    """Temperature of a checkpoint.

    Args:
        stored (Tensor or None): the entry; None, where there is none, means 1.

    Returns:
        float

    Raises:
        ValueError: if it is no positive finite number.
    """
    if stored is None:
        return 1.0
    temperature = float(stored) if torch.is_tensor(stored) and stored.numel() == 1 else math.nan
    if not 0 < temperature < math.inf:
        raise ValueError(f'The checkpoint has {TEMPERATURE_KEY}={stored}; expected one positive number. Fit it anew '
                         f'with {command("fit-temperature")}, or remove the entry.')
    return temperature


def fit_temperature(logits, labels):
    """The temperature of least negative log-likelihood.

    The likelihood is concave in 1 / T, so its slope has one zero, which is found by halving an interval of log T.

    Args:
        logits (ndarray): (P, K), P > 0.
        labels (ndarray): (P, ) true bins.

    Returns:
        float: in [0.01, 100]; an end of it where there is no best within.

    Raises:
        ValueError: without pixels.
    """
    if len(labels) == 0:
        raise ValueError('no pixel to fit a temperature to: no ground truth lies in the bins')
    low, high = math.log(LOWEST), math.log(HIGHEST)
    for _ in range(STEPS):
        middle = (low + high) / 2
        if _slope(logits, labels, math.exp(-middle)) > 0:  # sharper is worse
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)


def _slope(logits, labels, scale):
    """Derivative of the mean negative log-likelihood by the factor of the logits."""
    total = 0.0
    for first in range(0, len(labels), 1 << 14):
        part = np.asarray(logits[first:first + (1 << 14)], np.float64)
        part = part - part.max(axis=1, keepdims=True)
        weights = np.exp(part * scale)
        expected = (weights * part).sum(axis=1) / weights.sum(axis=1)
        total += float((expected - part[np.arange(len(part)), labels[first:first + len(part)]]).sum())
    return total / len(labels)
