"""Sparse matrices in .npz files, as SciPy saves them (CSR, CSC, COO), as depth maps: what is not in it is 0. Pure."""
import zipfile

import numpy as np
from numpy.lib import format as npy_format

from ..depth_format import DepthFileError
from .depth_png import MAX_PIXELS, eight_bit_remedy

KINDS = ('csr', 'csc', 'coo')
COMPRESSED, COORDINATES = {'indices', 'indptr'}, {'row', 'col'}
REMEDY = 'Save it again: scipy.sparse.save_npz(path, scipy.sparse.csr_matrix(depth))'


def is_sparse(names):
    """bool: whether arrays of these names are a sparse matrix.

    >>> is_sparse(['row', 'col', 'format', 'shape', 'data']), is_sparse(['depth', 'shape'])
    (True, False)
    """
    return {'data', 'shape', 'format'} <= set(names) and (set(names) >= COMPRESSED or set(names) >= COORDINATES)


def sparse_shape(archive, path):
    """Kind and (H, W) of a sparse matrix.

    Args:
        archive (ZipFile)
        path (str): for messages.

    Raises:
        DepthFileError: if it is none of :data:`KINDS`.
    """
    kind = _read(archive, 'format', path, 16)
    kind = kind.item() if kind.ndim == 0 else None
    kind = kind.decode('ascii', 'replace') if isinstance(kind, bytes) else kind
    shape = _read(archive, 'shape', path, 2)
    if kind not in KINDS or shape.shape != (2, ) or shape.dtype.kind not in 'ui':
        raise DepthFileError(f'{path}: expected a sparse matrix of one of the kinds {", ".join(KINDS)}, got {kind!r} '
                             f'of shape {shape.tolist()}. {REMEDY}.')
    height, width = map(int, shape)
    if height <= 0 or width <= 0 or height * width > MAX_PIXELS:
        raise DepthFileError(f'{path}: impossible shape {height} x {width} (at most {MAX_PIXELS} pixels). {REMEDY}.')
    return kind, (height, width)


def read_sparse(archive, path, depth_format):
    """The numbers of a sparse matrix.

    Args:
        archive (ZipFile)
        path (str): for messages.
        depth_format (DepthFormat): bits are used.

    Returns:
        ndarray: (H, W), 0 where it holds nothing.

    Raises:
        DepthFileError: for anything but an intact matrix in which each pixel stands once.
    """
    kind, (height, width) = sparse_shape(archive, path)
    data = _read(archive, 'data', path, height * width)
    if data.ndim != 1 or data.dtype.kind not in 'uif':
        raise DepthFileError(f'{path}: expected a list of real numbers as its data, got {data.dtype} of shape '
                             f'{data.shape}. {REMEDY}.')
    if data.dtype.itemsize == 1 and depth_format.bits > 8:
        raise DepthFileError(f'{path}: expected depth, got 8-bit numbers, which cannot hold it. Use the original file'
                             f'{eight_bit_remedy(depth_format)}.')
    rows, columns = _places(archive, path, kind, (height, width), len(data))
    place = rows * width + columns
    if len(np.unique(place)) < len(place):
        raise DepthFileError(f'{path}: pixels stand more than once in the sparse matrix. Save it again after '
                             '.sum_duplicates(), or better without them.')
    values = np.zeros(height * width, data.dtype)
    values[place] = data
    return values.reshape(height, width)


def _places(archive, path, kind, shape, number):
    """Rows and columns of the data, checked."""
    if kind == 'coo':
        rows, columns = (_indices(archive, name, path, number) for name in ('row', 'col'))
    else:
        lines = shape[0] if kind == 'csr' else shape[1]
        across = _indices(archive, 'indices', path, number)
        bounds = _indices(archive, 'indptr', path, lines + 1)
        if bounds[0] != 0 or bounds[-1] != number or (np.diff(bounds) < 0).any():
            raise _damaged(path, 'indptr does not fit the data')
        along = np.repeat(np.arange(lines), np.diff(bounds))
        rows, columns = (along, across) if kind == 'csr' else (across, along)
    for indices, length in ((rows, shape[0]), (columns, shape[1])):
        if number and (indices.min() < 0 or indices.max() >= length):
            raise _damaged(path, f'it names pixels outside of its {shape[0]} x {shape[1]}')
    return rows, columns


def _indices(archive, name, path, length):
    indices = _read(archive, name, path, length)
    if indices.dtype.kind not in 'ui' or indices.shape != (length, ):
        raise _damaged(path, f'{name} has {indices.dtype} of shape {indices.shape}, expected {length} whole numbers')
    return indices.astype(np.int64)


def _read(archive, name, path, most):
    """An array of an archive, of no more than ``most`` numbers."""
    try:
        with archive.open(f'{name}.npy') as file:
            version = npy_format.read_magic(file)
            header = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}[version]
            shape, _, dtype = header(file)
        if np.prod(shape, dtype=object) > most or dtype.hasobject or dtype.itemsize > 64:
            raise _damaged(path, f'{name} has shape {shape} and type {dtype}, expected at most {most} numbers')
        with archive.open(f'{name}.npy') as file:
            return npy_format.read_array(file, allow_pickle=False)
    except DepthFileError:
        raise
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise _damaged(path, f'{name}: {error}') from error


def _damaged(path, what):
    return DepthFileError(f'{path}: the sparse matrix is damaged: {what}. {REMEDY}.')
