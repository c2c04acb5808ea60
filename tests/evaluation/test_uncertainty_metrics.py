import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.evaluation.uncertainty_metrics import (
    UNCERTAINTY_NAMES,
    calibration_error,
    calibration_sums,
    log_likelihoods,
    risk_curve,
    score_uncertainty,
    summarize_uncertainty,
)

ERRORS = st.lists(st.tuples(st.floats(0, 10), st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0])), min_size=1, max_size=40)


def risk_by_trials(error, uncertainty, removals):
    """Mean over many random orders of what remains, most certain first."""
    rng = np.random.default_rng(0)
    curves = []
    for _ in range(4000):
        shuffled = rng.permutation(len(error))
        order = sorted(shuffled, key=lambda i: uncertainty[i])
        curves.append([np.mean([error[i] for i in order[:math.ceil(len(error) * (1 - r / removals) - 1e-9)]])
                       for r in range(removals)])
    return np.mean(curves, axis=0)


def test_curve_with_equal_uncertainties_is_the_mean_over_orders():
    error = [1.0, 5.0, 2.0, 7.0, 3.0, 0.0, 4.0]
    uncertainty = [0.1, 0.3, 0.1, 0.3, 0.2, 0.1, 0.3]
    np.testing.assert_allclose(risk_curve(error, uncertainty, 5), risk_by_trials(error, uncertainty, 5), atol=0.06)


def test_curve_equals_a_loop_where_nothing_is_equal():
    rng = np.random.default_rng(1)
    error, uncertainty = rng.exponential(1, 137), rng.random(137)
    expected = []
    for r in range(50):
        kept = sorted(range(137), key=lambda i: uncertainty[i])[:-(-137 * (50 - r) // 50)]
        expected.append(sum(error[i] for i in kept) / len(kept))
    np.testing.assert_allclose(risk_curve(error, uncertainty), expected, rtol=1e-12)


@given(ERRORS)
@settings(deadline=None)
def test_no_order_is_better_than_the_errors_own(pairs):
    error, uncertainty = np.array(pairs).T
    assert (risk_curve(error, error) <= risk_curve(error, uncertainty) + 1e-12).all()
    assert risk_curve(error, uncertainty)[0] == pytest.approx(error.mean())


@given(ERRORS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_and_unit_mean_nothing(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    (error, uncertainty), (error2, uncertainty2) = np.array(pairs).T, np.array(shuffled).T
    np.testing.assert_allclose(risk_curve(error2, 7 * uncertainty2 - 3), risk_curve(error, uncertainty), atol=1e-12)


def test_calibration_error_by_hand():
    """Two pixels of confidence 0.9, one right; two of 0.3, both wrong: (2 * 0.4 + 2 * 0.3) / 4."""
    sums = calibration_sums([0.9, 0.9, 0.3, 0.3], [True, False, False, False])
    assert calibration_error(sums) == pytest.approx(0.35)
    assert calibration_sums([1.0], [True])[-1].tolist() == [1, 1, 1]
    assert math.isnan(calibration_error(calibration_sums([], [])))


def make_record(seed, num=30_000, temperature=1.0, num_bins=10):
    """A model whose distributions, divided by a temperature, are those that the truth is drawn from."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (num, num_bins))
    p = np.exp(logits)
    p /= p.sum(1, keepdims=True)
    edges = np.arange(num_bins + 1.0) + 1
    labels = (p.cumsum(1) < rng.random((num, 1))).sum(1).clip(0, num_bins - 1)
    gt = edges[labels] + rng.random(num)
    said = np.exp(logits / temperature)
    said /= said.sum(1, keepdims=True)
    cumulative = np.concatenate([np.zeros((num, 1)), said.cumsum(1)], axis=1)
    interval = np.array([[np.interp(level, row, edges) for row in cumulative] for level in (0.05, 0.95)])
    pred = said @ (edges[:-1] + 0.5)
    deviation = np.sqrt((said * (edges[:-1] + 0.5 - pred[:, None])**2).sum(1))
    return score_uncertainty(log_likelihoods(logits / temperature, labels), said.max(1), said.argmax(1) == labels,
                             interval, gt, np.abs(pred - gt) / gt, deviation / pred), p


def test_a_calibrated_model_is_found_to_be_one():
    (record, p), (sure, _) = make_record(0), make_record(0, temperature=0.4)
    metrics, overconfident = summarize_uncertainty([record]), summarize_uncertainty([sure])
    assert metrics['coverage'] == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 30_000))
    assert metrics['ece'] < 0.01
    entropy = -(p * np.log(p)).sum(1).mean()
    assert metrics['nll'] == pytest.approx(entropy, abs=0.02)
    assert metrics['ause'] > 0 and metrics['aurg'] > 0
    assert overconfident['ece'] > 0.1 and overconfident['coverage'] < 0.8 and overconfident['nll'] > metrics['nll']


def test_pixels_and_images_are_weighted_as_documented():
    a, b = make_record(1, 300)[0], make_record(2, 900)[0]
    both, each = summarize_uncertainty([a, b]), [summarize_uncertainty([record]) for record in (a, b)]
    for name in ('nll', 'coverage', 'interval_width'):
        assert both[name] == pytest.approx((each[0][name] + 3 * each[1][name]) / 4)
    for name in ('ause', 'aurg'):
        assert both[name] == pytest.approx((each[0][name] + each[1][name]) / 2)
    empty = summarize_uncertainty([])
    assert set(empty) == set(both) == set(UNCERTAINTY_NAMES) and all(math.isnan(value) for value in empty.values())


def test_a_record_does_not_grow_with_pixels():
    few, many = (len(pickle.dumps(make_record(0, num)[0])) for num in (100, 9000))
    assert few == pytest.approx(many, abs=20)


def test_likelihood_of_the_true_bin_equals_a_loop():
    logits = np.random.default_rng(0).normal(0, 5, (50, 4)) + 800
    labels = np.arange(50) % 4
    for row, label, value in zip(logits, labels, log_likelihoods(logits, labels), strict=True):
        odds = sum(math.exp(other - row[label]) for other in row)
        assert value == pytest.approx(-math.log(odds))
