"""Depth in the plain formats of the netpbm family: PFM (floating point) and binary PGM (whole numbers). Pure."""
import math
import os
import re

import numpy as np

from ..depth_format import DepthFileError
from .depth_png import MAX_PIXELS, channels_error, eight_bit_remedy
from .stand_in import content_of

SUFFIXES = ('.pfm', '.pgm')
GAP = rb'(?:\s|#[^\n]*\n)+'
PFM = re.compile(rb'P(?P<kind>[fF])' + GAP + rb'(?P<width>\d+)' + GAP + rb'(?P<height>\d+)' + GAP
                 + rb'(?P<factor>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:\r\n|\s)')
PGM = re.compile(rb'P5' + GAP + rb'(?P<width>\d+)' + GAP + rb'(?P<height>\d+)' + GAP + rb'(?P<greatest>\d+)\s')
LONGEST_HEADER = 4096
MOST = 65535


def probe_netpbm(file, path, depth_format):
    """H, W of a PFM or PGM, after comparing its header with its size.

    Args:
        file (BinaryIO): the opened file.
        path (str): for messages; its ending says which of the two it is.
        depth_format (DepthFormat): channels and bits are used.

    Raises:
        DepthFileError: for anything that is no depth.
    """
    return _parse(file.read(LONGEST_HEADER), path, depth_format, os.fstat(file.fileno()).st_size)[0][:2]


def read_netpbm(data, path, depth_format):
    """The numbers of a PFM or PGM.

    Args:
        data (bytes): the whole file.
        path (str): for messages; its ending says which of the two it is.
        depth_format (DepthFormat): channels and bits are used; of several channels the first (red) counts.

    Returns:
        ndarray: (H, W) float32, or uint16 (uint8 where the format allows it); the first row is the upper one.

    Raises:
        DepthFileError: for anything but an intact file of that kind.
    """
    shape, dtype, start = _parse(data[:LONGEST_HEADER], path, depth_format, len(data))
    values = np.frombuffer(data, dtype, math.prod(shape), start).reshape(shape)[..., 0]
    upright = values[::-1] if dtype.kind == 'f' else values  # the rows of a PFM begin at the bottom
    return np.ascontiguousarray(upright.astype(dtype.newbyteorder('='), copy=False))


def _parse(start, path, depth_format, size):
    """Shape (H, W, C), dtype and where the numbers begin."""
    is_pfm = path.lower().endswith('.pfm')
    match = (PFM if is_pfm else PGM).match(start)
    if match is None:
        what, remedy = content_of(start)
        expected = "a PFM (it begins with 'Pf')" if is_pfm else "a binary PGM (it begins with 'P5')"
        raise DepthFileError(f'{path}: expected {expected}, but its content is {what or "none of that kind"}. '
                             f'{remedy}.')
    height, width = int(match['height']), int(match['width'])
    if not 0 < height * width <= MAX_PIXELS:
        raise DepthFileError(f'{path}: impossible header: {width} x {height} pixels (at most {MAX_PIXELS} in all). '
                             'Copy the file again.')
    channels, dtype = _numbers_of_pfm(match, path) if is_pfm else _numbers_of_pgm(match, path, depth_format)
    if channels != depth_format.channels:
        raise channels_error(path, channels, depth_format)
    expected = match.end() + height * width * channels * dtype.itemsize
    if not expected <= size <= expected + 1:  # some programs end a file with a new line
        raise DepthFileError(f'{path}: {width} x {height} numbers of {8 * dtype.itemsize} bits need {expected} bytes, '
                             f'the file has {size}: it is truncated or of another kind. Copy it again.')
    return (height, width, channels), dtype, match.end()


def _numbers_of_pfm(match, path):
    factor = float(match['factor'])
    if not (math.isfinite(factor) and factor):
        raise DepthFileError(f'{path}: its header has the scale {match["factor"].decode()}, whose sign says the order '
                             'of the bytes. Write it again, with -1.')
    return 1 if match['kind'] == b'f' else 3, np.dtype('<f4' if factor < 0 else '>f4')


def _numbers_of_pgm(match, path, depth_format):
    greatest = int(match['greatest'])
    if not 0 < greatest <= MOST:
        raise DepthFileError(f'{path}: its header says that the greatest number is {greatest}, expected 1 to {MOST}. '
                             'Copy the file again.')
    if greatest < 256 and depth_format.bits > 8:
        raise DepthFileError(f'{path}: expected 16-bit depth, got 8 bits (the greatest number is {greatest}). Use the '
                             f'original file{eight_bit_remedy(depth_format)}.')
    return 1, np.dtype('>u2' if greatest > 255 else 'u1')
