"""Intervals that are widened: closed forms, and what conformal prediction needs of them."""
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.apis.interval_widening import LEAST, needed_factor, widened

METRES = st.floats(0.01, 500)
FACTORS = st.floats(0.01, 20)


@settings(max_examples=100)
@given(METRES, METRES, FACTORS, FACTORS, st.floats(0.1, 10))
def test_it_is_nested_keeps_its_center_and_scales(one, other, factor, more, scale):
    low, high = np.sort([one, other])
    ends = np.array(widened(low, high, factor))
    assert ends == pytest.approx([(low * high)**0.5 * (end / (low * high)**0.5)**factor for end in (low, high)])
    assert np.array(widened(low, high, 1.0)) == pytest.approx([low, high])
    wider = widened(low, high, factor + more)
    assert wider[0] <= ends[0] * (1 + 1e-9) and ends[1] <= wider[1] * (1 + 1e-9)
    if scale * low > LEAST:
        assert np.array(widened(scale * low, scale * high, factor)) == pytest.approx(scale * ends)


@settings(max_examples=100)
@given(METRES, st.floats(1.001, 50), METRES)
def test_the_needed_factor_is_the_least(low, ratio, depth):
    need = float(needed_factor(low, low * ratio, depth))
    for factor, inside in ((need * 1.001 + 1e-6, True), (need * 0.999 - 1e-6, False)):
        if 0 < factor < 60:
            first, last = widened(low, low * ratio, factor)
            assert (first <= depth <= last) == inside


def test_arrays_keep_their_type_and_what_was_not_predicted():
    low, high = np.array([0.0, 0.0, 4.0], np.float32), np.array([0.0, 9.0, 9.0], np.float32)
    ends = np.stack(widened(low, high, 2.0))
    assert ends.dtype == np.float32 and np.array_equal(ends[:, 0], [0, 0])
    assert ends[:, 2] == pytest.approx([8 / 3, 13.5]) and 0 < ends[0, 1] < LEAST and ends[1, 1] > 9
    of_torch = torch.stack(widened(torch.from_numpy(low), torch.from_numpy(high), 2.0))
    assert of_torch.dtype == torch.float32 and np.allclose(of_torch.numpy(), ends)
    assert needed_factor([2.0, 2.0], [2.0, 2.0], [2.0, 3.0]).tolist() == [0.0, np.inf]
