"""Depth that went through a picture of 8 bits: its numbers lie on the grid of one. Pure.

Few different numbers alone say little: before a level camera, a rendered scene of boxes has one depth a row.
"""
import numpy as np

from .finding import error, warning

LEVELS = 255  # steps of 8 bits
ENOUGH_PIXELS = 500  # below, "few different values" says nothing
BY_CHANCE = 1e-3  # how often numbers of no grid may seem to lie on one
COARSE = 8  # stored units


def check_steps(distinct, count, path):
    """Findings about the numbers of a depth map.

    Args:
        distinct (ndarray): its different valid stored values, in ascending order.
        count (int): valid pixels.
        path (str): the file.

    Returns:
        list[Finding]: at most one; an error where 8 bits are all that there is.
    """
    if count < ENOUGH_PIXELS or distinct.size < 3:
        return []
    whole, few = distinct.dtype.kind == 'u', distinct.size <= LEVELS + 1
    divisor = int(np.gcd.reduce(distinct)) if whole else 0
    if divisor in (255, 256, 257):
        return [_eight_bits(path, f'all {distinct.size} different values are multiples of {divisor}: 8 bits stretched '
                            'to 16 (or rounded to whole metres)')]
    step = grid_of_picture(distinct) if few else None
    if step:
        return [_eight_bits(path, f'{count} valid pixels have only {distinct.size} different values, which lie on a '
                            f'grid of {step:.6g}, as those of an 8-bit picture do')]
    if divisor >= COARSE:
        return [warning('coarse depth', path, f'all values are multiples of {divisor}', 'Use the original file.')]
    if few:
        return [warning('few different depths', path, f'{count} valid pixels have only {distinct.size} different '
                        'values, though not on the grid of an 8-bit picture', 'Look at it. A rendered scene of boxes '
                        'before a level camera is so, with one depth a row: then nothing is to be done (a warning '
                        'fails only with --strict).')]
    return []


def grid_of_picture(values):
    """The step of the grid of an 8-bit picture that numbers lie on.

    A picture's k (0 to 255) that was made depth again is ``first + k * step``, rounded to or cut to a whole number or
    as a float is.

    Args:
        values (ndarray): 3 to 256 different ones, in ascending order.

    Returns:
        float or None: the step, stored units; None where there is no such grid, or numbers of none might seem so.

    >>> grid_of_picture(np.arange(3, 80).astype(np.uint16) * 100)
    100.0
    >>> grid_of_picture(np.unique(np.rint(1.3e5 / np.arange(20, 100)).astype(np.uint16)))
    """
    whole = values.dtype.kind == 'u'
    # Multiples of a whole number, also of 1 (whole metres): exactly so.
    if whole and values[-1] / (divisor := int(np.gcd.reduce(values))) <= LEVELS:
        return float(divisor)
    numbers = values.astype(np.float64) - float(values[0])
    numbers, span = numbers[1:-1], numbers[-1]
    # Both ends are rounded too. Whole numbers within 1 are three; of floats it is a part of the line.
    near = 1.0 if whole else float(values[-1]) * (1e-3 if values.dtype.itemsize == 2 else 1e-5)
    for steps in range(values.size - 1, LEVELS + 1):
        step = span / steps
        share = (3.0 if whole else 2 * near) / step
        if LEVELS * min(share, 1) ** numbers.size > BY_CHANCE:
            return None  # nor will smaller steps tell
        if np.all(np.abs(numbers - np.rint(numbers / step) * step) <= near):
            return step
    return None


def _eight_bits(path, seen):
    return error('8-bit depth saved as 16-bit', path, seen, 'Use the original file.')
