"""Stated probabilities against what comes of them, beside slow sums and closed forms."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.bins import SIDBins
from mmdepthcls.evaluation.reliability import LEVELS, STEPS, ReliabilitySums, reliability_sums


@st.composite
def answers(draw):
    rng, number = np.random.default_rng(draw(st.integers(0, 2**16))), draw(st.integers(1, 60))
    pred, gt = rng.uniform(1, 20, (2, number))
    edges = np.round(rng.random((2, number)), draw(st.sampled_from([1, 2, 9])))  # also on the borders of bins
    return (*edges, pred, gt, np.sort(rng.uniform(1, 20, (2, number)), axis=0))


@given(answers())
@settings(max_examples=60, deadline=None)
def test_sums_are_those_of_a_loop_over_pixels(case):
    table, covered, inside = np.zeros((STEPS, 3)), np.zeros(len(LEVELS)), 0
    for sure, below, answer, truth, low, high in zip(*case[:4], *case[4], strict=True):
        right = answer < 1.25 * truth and truth < 1.25 * answer
        table[min(int(sure * STEPS), STEPS - 1)] += 1, sure, right
        covered += (below >= (1 - LEVELS) / 2 - 1e-9) & (below <= (1 + LEVELS) / 2 + 1e-9)
        inside += low <= truth <= high
    found = reliability_sums(*case)
    np.testing.assert_allclose(found.table, table, atol=1e-9)
    np.testing.assert_array_equal(found.covered, covered)
    number = len(case[0])
    assert found.inside == inside and found.num == number
    error = sum(abs(sure - right) for _, sure, right in table) / number
    assert np.isclose(found.error, error) and np.isclose(found.d1, table[:, 2].sum() / number)
    assert np.isclose(found.confidence, case[0].mean()) and np.isclose(found.inside_share, inside / number)


@given(answers(), st.integers(0, 60), st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_parts_add_up_in_any_order(case, cut, seed):
    order = np.random.default_rng(seed).permutation(len(case[0]))
    whole, added = reliability_sums(*case), ReliabilitySums.nothing()
    for part in (order[:cut], order[cut:]):
        added += reliability_sums(*(values[..., part] for values in case))
    np.testing.assert_allclose(added.table, whole.table, atol=1e-9)
    np.testing.assert_array_equal(added.covered, whole.covered)
    assert (added.inside, added.num) == (whole.inside, whole.num)
    assert (np.diff(whole.covered) >= 0).all() and 0 <= whole.error <= 1


def said(probabilities, bins, depth):
    """Distribution function of SID bins, by interpolation in log depth."""
    until = np.concatenate([np.zeros((len(depth), 1)), probabilities.cumsum(axis=1)], axis=1)
    return np.array([np.interp(np.log(metres), np.log(bins.edges), each) for metres, each in zip(
        depth, until, strict=True)])


def test_what_is_drawn_from_the_distribution_itself_is_reliable():
    bins, number = SIDBins(1.0, 80.0, 40), 20000
    rng = np.random.default_rng(0)
    odds = np.exp(1.5 * rng.normal(size=(number, bins.num_bins)))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    label = (probabilities.cumsum(axis=1) < rng.random((number, 1))).sum(axis=1).clip(0, bins.num_bins - 1)
    low, high = bins.edges[label], bins.edges[label + 1]
    gt, pred = low * (high / low)**rng.random(number), rng.uniform(2, 60, number)
    found = []
    for power in (1, 3):  # as it is, and sharper
        each = probabilities**power / (probabilities**power).sum(axis=1, keepdims=True)
        sure = said(each, bins, 1.25 * pred) - said(each, bins, pred / 1.25)
        found.append(reliability_sums(sure, said(each, bins, gt), pred, gt, np.array([low, high])))
    plain, sharper = found
    assert plain.error < 0.012 and np.abs(plain.coverage - LEVELS).max() < 0.012 and plain.inside_share == 1
    assert sharper.error > 3 * plain.error and (sharper.coverage < LEVELS - 0.01).all()


def test_without_pixels_there_is_no_number():
    nothing = ReliabilitySums.nothing()
    assert nothing.num == 0 and np.isnan([nothing.error, nothing.d1, nothing.confidence, nothing.inside_share]).all()
    assert np.isnan(nothing.stated).all() and np.isnan(nothing.measured).all() and np.isnan(nothing.coverage).all()


def test_shapes_that_do_not_go_together_are_refused():
    one = np.ones(3)
    for case in ((one, one, one, np.ones(4), np.ones((2, 4))), (one, one, one, one, one)):
        with pytest.raises(ValueError, match=r'expected \(P, \) probabilities and metres and \(2, P\) ends'):
            reliability_sums(*case)
