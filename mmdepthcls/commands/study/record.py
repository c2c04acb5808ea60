"""Means and spreads over seeds, of what a study's trainings have recorded. Pure."""
import math
import statistics

WITHOUT = 'without'  # of a test: no canonical camera
MIXTURE = 'mixture'  # of a training: of many cameras


def values(records, metric, split='test', decoder='own'):
    """list[float]: a metric of each record; what has no such decoder is left out."""
    return [record['scores'][split][decoder][metric] for record in records if decoder in record['scores'][split]]


def mean_and_spread(numbers):
    """tuple[float, float or None]: mean, and standard deviation (n - 1) where there are two or more.

    >>> mean_and_spread([1.0, 3.0])
    (2.0, 1.4142135623730951)
    """
    return statistics.fmean(numbers), statistics.stdev(numbers) if len(numbers) > 1 else None


def pooled_spread(one, other):
    """float: standard deviation between seeds, pooled over two lists of two numbers or more.

    >>> pooled_spread([1.0, 3.0], [5.0, 5.0])
    1.0
    """
    return math.sqrt((statistics.variance(one) + statistics.variance(other)) / 2)


def cell(numbers, decimals):
    """str: mean, and ± standard deviation where there are two or more.

    >>> cell([1.0, 3.0], 2), cell([1.0], 0)
    ('2.00 ± 1.41', '1')
    """
    mean, spread = mean_and_spread(numbers)
    return f'{mean:.{decimals}f}' if spread is None else f'{mean:.{decimals}f} ± {spread:.{decimals}f}'


def best_decoder(records):
    """str: name of the decoder of least mean abs_rel on the validation split; ties: the first named."""
    names = list(records[0]['scores']['val'])
    return min(names, key=lambda name: statistics.fmean(values(records, 'abs_rel', 'val', name)))
