"""Every metric against a slow loop written from the formulas of the literature."""
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmdepthcls.evaluation.errors import ERROR_NAMES, ImageScore, count_bad, depth_errors, mean_over_images, score_image

DEPTHS = st.floats(0.1, 200)
PAIRS = st.lists(st.tuples(DEPTHS, DEPTHS), min_size=1, max_size=30)


def slow_errors(pairs):
    """The metrics of (prediction, ground truth) pairs, one pixel at a time, with exact summation."""
    n = len(pairs)

    def mean(values):
        return math.fsum(values) / n

    e = [math.log(p) - math.log(g) for p, g in pairs]
    mean_e = mean(e)
    result = {f'd{power}': sum(max(p / g, g / p) < 1.25**power for p, g in pairs) / n for power in (1, 2, 3)}
    result.update(
        abs_rel=mean(abs(p - g) / g for p, g in pairs),
        sq_rel=mean((p - g)**2 / g for p, g in pairs),
        rmse=math.sqrt(mean((p - g)**2 for p, g in pairs)),
        rmse_log=math.sqrt(mean(x**2 for x in e)),
        silog=100 * math.sqrt(mean((x - mean_e)**2 for x in e)),  # = mean e^2 - (mean e)^2
        log10=mean(abs(math.log10(p) - math.log10(g)) for p, g in pairs))
    return result


def some_maps(seed=0, shape=(30, 40)):
    rng = np.random.default_rng(seed)
    gt = rng.uniform(2, 79, shape)
    return gt * rng.lognormal(0, 0.3, shape), gt


def test_a_map_equals_the_loop():
    pred, gt = some_maps()
    gt[::3] = 0
    expected = slow_errors([(p, g) for p, g in zip(pred.ravel(), gt.ravel(), strict=True) if g > 0])
    assert set(expected) == set(ERROR_NAMES) and 0 < expected['d1'] < expected['d3'] < 1
    assert depth_errors(pred, gt) == pytest.approx(expected, rel=1e-12)
    assert list(depth_errors(pred, gt)) == list(ERROR_NAMES)
    assert all(type(value) is float for value in depth_errors(pred, gt).values())


@settings(deadline=None)
@given(PAIRS)
def test_any_pixels_equal_the_loop(pairs):
    assume(all(abs(max(p / g, g / p) / 1.25**k - 1) > 1e-12 for p, g in pairs for k in (1, 2, 3)))
    pred, gt = np.array(pairs).T
    assert depth_errors(pred, gt) == pytest.approx(slow_errors(pairs), rel=1e-12, abs=1e-13)


def test_by_hand():
    errors = depth_errors(np.array([2.0, 8.0]), np.array([4.0, 4.0]))
    ln2 = math.log(2)
    assert errors == pytest.approx(dict(d1=0, d2=0, d3=0, abs_rel=0.75, sq_rel=2.5, rmse=math.sqrt(10), rmse_log=ln2,
                                        silog=100 * ln2, log10=math.log10(2)), rel=1e-15)


def test_thresholds_are_strict():
    errors = depth_errors(np.array([1.25, 1.5625, 1.0]), np.array([1.0, 1.0, 1.0]))
    assert (errors['d1'], errors['d2'], errors['d3']) == (1 / 3, 2 / 3, 1.0)


def test_perfect_prediction():
    gt = some_maps()[1]
    assert depth_errors(gt, gt) == dict.fromkeys(ERROR_NAMES, 0.0) | dict(d1=1.0, d2=1.0, d3=1.0)


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
    assert errors['rmse'] >= 0 and errors['silog'] <= 100 * errors['rmse_log'] * (1 + 1e-12)


@pytest.mark.parametrize('hole', [0.0, -1.0, np.nan, np.inf])
def test_pixels_without_measurement_are_left_out(hole):
    pred, gt = some_maps()
    expected = depth_errors(pred[:, 1:], gt[:, 1:])
    gt[:, 0], pred[:, 0] = hole, np.nan
    assert depth_errors(pred, gt) == pytest.approx(expected, rel=1e-14)


def test_float32_maps_are_computed_in_float64():
    pred, gt = (array.astype(np.float32) for array in some_maps(shape=(300, 400)))
    assert depth_errors(pred, gt) == depth_errors(pred.astype(np.float64), gt.astype(np.float64))


@pytest.mark.parametrize('pred, gt, message', [
    (np.ones((2, 3)), np.ones((3, 2)), r'shape \(2, 3\), ground truth \(3, 2\)'),
    (np.ones(2), np.array([0, np.nan]), 'no pixel has ground truth'),
    (np.ones(0), np.ones(0), 'no pixel has ground truth'),
    (np.array([1, np.nan, 0, -1, np.inf]), np.ones(5), '4 of 5 predictions are not positive'),
])
def test_errors_of_input(pred, gt, message):
    with pytest.raises(ValueError, match=message):
        depth_errors(pred, gt)


def test_count_bad():
    assert count_bad(np.array([[1, np.nan, np.inf], [-np.inf, 0, -1]])) == 5
    assert count_bad(np.ones((2, 2))) == 0


# ----------------------------------------------------------------------------------------------------- score_image
def slow_score(pred, gt, low, high, rows, cols):
    pairs = []
    for row in rows:
        for col in cols:
            if low < gt[row, col] < high:
                p, g = float(pred[row, col]), float(gt[row, col])
                bad = not (p > 0 and math.isfinite(p))
                pairs.append(((low if g / low > high / g else high) if bad else min(max(p, low), high), g))
    return slow_errors(pairs), len(pairs)


@pytest.mark.parametrize('crop, rows, cols', [
    (None, range(40), range(60)), ('garg', range(16, 39), range(2, 57)), ('eigen', range(13, 36), range(2, 57))])
@pytest.mark.parametrize('low, high', [(1e-3, 80.0), (5.0, 50.0)])
def test_score_equals_the_loop(crop, rows, cols, low, high):
    pred, gt = some_maps(3, (40, 60))
    gt[np.random.default_rng(1).random(gt.shape) < 0.5] = 0
    pred[::7, ::5] = np.array([0, np.nan, np.inf, -2, 500, 1e-9])[np.arange(12) % 6]
    errors, num_valid = slow_score(pred, gt, low, high, rows, cols)
    score = score_image(pred, gt, low, high, crop)
    assert score.errors == pytest.approx(errors, rel=1e-12)
    assert score.num_valid == num_valid
    counted = [(r, c) for r in rows for c in cols if low < gt[r, c] < high]
    assert score.num_bad == sum(not (math.isfinite(pred[r, c]) and pred[r, c] > 0) for r, c in counted) > 0


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_both_limits_are_strict(dtype):
    gt = np.array([[80.0, np.nextafter(dtype(80), dtype(0)), 1e-3, 0.5, 80.5, 0]], dtype)
    score = score_image(np.full_like(gt, 40), gt)
    # In float32 the written limit 1e-3 is the float32 nearest to it.
    assert score.num_valid == 2
    assert score_image(np.ones((1, 1), dtype), np.full((1, 1), 80, dtype)) == ImageScore(None, 0, 0)


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf, 0.0, -5.0])
def test_bad_predictions_count_and_are_never_good(bad):
    gt = np.linspace(1, 79, 24).reshape(4, 6)
    pred = gt.copy()
    pred[0, 0] = pred[2, 3] = bad
    score = score_image(pred, gt)
    assert (score.num_valid, score.num_bad) == (24, 2)
    for name in ('d1', 'd2', 'd3'):
        assert score.errors[name] == 22 / 24
    assert score.errors['abs_rel'] > 0.9 * 2 / 24
    assert all(math.isfinite(value) for value in score.errors.values())
    # Nor where the truth lies beside an end of the range.
    assert score_image(np.full((1, 2), bad), np.array([[1.1, 79.0]]), min_depth=1.0).errors['d3'] == 0
    # A bad pixel where nothing is measured is nobody's fault.
    gt[0, 0] = 0
    assert score_image(pred, gt).num_bad == 1


@pytest.mark.parametrize('crop', [None, 'garg'])
def test_image_without_ground_truth(crop):
    for gt in (np.zeros((20, 30)), np.full((20, 30), np.nan), np.full((20, 30), 99.0)):
        assert score_image(np.ones((20, 30)), gt, crop=crop) == ImageScore(None, 0, 0)


@settings(deadline=None)
@given(hnp.arrays(np.float32, (4, 5), elements=st.floats(width=32)),
       hnp.arrays(np.float32, (4, 5), elements=st.floats(width=32)))
def test_any_maps_give_finite_errors(pred, gt):
    score = score_image(pred, gt)
    valid = (gt > np.float32(1e-3)) & (gt < 80)
    assert score.num_valid == valid.sum() and score.num_bad <= score.num_valid
    assert (score.errors is None) == (not valid.any())
    assert all(math.isfinite(value) for value in (score.errors or {}).values())


def test_inputs_are_left_alone():
    pred, gt = some_maps()
    pred[0, 0] = np.nan
    kept = pred.copy(), gt.copy()
    score_image(pred, gt)
    np.testing.assert_array_equal(pred, kept[0])
    np.testing.assert_array_equal(gt, kept[1])


@pytest.mark.parametrize('pred, gt', [(np.ones((2, 3)), np.ones((3, 2))), (np.ones((1, 2, 3)), np.ones((1, 2, 3))),
                                      (np.ones(3), np.ones(3))])
def test_shapes_are_checked(pred, gt):
    with pytest.raises(ValueError, match=r'expected the same \(H, W\)'):
        score_image(pred, gt)


def test_mean_is_per_image_and_not_pooled():
    one = score_image(np.full((1, 1), 8.0), np.full((1, 1), 4.0))
    many = score_image(np.full((9, 9), 4.0), np.full((9, 9), 4.0))
    mean = mean_over_images([one, ImageScore(None, 0, 0), many])
    assert mean['abs_rel'] == 0.5 and mean['d1'] == 0.5  # pooled: 1 / 82
    assert mean['rmse'] == 2.0
    assert list(mean) == list(ERROR_NAMES)
    assert mean_over_images([ImageScore(None, 0, 0)]) == mean_over_images([]) == {}
    assert mean_over_images(iter([one])) == one.errors
