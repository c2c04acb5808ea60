import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmdepthcls.commands.minidrive.renderer import render
from mmdepthcls.commands.minidrive.scene import sample_scene
from mmdepthcls.commands.minidrive.sparse import sparsify

depth_maps = arrays(
    np.float32,
    st.tuples(st.integers(1, 40), st.integers(1, 60)),
    elements=st.one_of(st.just(0.0), st.floats(0.125, 255, width=32)),
)


@settings(deadline=None, max_examples=60)
@given(depth_maps, st.integers(0, 2**32 - 1))
def test_sparse_values_are_the_dense_ones(depth, seed):
    before = depth.copy()
    sparse = sparsify(depth, np.random.default_rng(seed))
    assert sparse.shape == depth.shape and sparse.dtype == depth.dtype
    assert ((sparse == 0) | (sparse == depth)).all()
    assert (depth == before).all()
    assert (sparse == sparsify(depth, np.random.default_rng(seed))).all()


@pytest.mark.parametrize(('height', 'width'), [(128, 416), (192, 640), (64, 208)])
@pytest.mark.parametrize('seed', range(4))
def test_share_rows_and_jitter(height, width, seed):
    _, depth = render(sample_scene(np.random.default_rng(seed)), height, width)
    sparse = sparsify(depth, np.random.default_rng(seed))
    kept = sparse > 0
    assert 0.04 <= kept.mean() <= 0.06
    rows = np.flatnonzero(kept.any(1))
    assert rows[0] >= 0.4 * height
    assert set(np.diff(rows)) == {3}  # scan lines
    starts = [np.flatnonzero(kept[row])[0] for row in rows]
    assert len(set(starts)) > 2  # not a grid
    assert set(np.diff(np.flatnonzero(kept[rows[-1]]))) >= {3, 4}


@pytest.mark.parametrize(('shape', 'share'), [((4, 4, 1), 0.05), ((4, 4), 0.0), ((4, 4), 0.5)])
def test_bad_arguments_are_named(shape, share):
    with pytest.raises(ValueError, match='sparsify needs'):
        sparsify(np.ones(shape, np.float32), np.random.default_rng(0), share)
