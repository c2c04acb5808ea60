"""Filling against the development kit's procedure in plain loops."""
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmdepthcls.evaluation.filling import fill_unpredicted


def slow_fill(depth, missing):
    height, width = depth.shape
    rows = [[None if missing[v, u] else depth[v, u] for u in range(width)] for v in range(height)]
    for row in rows:
        known = [u for u in range(width) if row[u] is not None]
        if not known:
            continue
        for first, second in zip(known, known[1:], strict=False):
            for u in range(first + 1, second):  # a gap inside: the smaller of its ends
                row[u] = min(row[first], row[second])
        for u in range(known[0]):
            row[u] = row[known[0]]
        for u in range(known[-1] + 1, width):
            row[u] = row[known[-1]]
    for u in range(width):
        known = [v for v in range(height) if rows[v][u] is not None]
        if known:
            for v in range(known[0]):
                rows[v][u] = rows[known[0]][u]
            for v in range(known[-1] + 1, height):
                rows[v][u] = rows[known[-1]][u]
    return [[math.nan if value is None else value for value in row] for row in rows]


SHAPES = st.tuples(st.integers(1, 7), st.integers(1, 8))


@settings(deadline=None, max_examples=200)
@given(SHAPES.flatmap(lambda shape: st.tuples(
    hnp.arrays(np.float32, shape, elements=st.floats(1, 90, width=32)), hnp.arrays(bool, shape))))
def test_equals_the_slow_loop(case):
    depth, missing = case
    kept = depth.copy()
    depth[missing] = np.nan
    np.testing.assert_array_equal(fill_unpredicted(depth, missing), np.float32(slow_fill(kept, missing)))


def test_by_hand():
    depth = np.array([[0, 0, 0], [4, 0, 2], [0, 0, 0], [0, 9, 0], [0, 0, 0]], np.float32)
    filled = fill_unpredicted(depth, depth == 0)
    assert filled.tolist()[:2] == [[4, 2, 2], [4, 2, 2]] and filled.tolist()[3:] == [[9, 9, 9], [9, 9, 9]]
    assert np.isnan(filled[2]).all()  # an empty row between others stays empty
    assert np.isnan(fill_unpredicted(depth * 0, np.ones_like(depth, bool))).all()
