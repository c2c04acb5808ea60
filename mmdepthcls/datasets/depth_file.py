"""Depth files of every kind as metres: PNG, .npy, .npz, TIFF, EXR, PFM, PGM and points, verified before they are
decoded. Pure."""
from __future__ import annotations

import io
import os

import cv2
import numpy as np

from .depth_format import PACKED, DepthFileError, DepthFormat
from .files import depth_array, depth_png, netpbm
from .files.depth_png import MAX_PIXELS
from .files.tiff_header import read_tiff_header
from .files.validity_mask import mask_path, read_mask
from .point_projection import probe_points, read_points

__all__ = ['SUFFIXES', 'DepthFileError', 'DepthFormat', 'probe_depth', 'read_depth', 'read_values']

# Most likely first: where two of them lie beside each other, depth_suffix must say which is meant.
SUFFIXES = ('.png', '.npy', '.npz', '.tiff', '.tif', '.exr', *netpbm.SUFFIXES)
TIFF, JPEG = ('.tiff', '.tif'), ('.jpg', '.jpeg')


def probe_depth(path: str, depth_format: DepthFormat) -> tuple[int, int] | None:
    """Look at a depth file without decoding it: its beginning, its end where it has one, kind, channels.

    Args:
        path: the file.
        depth_format: what is expected.

    Returns:
        H, W; None where only decoding tells (EXR).

    Raises:
        DepthFileError: for the first fault.
    """
    if depth_format.projection is not None:
        return probe_points(path, depth_format.projection)
    suffix = _suffix(path, depth_format)
    if depth_format.mask is not None:
        mask_path(path, depth_format.mask)
    if suffix == '.png':
        header = depth_png.probe(path)
        depth_png.check_depth_header(header, path, depth_format)
        return header.height, header.width
    with open(path, 'rb') as file:
        if suffix == '.npy':
            return depth_array.probe_npy(file, path, depth_format)
        if suffix == '.npz':
            return depth_array.probe_npz(file, path, depth_format)
        if suffix in netpbm.SUFFIXES:
            return netpbm.probe_netpbm(file, path, depth_format)
        if suffix in TIFF:
            return _check_tiff(file, path, os.fstat(file.fileno()).st_size, depth_format).shape
        if not file.read(4):
            raise DepthFileError(f'{path}: the file is empty. Copy it again.')
    return None


def read_values(data: bytes, path: str, depth_format: DepthFormat) -> np.ndarray:
    """The numbers that a depth file holds.

    Args:
        data: the whole file.
        path: its name; the suffix says what it is.
        depth_format: channels, key, bits, invalid and mask are used; or projection.

    Returns:
        (H, W) unsigned integers or floating point. Negative whole numbers, which are no measurement, and what a mask
        says is none, are 0. Of points: float32 metres.

    Raises:
        DepthFileError: for anything but an intact file of that kind; names it.
    """
    if depth_format.projection is not None:
        return depth_format.projection.depth(read_points(data, path, depth_format.projection))
    suffix = _suffix(path, depth_format)
    if suffix == '.png':
        values = depth_png.decode_png(data, path, depth_format)
    elif suffix == '.npy':
        values = depth_array.read_npy(io.BytesIO(data), path, depth_format, len(data))
    elif suffix == '.npz':
        values = depth_array.read_npz(io.BytesIO(data), path, depth_format)
    elif suffix in netpbm.SUFFIXES:
        values = netpbm.read_netpbm(data, path, depth_format)
    else:
        if suffix in TIFF:
            _check_tiff(io.BytesIO(data), path, len(data), depth_format)
        values = _decode_image(data, path, suffix, depth_format)
    broken = [value for value in depth_format.invalid if np.isfinite(value) and value % 1]
    if broken and values.dtype.kind == 'u':
        raise DepthFileError(f'{path}: invalid is {broken[0]:g}, but the file holds whole numbers. It names values as '
                             f'they are stored, such as 65535: {depth_format.spell("invalid")}.')
    if depth_format.mask is not None:
        values = np.where(read_mask(path, depth_format.mask, values.shape), values, values.dtype.type(0))
    return values


def read_depth(data: bytes, path: str, depth_format: DepthFormat) -> np.ndarray:
    """Metric depth of a file: :func:`read_values` and :meth:`DepthFormat.metres`.

    Returns:
        (H, W) float32 metres, 0 = no measurement.
    """
    return depth_format.metres(read_values(data, path, depth_format))


def _suffix(path, depth_format):
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in SUFFIXES:
        picture = (' A JPEG holds no depth: use the original file, or, if it is the image, exchange images and depth.'
                   if suffix in JPEG else '')
        raise DepthFileError(f'{path}: expected a depth file that ends in one of {", ".join(SUFFIXES)}, got '
                             f'{suffix!r}.{picture}')
    if depth_format.bits == PACKED and suffix != '.png':
        raise DepthFileError(f'{path}: only PNGs hold depth in three channels of 8 bits. Leave '
                             f'{depth_format.spell("bits", PACKED)} out for {suffix}.')
    return suffix


def _check_tiff(file, path, size, depth_format):
    """Header of a TIFF that holds depth."""
    header = read_tiff_header(file, path, size)
    if header.height * header.width > MAX_PIXELS:
        raise DepthFileError(f'{path}: impossible TIFF header: {header.width} x {header.height} pixels (at most '
                             f'{MAX_PIXELS} in all). Copy the file again.')
    if header.palette:
        raise DepthFileError(f'{path}: expected depth, got a picture with a palette, whose numbers are colors. Use '
                             'the original file.')
    _check_numbers(header.kind, header.bits, path, depth_format)
    if header.channels != depth_format.channels:
        raise depth_png.channels_error(path, header.channels, depth_format)
    return header


def _check_numbers(kind, bits, path, depth_format):
    if kind not in 'uif' or kind == 'f' and bits < 32:
        raise DepthFileError(f'{path}: expected whole numbers of 16 to 64 bits or floating point of 32 or 64, got '
                             f'{bits} bits of {"floating point" if kind == "f" else "another kind"}, which OpenCV '
                             'cannot decode. Save it as 32-bit floating point, or as .npy.')
    if bits < depth_format.bits:
        raise DepthFileError(f'{path}: expected {depth_format.bits}-bit depth, got {bits} bits. A picture has lost the '
                             'depth: use the original file'
                             f'{depth_png.eight_bit_remedy(depth_format) if bits == 8 else ""}.')


def _decode_image(data, path, suffix, depth_format):
    """TIFF (its first page) and EXR, where OpenCV can."""
    try:
        values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
        reason = 'the file is empty, damaged or of another kind'
    except cv2.error as error:
        values, reason = None, str(error).strip()
    if values is None:
        remedy = ('EXR needs an OpenCV that has it (opencv-python 4) and the environment variable '
                  'OPENCV_IO_ENABLE_OPENEXR=1 before Python starts. ') if suffix == '.exr' else ''
        raise DepthFileError(f'{path}: OpenCV cannot decode it as {suffix}: {reason}. {remedy}Replace the file, or '
                             'convert it to .npy.')
    _check_numbers(values.dtype.kind, values.dtype.itemsize * 8, path, depth_format)
    got = values.shape[2] if values.ndim == 3 else 1
    if got != depth_format.channels:
        raise depth_png.channels_error(path, got, depth_format)
    # red: OpenCV gives BGR
    return depth_array.unsigned(values[..., min(2, got - 1)] if got > 1 else values)
