"""Masks that say which pixels of a depth map were measured, in files beside it. Pure."""
import os

import cv2
from numpy.lib import format as npy_format

from ..depth_format import DepthFileError

SUFFIXES = ('.npy', '.png')


def mask_path(path, word):
    """Name of the mask of a depth file.

    Args:
        path (str): the depth file.
        word (str): what its name has before the ending, and that of the depth has not.

    Raises:
        DepthFileError: if there is no such file.

    >>> mask_path('00019_depth.npy', '_mask')  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mmdepthcls.datasets.depth_format.DepthFileError: 00019_depth.npy: its mask 00019_depth_mask.npy does not exist. ...
    """
    stem, ending = os.path.splitext(path)
    found = [f'{stem}{word}{suffix}' for suffix in dict.fromkeys((ending.lower(), *SUFFIXES)) if suffix in SUFFIXES]
    there = [mask for mask in found if os.path.isfile(mask)]
    if not there:
        raise DepthFileError(f'{path}: its mask {found[0]} does not exist. Copy it beside the depth: without it pixels '
                             'that were not measured would count.')
    return there[0]


def read_mask(path, word, shape):
    """Which pixels of a depth map were measured.

    Args:
        path (str): the depth file.
        word (str): see :func:`mask_path`.
        shape (tuple[int, int]): H, W of the depth.

    Returns:
        ndarray: (H, W) bool.

    Raises:
        DepthFileError: if there is no such file, or it is no mask of that size; names it.
    """
    mask = mask_path(path, word)
    try:
        if mask.lower().endswith('.npy'):
            with open(mask, 'rb') as file:
                values = npy_format.read_array(file, allow_pickle=False)
        else:
            values = cv2.imread(mask, cv2.IMREAD_UNCHANGED)
    except (ValueError, EOFError, OSError, cv2.error) as error:
        raise DepthFileError(f'{mask}: the mask of {path} is damaged ({error}). Copy it again.') from error
    if values is None or values.dtype.kind not in 'buif' or _sides(values.shape) != _sides(shape):
        got = 'nothing that can be read' if values is None else f'{values.dtype} of shape {values.shape}'
        raise DepthFileError(f'{mask}: expected a mask of {shape[0]} x {shape[1]} numbers, those of {path}, got {got}. '
                             'Use the mask of this depth map.')
    return values.reshape(shape) > 0


def _sides(shape):
    return [length for length in shape if length != 1]
