"""Depth in .npy and .npz files: their headers are believed only after their sizes have been compared. Pure."""
import math
import os
import re
import zipfile

import numpy as np
from numpy.lib import format as npy_format

from ..depth_format import DepthFileError
from .depth_png import MAX_PIXELS, channels_remedy, eight_bit_remedy
from .sparse_array import is_sparse, read_sparse, sparse_shape
from .stand_in import LONGEST_LINK, NUMPY, content_of

HEADERS = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}
DEPTH_NAME = re.compile(r'(?<![a-z])depth(?!_?(?:conf|std|var|unc|prob|mask|valid|norm))', re.IGNORECASE)
LARGEST_MATRIX = 4  # intrinsics and poses beside depth in a .npz: no side of theirs is longer
REMEDY = 'Save the map itself: numpy.save(path, depth.astype(numpy.float32)), (H, W)'


def probe_npy(file, path, depth_format):
    """H, W of a .npy file, after comparing its header with its size.

    Args:
        file (BinaryIO): the opened file.
        path (str): for messages.
        depth_format (DepthFormat): channels and bits are used.

    Raises:
        DepthFileError: for anything that is no array of depth.
    """
    shape, dtype = _header(file, path)
    height_width = _map_shape(shape, dtype, path, depth_format)[:2]
    size = os.fstat(file.fileno()).st_size - file.tell()
    if size != math.prod(shape) * dtype.itemsize:
        raise _truncated(path, shape, dtype, size)
    return height_width


def read_npy(file, path, depth_format, size=None):
    """The depth of a .npy.

    Args:
        file (BinaryIO): begins with it.
        path (str): for messages.
        depth_format (DepthFormat): channels and bits are used; of several channels the first counts.
        size (int, optional): of the whole file.

    Returns:
        ndarray: (H, W), of any real type but signed integers: a negative whole number is 0, no measurement.

    Raises:
        DepthFileError: for anything that is no array of depth, and for a truncated one.
    """
    start = file.tell()
    shape, dtype = _header(file, path)
    wanted = _map_shape(shape, dtype, path, depth_format)
    if size is not None and size - file.tell() != math.prod(shape) * dtype.itemsize:
        raise _truncated(path, shape, dtype, size - file.tell())
    file.seek(start)
    try:
        values = npy_format.read_array(file, allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile, OSError) as error:
        raise DepthFileError(f'{path}: the array is truncated or damaged ({error}). Copy the file again.') from error
    values = values.reshape(wanted)
    return unsigned(values[..., 0] if values.ndim == 3 else values)


def unsigned(values):
    """Stored values in the machine's byte order, without signed integers, of which the negative are no measurement."""
    if values.dtype.kind == 'i':
        # Only unsigned whole numbers have a default scale.
        return np.maximum(values, 0).astype(np.uint64)
    return values.astype(values.dtype.newbyteorder('='), copy=False)


def read_npz(file, path, depth_format):
    """The depth of a .npz, see :func:`open_npz`; of a sparse matrix as SciPy saves it, 0 where it holds nothing.

    Args:
        file (BinaryIO): the archive.
        path (str): for messages.
        depth_format (DepthFormat): key, channels and bits are used.

    Returns:
        ndarray: (H, W), see :func:`read_npy`.

    Raises:
        DepthFileError: for anything that is no depth.
    """
    archive = _sparse_archive(file, depth_format)
    if archive is not None:
        return unsigned(read_sparse(archive, path, depth_format))
    with open_npz(file, path, depth_format) as member:
        return read_npy(member, path, depth_format)


def _sparse_archive(file, depth_format):
    """ZipFile or None: of a sparse matrix, where no key asks for one of its arrays."""
    try:
        archive = zipfile.ZipFile(file)
        names = [name.removesuffix('.npy') for name in archive.namelist()]
        found = depth_format.key is None and is_sparse(names)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError):
        found = False
    file.seek(0)
    return archive if found else None


def open_npz(file, path, depth_format):
    """The member of a .npz that holds depth, opened.

    Without a key it is the only array, or the only one that can be depth (real numbers of more than 8 bits in a map
    that is larger than a camera's matrix), or of several such the only one with 'depth' in its name.

    Args:
        file (BinaryIO): the archive.
        path (str): for messages.
        depth_format (DepthFormat): key, channels and bits are used.

    Raises:
        DepthFileError: if it is no archive, or does not tell which array is meant.
    """
    key = depth_format.key
    try:
        archive = zipfile.ZipFile(file)
        names = [name.removesuffix('.npy') for name in archive.namelist()]
        if key is None and len(names) > 1:
            likely = [name for name in names if _may_be_depth(archive, name, path, depth_format)]
            named = [name for name in likely if DEPTH_NAME.search(name)]
            key = next((found[0] for found in (likely, named) if len(found) == 1), None)
        elif key is None and names:
            key = names[0]
        if key not in names:
            expected = f'an array {key!r}' if key else 'one array'
            raise DepthFileError(f"{path}: expected {expected}, got {names}. Name it: "
                                 f"{depth_format.spell('key', repr('...'))}.")
        return archive.open(f'{key}.npy')
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError) as error:
        what, remedy = _content(file)
        whole = what and not what.startswith('an archive')
        raise DepthFileError(f'{path}: expected a .npz archive, but it is {what if whole else "none or truncated"} '
                             f'({error}). {remedy if whole else "Copy it again"}.') from error


def probe_npz(file, path, depth_format):
    """H, W of the depth in a .npz, as its header says; see :func:`read_npz`."""
    archive = _sparse_archive(file, depth_format)
    if archive is not None:
        return sparse_shape(archive, path)[1]
    with open_npz(file, path, depth_format) as member:
        return _map_shape(*_header(member, path), path, depth_format)[:2]


def _may_be_depth(archive, name, path, depth_format):
    try:
        with archive.open(f'{name}.npy') as member:
            shape = _map_shape(*_header(member, path), path, depth_format)
    except DepthFileError:
        return False
    return min(shape[:2]) > LARGEST_MATRIX


def _header(file, path):
    """Shape and dtype of a .npy; the file then stands before its numbers."""
    start = file.tell()
    try:
        version = npy_format.read_magic(file)
        shape, _, dtype = HEADERS[version](file)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        what, remedy = _content(file, start)
        if what == NUMPY:
            what, remedy = None, 'Copy the file again'
        raise DepthFileError(f'{path}: expected a NumPy array, but its content is {what or f"none ({error})"}. '
                             f'{remedy}.') from error
    return shape, dtype


def _content(file, start=0):
    """See :func:`.stand_in.content_of`; of a file that has been opened."""
    file.seek(start)
    return content_of(file.read(LONGEST_LINK))


def _map_shape(shape, dtype, path, depth_format):
    """(H, W), or (H, W, C) with the channels of the format, that an array of ``shape`` is without its axes of 1."""
    channels = () if depth_format.channels == 1 else (depth_format.channels, )
    wanted = list(shape)
    for axis in (0, -1):
        while len(wanted) > 2 + len(channels) and wanted[axis] == 1:
            del wanted[axis]
    if (dtype.kind not in 'uif' or len(wanted) != 2 + len(channels) or tuple(wanted[2:]) != channels
            or not 0 < math.prod(shape) <= MAX_PIXELS * depth_format.channels):
        several = dtype.kind in 'uif' and len(wanted) == 3 and wanted[2] <= 4 and tuple(wanted[2:]) != channels
        remedy = channels_remedy(wanted[2], depth_format) if several else REMEDY
        raise DepthFileError(f'{path}: expected (H, W) real numbers, at most {MAX_PIXELS} of them, got {dtype} of '
                             f'shape {shape}. {remedy}.')
    if dtype.itemsize == 1 and depth_format.bits > 8:
        raise DepthFileError(f'{path}: expected depth, got 8-bit numbers, which cannot hold it. Use the original file'
                             f'{eight_bit_remedy(depth_format)}.')
    return tuple(wanted)


def _truncated(path, shape, dtype, size):
    return DepthFileError(f'{path}: the array is truncated: {" x ".join(map(str, shape))} numbers of type {dtype} need '
                          f'{math.prod(shape) * dtype.itemsize} bytes, the file has {size}. Copy it again.')
