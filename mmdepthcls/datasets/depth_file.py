"""Depth files of every kind as metres: 16-bit PNG, .npy, .npz, TIFF and EXR, verified before they are decoded. Pure."""
import io
import math
import os
import zipfile
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib import format as npy_format

from . import depth_png
from .depth_png import MAX_PIXELS, DepthFileError

# Most likely first: where two of them lie beside each other, depth_suffix must say which is meant.
SUFFIXES = ('.png', '.npy', '.npz', '.tiff', '.tif', '.exr')


@dataclass(frozen=True)
class DepthFormat:
    """What the numbers in a depth file mean.

    Depth is ``(value - offset) / scale`` metres; with ``focal_baseline`` the files hold disparity, and depth is
    ``focal_baseline / ((value - offset) / scale)``. In both, 0, negative, NaN and infinite values and those listed in
    ``invalid`` mean "no measurement" and become 0.

    Args:
        scale (float, optional): stored units per metre (256 for KITTI, 1000 for millimetres), or per pixel of
            disparity. Default: 256 for whole numbers, 1 for floating point.
        channels (int): channels of an image file; where there are several, the first (red) counts.
        invalid (float or sequence of float): stored values that mean "no measurement" beside 0.
        offset (float): subtracted from stored values, in their unit.
        focal_baseline (float, optional): focal length times baseline, pixels * metres; for disparity.
        key (str, optional): name of the array in a .npz; not needed if it holds one.

    Raises:
        ValueError: for settings without sense.
    """
    scale: float | None = None
    channels: int = 1
    invalid: tuple = ()
    offset: float = 0.0
    focal_baseline: float | None = None
    key: str | None = None

    def __post_init__(self):
        for name in ('scale', 'focal_baseline'):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f'depth_format: {name} must be > 0, got {value}')
        if self.channels not in (1, 2, 3, 4):
            raise ValueError(f'depth_format: channels must be 1..4, got {self.channels}')
        invalid = self.invalid if isinstance(self.invalid, (tuple, list, set)) else (self.invalid, )
        object.__setattr__(self, 'invalid', tuple(invalid))

    def metres(self, values):
        """Metric depth of stored values.

        Args:
            values (ndarray): (H, W) unsigned integers or floating point.

        Returns:
            ndarray: (H, W) float32 metres, 0 = no measurement.
        """
        whole = values.dtype.kind == 'u'
        scale = np.float32(self.scale or (depth_png.KITTI_SCALE if whole else 1.0))
        plain = self.offset == 0 and self.focal_baseline is None and not self.invalid
        if plain and whole:
            return np.divide(values, scale, dtype=np.float32)
        valid = (values > 0) & np.isfinite(values)
        for value in self.invalid:
            valid &= values != value
        # In double precision up to the end: stored values are taken at their word.
        units = values.astype(np.float64) - self.offset
        valid &= units > 0
        units = np.where(valid, units, 1.0) / np.float64(scale)
        depth = units if self.focal_baseline is None else self.focal_baseline / units
        with np.errstate(over='ignore'):
            depth = np.where(valid, depth, 0.0).astype(np.float32)
        depth[np.isinf(depth)] = 0
        return depth


def probe_depth(path, depth_format):
    """Look at a depth file without decoding it: its beginning, its end where it has one, kind, channels.

    Args:
        path (str): the file.
        depth_format (DepthFormat): what is expected.

    Returns:
        tuple[int, int] or None: H, W; None where only decoding tells (TIFF, EXR).

    Raises:
        DepthFileError: for the first fault.
    """
    suffix = _suffix(path)
    if suffix == '.png':
        header = depth_png.probe(path)
        depth_png.check_depth_header(header, path, depth_format.channels)
        return header.height, header.width
    with open(path, 'rb') as file:
        if suffix == '.npy':
            return _npy_shape(file, path, os.fstat(file.fileno()).st_size)
        if suffix == '.npz':
            with _open_npz(file, path, depth_format.key) as member:
                return _npy_shape(member, path)
        if not file.read(4):
            raise DepthFileError(f'{path}: the file is empty. Copy it again.')
    return None


def read_values(data, path, depth_format):
    """The numbers that a depth file holds.

    Args:
        data (bytes): the whole file.
        path (str): its name; the suffix says what it is.
        depth_format (DepthFormat): channels and key are used.

    Returns:
        ndarray: (H, W) uint16 or floating point (.npy and .npz: any real type).

    Raises:
        DepthFileError: for anything but an intact file of that kind; names it.
    """
    suffix = _suffix(path)
    if suffix == '.png':
        return depth_png.decode_png(data, path, depth_format.channels)
    if suffix == '.npy':
        return _read_npy(io.BytesIO(data), path, len(data))
    if suffix == '.npz':
        with _open_npz(io.BytesIO(data), path, depth_format.key) as member:
            return _read_npy(member, path)
    return _decode_image(data, path, suffix, depth_format.channels)


def read_depth(data, path, depth_format):
    """Metric depth of a file: :func:`read_values` and :meth:`DepthFormat.metres`.

    Returns:
        ndarray: (H, W) float32 metres, 0 = no measurement.
    """
    return depth_format.metres(read_values(data, path, depth_format))


def _suffix(path):
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in SUFFIXES:
        raise DepthFileError(f'{path}: expected a depth file that ends in one of {", ".join(SUFFIXES)}, got {suffix!r}')
    return suffix


def _npy_shape(file, path, size=None):
    """H, W of a .npy after looking at its header; the file then stands before its numbers."""
    try:
        version = npy_format.read_magic(file)
        read_header = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}[version]
        shape, _, dtype = read_header(file)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DepthFileError(f'{path}: expected a NumPy array, but its content is none ({error}). Replace the file.'
                             ) from error
    if len(shape) == 3 and 1 in (shape[0], shape[2]):
        shape = shape[1:] if shape[0] == 1 else shape[:2]
    if len(shape) != 2 or dtype.kind not in 'uif' or not 0 < math.prod(shape) <= MAX_PIXELS:
        raise DepthFileError(f'{path}: expected (H, W) real numbers, at most {MAX_PIXELS} of them, got {dtype} of '
                             f'shape {shape}')
    if dtype == np.uint8:
        raise DepthFileError(f'{path}: expected depth, got 8-bit numbers, which cannot hold it. Use the original file.')
    if size is not None and size - file.tell() != math.prod(shape) * dtype.itemsize:
        raise DepthFileError(f'{path}: the array is truncated: {shape[0]} x {shape[1]} numbers of type {dtype} need '
                             f'{math.prod(shape) * dtype.itemsize} bytes, the file has {size - file.tell()}. '
                             'Copy it again.')
    return tuple(shape)


def _read_npy(file, path, size=None):
    start = file.tell()
    shape = _npy_shape(file, path, size)
    file.seek(start)
    try:
        values = np.lib.format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile, OSError) as error:
        raise DepthFileError(f'{path}: the array is truncated or damaged ({error}). Copy the file again.') from error
    values = values.reshape(shape)
    if values.dtype.kind == 'i':
        # Only unsigned whole numbers have a default scale: negative ones are no measurement.
        values = np.maximum(values, 0).astype(np.uint64)
    return values


def _open_npz(file, path, key):
    try:
        archive = zipfile.ZipFile(file)
        names = [name.removesuffix('.npy') for name in archive.namelist()]
        if key is None and len(names) != 1 or key is not None and key not in names:
            expected = 'one array' if key is None else f'an array {key!r}'
            raise DepthFileError(f"{path}: expected {expected}, got {names}. Name it: depth_format=dict(key='...').")
        return archive.open(f'{key or names[0]}.npy')
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise DepthFileError(f'{path}: expected a .npz archive, but it is none or truncated ({error}). Copy it again.'
                             ) from error


def _decode_image(data, path, suffix, channels):
    """TIFF and EXR, where OpenCV can."""
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
    got = values.shape[2] if values.ndim == 3 else 1
    if got != channels or values.dtype not in (np.uint16, np.float32, np.float64) or values.size > 4 * MAX_PIXELS:
        raise DepthFileError(f'{path}: expected {channels} channel(s) of 16-bit or floating-point depth, got {got} of '
                             f"{values.dtype}. Set the dataset's depth_format=dict(channels=...) if the file is right.")
    return values[..., min(2, got - 1)] if got > 1 else values  # red: OpenCV gives BGR
