"""Sparse matrices as SciPy saves them: read back, and none that is damaged."""
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.datasets.depth_file import DepthFileError, DepthFormat, probe_depth, read_depth

PLAIN = DepthFormat()
DEPTH = np.array([[0, 2.5, 0, 0], [7, 0, 0, 1], [0, 0, 0, 0]], np.float32)


def parts(depth, kind):
    """The arrays of ``scipy.sparse.save_npz``, by the definitions of the formats."""
    rows, columns = np.nonzero(depth)
    order = np.lexsort((rows, columns) if kind == 'csc' else (columns, rows))
    rows, columns = rows[order].astype(np.int32), columns[order].astype(np.int32)
    arrays = dict(format=np.array(kind.encode()), shape=np.array(depth.shape), data=depth[rows, columns])
    if kind == 'coo':
        return dict(arrays, row=rows, col=columns)
    along, across, lines = (rows, columns, len(depth)) if kind == 'csr' else (columns, rows, depth.shape[1])
    return dict(arrays, indices=across, indptr=np.array([(along < line).sum() for line in range(lines + 1)], np.int32))


def npz(arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@given(st.integers(0, 2**31), st.sampled_from(['csr', 'csc', 'coo']),
       st.sampled_from([np.float32, np.uint16, np.int64]))
def test_each_kind(seed, kind, dtype):
    rng = np.random.default_rng(seed)
    depth = (rng.integers(1, 9000, (5, 8)) * (rng.random((5, 8)) < 0.3)).astype(dtype)
    expected = (depth / (1 if dtype is np.float32 else 256)).astype(np.float32)
    np.testing.assert_array_equal(read_depth(npz(parts(depth, kind)), 'a.npz', PLAIN), expected)


def test_as_scipy_itself_writes_it(tmp_path):
    sparse = pytest.importorskip('scipy.sparse')
    for kind in ('csr', 'csc', 'coo'):
        sparse.save_npz(tmp_path / 'a.npz', getattr(sparse, f'{kind}_matrix')(DEPTH))
        np.testing.assert_array_equal(read_depth((tmp_path / 'a.npz').read_bytes(), 'a.npz', PLAIN), DEPTH)
        assert probe_depth(str(tmp_path / 'a.npz'), PLAIN) == DEPTH.shape


@pytest.mark.parametrize('kind, change, message', [
    ('csr', dict(indices=np.array([1, 0, 9])), 'names pixels outside of its 3 x 4'),
    ('csr', dict(indices=np.array([-1, 0, 1])), 'names pixels outside'),
    ('csr', dict(indptr=np.array([0, 1, 3, 2])), 'indptr does not fit the data'),
    ('csr', dict(indptr=np.array([0, 3])), 'indptr has int64 of shape'),
    ('coo', dict(row=np.array([0, 0, 0]), col=np.array([1, 1, 2])), 'pixels stand more than once'),
    ('coo', dict(row=np.array([0, 1])), 'row has int64 of shape .*expected 3 whole numbers'),
    ('coo', dict(data=np.array([1, 2, 3], np.uint8)), 'got 8-bit numbers'),
    ('coo', dict(data=np.array([1, 2j, 3])), 'expected a list of real numbers'),
    ('coo', dict(shape=np.array([99999, 99999])), 'impossible shape 99999 x 99999'),
    ('csr', dict(format=np.array(b'bsr')), "one of the kinds csr, csc, coo, got 'bsr'"),
    ('csr', dict(data=np.ones(13, np.float32)), 'data has shape .*expected at most 12 numbers'),
    ('csr', dict(indices=np.array([None, 1, 2])), 'indices')])
def test_what_is_damaged(kind, change, message):
    with pytest.raises(DepthFileError, match=f'a.npz: .*{message}'):
        read_depth(npz(dict(parts(DEPTH, kind), **change)), 'a.npz', PLAIN)


def test_a_key_means_what_it_says():
    arrays = dict(parts(DEPTH, 'csr'), depth=DEPTH)
    np.testing.assert_array_equal(read_depth(npz(arrays), 'a.npz', DepthFormat(key='depth')), DEPTH)
