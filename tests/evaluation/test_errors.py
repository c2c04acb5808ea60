"""Every metric against a slow loop written from the formulas of the literature."""
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mmdepthcls.evaluation.errors import (
    ALL_NAMES,
    ERROR_NAMES,
    SUM_NAMES,
    depth_errors,
    errors_of_sums,
    is_good,
    merge_sums,
    sum_errors,
)

DEPTHS = st.floats(0.1, 200)
PAIRS = st.lists(st.tuples(DEPTHS, DEPTHS), min_size=1, max_size=30)


def slow_errors(pairs):
    """The metrics of (prediction, ground truth) pairs, one pixel at a time, with exact summation."""
    n = len(pairs)

    def mean(values):
        return math.fsum(values) / n

    e = [math.log(p) - math.log(g) for p, g in pairs]
    mean_e = mean(e)
    variance = mean((x - mean_e)**2 for x in e)  # = mean e^2 - (mean e)^2
    alpha = mean(math.log(g) - math.log(p) for p, g in pairs)
    result = {f'd{power}': sum(max(p / g, g / p) < 1.25**power for p, g in pairs) / n for power in (1, 2, 3)}
    result.update(
        abs_rel=mean(abs(p - g) / g for p, g in pairs),
        sq_rel=mean((p - g)**2 / g for p, g in pairs),
        rmse=math.sqrt(mean((p - g)**2 for p, g in pairs)),
        rmse_log=math.sqrt(mean(x**2 for x in e)),
        silog=100 * math.sqrt(variance),
        log10=mean(abs(math.log10(p) - math.log10(g)) for p, g in pairs),
        mae=mean(abs(p - g) for p, g in pairs),
        irmse=math.sqrt(mean((1000 / p - 1000 / g)**2 for p, g in pairs)),
        imae=mean(abs(1000 / p - 1000 / g) for p, g in pairs),
        sq_rel_kitti=mean(((p - g) / g)**2 for p, g in pairs),
        silog_kitti=math.sqrt(variance),
        silog_paper=mean((math.log(p) - math.log(g) + alpha)**2 for p, g in pairs))
    return result


def some_maps(seed=0, shape=(30, 40)):
    rng = np.random.default_rng(seed)
    gt = rng.uniform(2, 79, shape)
    return gt * rng.lognormal(0, 0.3, shape), gt


def test_a_map_equals_the_loop():
    pred, gt = some_maps()
    gt[::3] = 0
    expected = slow_errors([(p, g) for p, g in zip(pred.ravel(), gt.ravel(), strict=True) if g > 0])
    assert set(expected) == set(ALL_NAMES) and 0 < expected['d1'] < expected['d3'] < 1
    assert depth_errors(pred, gt) == pytest.approx(expected, rel=1e-12)
    assert list(depth_errors(pred, gt)) == list(ALL_NAMES) and ALL_NAMES[:9] == ERROR_NAMES
    assert all(type(value) is float for value in depth_errors(pred, gt).values())


@settings(deadline=None)
@given(PAIRS)
def test_any_pixels_equal_the_loop(pairs):
    assume(all(abs(max(p / g, g / p) / 1.25**k - 1) > 1e-12 for p, g in pairs for k in (1, 2, 3)))
    pred, gt = np.array(pairs).T
    assert depth_errors(pred, gt) == pytest.approx(slow_errors(pairs), rel=1e-12, abs=1e-11)


def test_by_hand():
    errors = depth_errors(np.array([2.0, 8.0]), np.array([4.0, 4.0]))
    ln2 = math.log(2)
    assert errors == pytest.approx(dict(
        d1=0, d2=0, d3=0, abs_rel=0.75, sq_rel=2.5, rmse=math.sqrt(10), rmse_log=ln2, silog=100 * ln2,
        log10=math.log10(2), mae=3, irmse=1000 * math.sqrt((1 / 16 + 1 / 64) / 2), imae=1000 * (1 / 4 + 1 / 8) / 2,
        sq_rel_kitti=0.625, silog_kitti=ln2, silog_paper=ln2**2), rel=1e-15)


def test_thresholds_are_strict():
    errors = depth_errors(np.array([1.25, 1.5625, 1.0]), np.array([1.0, 1.0, 1.0]))
    assert (errors['d1'], errors['d2'], errors['d3']) == (1 / 3, 2 / 3, 1.0)


def test_perfect_prediction():
    gt = some_maps()[1]
    assert depth_errors(gt, gt) == dict.fromkeys(ALL_NAMES, 0.0) | dict(d1=1.0, d2=1.0, d3=1.0)


@settings(deadline=None)
@given(PAIRS, st.floats(0.2, 5))
def test_silog_does_not_see_scale(pairs, scale):
    pred, gt = np.array(pairs).T
    silog = depth_errors(pred, gt)['silog']
    assert depth_errors(pred * scale, gt)['silog'] == pytest.approx(silog, rel=1e-9, abs=1e-11)
    assert depth_errors(gt * scale, gt)['silog'] < 1e-12


@settings(deadline=None)
@given(PAIRS, st.randoms())
def test_order_does_not_matter_and_all_are_bounded(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    errors = depth_errors(*np.array(pairs).T)
    assert errors == pytest.approx(depth_errors(*np.array(shuffled).T), rel=1e-12, abs=1e-15)
    assert errors['d1'] <= errors['d2'] <= errors['d3'] <= 1
    assert min(errors.values()) >= 0
    assert errors['silog'] <= 100 * errors['rmse_log'] * (1 + 1e-12)


@pytest.mark.parametrize('hole', [0.0, -1.0, np.nan, np.inf])
def test_pixels_without_measurement_are_left_out(hole):
    pred, gt = some_maps()
    expected = depth_errors(pred[:, 1:], gt[:, 1:])
    gt[:, 0], pred[:, 0] = hole, np.nan
    assert depth_errors(pred, gt) == pytest.approx(expected, rel=1e-14)


def test_float32_maps_are_computed_in_float64():
    pred, gt = (array.astype(np.float32) for array in some_maps(shape=(300, 400)))
    assert depth_errors(pred, gt) == depth_errors(pred.astype(np.float64), gt.astype(np.float64))


# ----------------------------------------------------------------------------------------------------------------- sums
@settings(deadline=None, max_examples=30)
@given(st.integers(0, 999), st.sampled_from([1e-6, 1e-3, 0.1, 1.0]), st.integers(1, 400))
def test_sums_of_single_precision_are_good_to_1e_7(seed, spread, size):
    """Also where the errors themselves are tiny."""
    rng = np.random.default_rng(seed)
    gt = rng.uniform(1, 79, size).astype(np.float32)
    pred = (gt * rng.lognormal(0.01, spread, size)).astype(np.float32)
    expected = slow_errors(list(zip(pred.tolist(), gt.tolist(), strict=True)))
    assert errors_of_sums(sum_errors(pred, gt)[0]) == pytest.approx(expected, rel=3e-7, abs=1e-14)


@pytest.mark.parametrize('limit', [1.25, 1.25**2, 1.25**3])
def test_thresholds_are_exact_in_single_precision(limit):
    """Ratios within a few units of the last place of the threshold, on both sides, as double precision sees them."""
    gt = np.random.default_rng(0).uniform(1, 60, 3000).astype(np.float32)
    pred = (gt * np.float32(limit)).astype(np.float32)
    for steps in range(-3, 4):
        moved = pred.copy()
        for _ in range(abs(steps)):
            moved = np.nextafter(moved, np.float32(np.inf if steps > 0 else 0))
        for p, g in ((moved, gt), (gt, moved)):
            ratio = np.maximum(p.astype(float) / g.astype(float), g.astype(float) / p.astype(float))
            sums = dict(zip(SUM_NAMES, sum_errors(p, g)[0], strict=True))
            assert [sums[f'd{k}'] for k in (1, 2, 3)] == [(ratio < 1.25**k).sum() for k in (1, 2, 3)]


@settings(deadline=None)
@given(st.lists(PAIRS, min_size=1, max_size=6))
def test_sums_of_groups_and_their_merger(groups):
    pred, gt = np.array([pair for group in groups for pair in group]).T
    starts = np.cumsum([0, *(len(group) for group in groups[:-1])])
    sums = sum_errors(pred, gt, starts)
    assert sums.shape == (len(groups), len(SUM_NAMES))
    for row, group in zip(sums, groups, strict=True):
        np.testing.assert_allclose(row, sum_errors(*np.array(group).T)[0], rtol=1e-12, atol=1e-12)
    whole = sum_errors(pred, gt)[0]
    np.testing.assert_allclose(merge_sums(sums), whole, rtol=1e-9, atol=1e-12)
    with_empty = np.concatenate([sums[:1], np.zeros((2, len(SUM_NAMES))), sums[1:]])
    np.testing.assert_allclose(merge_sums(with_empty), whole, rtol=1e-9, atol=1e-12)


def test_merging_does_not_cancel():
    """A constant ratio in two groups: silog is exactly that of two values, however large their mean."""
    gt = np.linspace(1, 70, 50)
    sums = np.concatenate([sum_errors(gt * 1000, gt), sum_errors(gt * 1000 * (1 + 1e-9), gt)])
    assert errors_of_sums(merge_sums(sums))['silog_kitti'] == pytest.approx(0.5e-9, rel=1e-4)


@pytest.mark.parametrize('pred, gt, message', [
    (np.ones((2, 3)), np.ones((3, 2)), r'shape \(2, 3\), ground truth \(3, 2\)'),
    (np.ones(2), np.array([0, np.nan]), 'no pixel has ground truth'),
    (np.ones(0), np.ones(0), 'no pixel has ground truth'),
    (np.array([1, np.nan, 0, -1, np.inf]), np.ones(5), '4 of 5 predictions are not positive'),
])
def test_errors_of_input(pred, gt, message):
    with pytest.raises(ValueError, match=message):
        depth_errors(pred, gt)


def test_is_good():
    assert is_good(np.array([[1, np.nan, np.inf], [-np.inf, 0, -1]])).tolist() == [[True] + [False] * 2, [False] * 3]
