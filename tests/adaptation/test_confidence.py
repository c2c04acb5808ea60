"""Probability within a factor of a reading: against closed forms and an interpolated distribution function."""
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.adaptation.confidence import mass_within, probability_below, spread_of
from mmdepthcls.bins import LIDBins, SIDBins, UDBins

BINS = [SIDBins(1, 80, 71), SIDBins(0, 80, 20, shift=1.0), UDBins(0, 80, 40), LIDBins(1, 60, 12), UDBins(2, 10, 2)]


def expected(probabilities, depth, bins, factor):
    """By NumPy: the distribution function at both ends, interpolated between the edges."""
    geometric = isinstance(bins, SIDBins) and bins.min_depth > 0
    scale = np.log if geometric else np.asarray
    cumulative = np.append(0, np.cumsum(probabilities))
    high, low = (np.interp(scale(min(max(end, bins.min_depth), bins.max_depth)), scale(bins.edges), cumulative)
                 for end in (depth * factor, depth / factor))
    return high - low


@given(st.sampled_from(BINS[:1] + BINS[2:]), st.integers(0, 2**31), st.floats(1.01, 3.0), st.floats(0.3, 200))
def test_mass_is_a_difference_of_the_distribution_function(bins, seed, factor, depth):
    logits = torch.from_numpy(np.random.default_rng(seed).normal(0, 2, (1, bins.num_bins, 1, 1)))
    reading = torch.full((1, 1, 1, 1), depth)
    mass = mass_within(logits, reading, *(torch.tensor(values) for values in (bins.centers, bins.edges)), factor)
    probabilities = logits.softmax(dim=1).numpy().ravel()
    assert mass.item() == pytest.approx(expected(probabilities, depth, bins, factor), abs=2e-5)


@given(st.sampled_from(BINS[:1] + BINS[2:]), st.integers(0, 2**31), st.floats(0.3, 200))
def test_the_distribution_function(bins, seed, depth):
    logits = torch.from_numpy(np.random.default_rng(seed).normal(0, 2, (1, bins.num_bins, 1, 1)))
    centers, edges = (torch.tensor(values) for values in (bins.centers, bins.edges))
    found, low, high = (probability_below(logits, torch.full((1, 1, 1, 1), each), centers, edges).item()
                        for each in (depth, bins.min_depth, bins.max_depth))
    probabilities = logits.softmax(dim=1).numpy().ravel()
    assert (low, high) == pytest.approx((0, 1), abs=2e-6)
    scale = np.log if isinstance(bins, SIDBins) else np.asarray
    place = min(max(depth, bins.min_depth), bins.max_depth)
    assert found == pytest.approx(np.interp(scale(place), scale(bins.edges), np.append(0, probabilities.cumsum())),
                                  abs=2e-5)


@pytest.mark.parametrize(('spread', 'mass'), [(0.05, 1.0), (0.1, 0.974), (0.2, 0.735), (0.4, 0.423)])
@pytest.mark.parametrize('bins', [SIDBins(1, 80, 71), SIDBins(1, 80, 200)])
def test_mass_of_a_normal_distribution_of_log_depth_is_the_error_function(bins, spread, mass):
    """Whatever the number of bins."""
    logs = np.log(bins.edges)
    below = 0.5 * (1 + torch.erf(torch.from_numpy((logs - math.log(9)) / spread / math.sqrt(2))))
    logits = below.diff().clamp_min(1e-30).log().view(1, -1, 1, 1)
    found = mass_within(logits, torch.full((1, 1, 1, 1), 9.0), torch.from_numpy(bins.centers),
                        torch.from_numpy(bins.edges)).item()
    assert found == pytest.approx(math.erf(math.log(1.25) / spread / math.sqrt(2)), abs=0.01)
    assert found == pytest.approx(mass, abs=0.012)
    if spread > 0.05:
        assert spread_of(math.erf(math.log(1.25) / spread / math.sqrt(2))) == pytest.approx(spread)


def test_questions_of_ordinal_models_are_a_distribution_function():
    bins = SIDBins(1, 80, 6)
    logits = torch.tensor([4.0, 2.0, 2.5, -1.0, -3.0, 9.0]).view(1, 6, 1, 1)
    farther = torch.sigmoid(torch.tensor([4.0, 2.0, 2.0, -1.0, -3.0]).double()).numpy()  # never sure again
    probabilities = np.diff(np.concatenate([[0], 1 - farther, [1]]))
    reading = torch.full((1, 1, 1, 1), 11.0)
    mass = mass_within(logits, reading, torch.from_numpy(bins.centers), torch.from_numpy(bins.edges), 1.25, True)
    assert mass.item() == pytest.approx(expected(probabilities, 11.0, bins, 1.25), abs=1e-5)


def test_images_may_have_bins_of_their_own_and_maps_many_rows():
    one, other = SIDBins(1, 80, 9), UDBins(1, 50, 9)
    logits, depth = torch.randn(2, 9, 200, 300), torch.rand(2, 1, 200, 300) * 40 + 1
    centers, edges = (torch.stack([torch.tensor(getattr(bins, name), dtype=torch.float32) for bins in (one, other)])[
        ..., None, None] for name in ('centers', 'edges'))
    both = mass_within(logits, depth, centers, edges)
    assert both.shape == (2, 1, 200, 300) and both.dtype == torch.float32
    for index, bins in enumerate((one, other)):
        alone = mass_within(logits[index:index + 1, :, 50:60], depth[index:index + 1, :, 50:60],
                            torch.tensor(bins.centers), torch.tensor(bins.edges))
        torch.testing.assert_close(both[index, :, 50:60], alone[0])
