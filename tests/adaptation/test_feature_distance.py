"""Distances between the features of two domains: closed forms, slow NumPy, finite differences."""
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from mmdepthcls.adaptation import DAN, DeepCORAL
from mmdepthcls.adaptation.deep_coral import coral_distance
from mmdepthcls.adaptation.maximum_mean_discrepancy import squared_discrepancy

FACTORS = (0.5, 1.0, 2.0)


def vectors(number, channels=3, seed=0, shift=0.0, scale=1.0):
    values = np.random.default_rng(seed).normal(shift, scale, (number, channels))
    return torch.from_numpy(values)


@settings(max_examples=30)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 4), st.integers(0, 99))
def test_coral_is_what_numpy_says(source, target, channels, seed):
    one, other = vectors(source, channels, seed), vectors(target, channels, seed + 1, 2.0, 3.0)
    covariances = [np.atleast_2d(np.cov(each.numpy(), rowvar=False)) for each in (one, other)]
    expected = np.linalg.norm(covariances[0] - covariances[1])**2 / (4 * channels**2)
    assert_close(coral_distance(one, other).item(), expected, rtol=1e-9, atol=1e-12)


def test_coral_in_closed_form():
    one = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])  # covariance diag(2, 0)
    assert coral_distance(one, 3 * one + 7).item() == pytest.approx((18 - 2)**2 / 16)
    assert coral_distance(one, one + 5).item() == 0  # means do not matter


@pytest.mark.parametrize('distance', [coral_distance, lambda one, other: squared_discrepancy(
    one, other, FACTORS, True), lambda one, other: squared_discrepancy(one, other, FACTORS, False)])
def test_gradients_are_those_of_finite_differences(distance, monkeypatch):
    one, other = vectors(5).requires_grad_(), vectors(4, seed=1, shift=0.5).requires_grad_()
    if distance is not coral_distance:  # the width of the kernels is taken to be given, and has no gradient
        pairs = torch.pdist(torch.cat([one, other]).detach())**2
        monkeypatch.setattr(torch.Tensor, 'median', lambda values: pairs.mean())
    assert torch.autograd.gradcheck(distance, (one, other))


def slow_discrepancy(one, other, factors, unbiased):
    pooled = [*one, *other]
    pairs = sorted(float(((a - b)**2).sum()) for a, b in itertools.permutations(pooled, 2))
    median = pairs[(len(pairs) - 1) // 2]

    def kernel(a, b):
        square = ((a - b)**2).sum()
        return np.mean([np.exp(-square / (factor * median)) for factor in factors])

    def within(some):
        pairs = [kernel(a, b) for (i, a), (j, b) in itertools.product(enumerate(some), repeat=2)
                 if i != j or not unbiased]
        return np.mean(pairs)

    return within(one) + within(other) - 2 * np.mean([kernel(a, b) for a in one for b in other])


@settings(max_examples=30)
@given(st.integers(2, 7), st.integers(2, 7), st.integers(1, 3), st.booleans(), st.integers(0, 99))
def test_discrepancy_is_what_loops_say(source, target, channels, unbiased, seed):
    one, other = vectors(source, channels, seed), vectors(target, channels, seed + 1, 1.0)
    expected = slow_discrepancy(one.numpy(), other.numpy(), FACTORS, unbiased)
    assert_close(squared_discrepancy(one, other, FACTORS, unbiased).item(), expected, rtol=1e-6, atol=1e-9)


def test_the_biased_estimate_of_equal_samples_is_0_and_of_others_above():
    one = vectors(20)
    assert squared_discrepancy(one, one.clone(), FACTORS, False).item() == pytest.approx(0, abs=1e-12)
    assert squared_discrepancy(one, vectors(20, seed=1), FACTORS, False) > 0
    assert squared_discrepancy(one, vectors(20, seed=1, shift=1.0), FACTORS, False) > 0.1


def test_the_unbiased_estimate_of_one_distribution_is_0_in_the_mean():
    draws = {estimate: [squared_discrepancy(vectors(8, seed=2 * seed), vectors(8, seed=2 * seed + 1), FACTORS,
                                            estimate).item() for seed in range(300)] for estimate in (True, False)}
    error = np.std(draws[True]) / 300**0.5
    assert abs(np.mean(draws[True])) < 3 * error and np.mean(draws[False]) > 20 * error


@pytest.mark.parametrize('unbiased', [True, False])
def test_equal_vectors_give_a_number_and_a_gradient(unbiased):
    same = torch.ones(4, 3, requires_grad=True)
    value = squared_discrepancy(same, torch.ones(3, 3), FACTORS, unbiased)
    value.backward()
    assert value.item() == 0 and torch.equal(same.grad, torch.zeros(4, 3))


def test_far_from_0_float32_will_do():
    one, other = vectors(30).float() + 1000, vectors(30, seed=1, shift=0.3).float() + 1000
    expected = squared_discrepancy(one.double(), other.double(), FACTORS, True).item()
    assert squared_discrepancy(one, other, FACTORS, True).item() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(('build', 'message'), [
    (lambda: DeepCORAL(loss_weight=-1), 'loss_weight from 0 on, got -1'),
    (lambda: DeepCORAL(loss_weight=True), 'got True'),
    (lambda: DeepCORAL(loss_weight=float('nan')), 'got nan'),
    (lambda: DeepCORAL(level=[]), r'level.*got \[\]'),
    (lambda: DeepCORAL(level=[1.5]), 'level'),
    (lambda: DeepCORAL(places=1), 'places from 2 on, got 1'),
    (lambda: DAN(factors=[]), 'got none'),
    (lambda: DAN(factors=[1, 0]), 'factors.*got 0'),
    (lambda: DAN(estimate='linear'), "'unbiased', 'biased'.*got 'linear'"),
])
def test_arguments_without_sense_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()
