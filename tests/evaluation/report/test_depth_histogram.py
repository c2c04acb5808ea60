"""The best constant from histograms against the one from all pixels."""
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.evaluation.baselines import best_constant
from mmdepthcls.evaluation.errors import depth_errors
from mmdepthcls.evaluation.protocol_scores import image_errors, score_image, summarize
from mmdepthcls.evaluation.protocols import Protocol
from mmdepthcls.evaluation.report.depth_histogram import (
    CENTERS,
    DepthHistogram,
    best_constant_of,
    constant_scores,
)
from mmdepthcls.evaluation.views import Views

WIDTH = CENTERS[1] / CENTERS[0] - 1


def random_depths(seed, num=6):
    """Scored ground truth of a few images of different sizes and distances."""
    rng = np.random.default_rng(seed)
    return [np.clip(rng.lognormal(rng.uniform(2, 3), 0.8, rng.integers(2000, 20000)), 1, 79.9).astype(np.float32)
            for _ in range(num)]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0.11, 990), min_size=1, max_size=50))
def test_every_depth_is_counted_within_half_a_bin(depths):
    histogram = DepthHistogram.of(np.array(depths))
    counted = np.repeat(histogram.centers, histogram.counts)
    assert 0.0089 < WIDTH < 0.0091
    np.testing.assert_allclose(counted, np.sort(depths), rtol=0.51 * WIDTH)
    assert histogram.median() == pytest.approx(np.sort(depths)[(len(depths) - 1) // 2], rel=0.51 * WIDTH)


def test_what_lies_outside_counts_at_the_ends():
    histogram = DepthHistogram.of(np.array([1e-3, 5e3, 5e3]))
    assert (histogram.counts[0], histogram.counts[-1], len(histogram.counts)) == (1, 2, 1024)


def test_a_histogram_is_small():
    histogram = DepthHistogram.of(np.random.default_rng(0).uniform(1, 80, 400_000))
    assert len(pickle.dumps(histogram)) < 1300
    assert histogram.counts.sum() == 400_000


@pytest.mark.parametrize('seed', range(4))
def test_the_constant_is_the_exact_one_to_within_a_bin(seed):
    depths = random_depths(seed)
    histograms = [DepthHistogram.of(depth) for depth in depths]
    assert best_constant_of(histograms) == pytest.approx(best_constant([depth[None] for depth in depths]), rel=WIDTH)
    pooled = best_constant([np.concatenate(depths)[None]])
    assert best_constant_of(histograms, 'pixel') == pytest.approx(pooled, rel=WIDTH)


@pytest.mark.parametrize('mean', ['image', 'pixel'])
@pytest.mark.parametrize('seed', range(2))
def test_its_errors_are_those_of_the_constant_map(seed, mean):
    depths, protocol = random_depths(seed), Protocol('p', mean=mean)
    constant, scores = constant_scores([DepthHistogram.of(depth) for depth in depths], protocol)
    exact = [score_image(Views(np.full((1, len(depth)), constant)), {None: depth[None]}, [protocol]).scores['p']
             for depth in depths]
    errors, expected = summarize(scores, mean), summarize(exact, mean)
    for name, value in expected.items():
        # A threshold of d1, d2, d3 may cut through a bin.
        tolerance = dict(abs=3e-3) if name in ('d1', 'd2', 'd3') else dict(rel=2e-3)
        assert errors[name] == pytest.approx(value, **tolerance)
    assert errors['abs_rel'] == pytest.approx(expected['abs_rel'], rel=2e-4)
    # No constant does better than by a hair.
    best = best_constant([depth[None] for depth in depths] if mean == 'image' else [np.concatenate(depths)[None]])
    least = summarize([score_image(Views(np.full((1, len(depth)), best)), {None: depth[None]}, [protocol]).scores['p']
                       for depth in depths], mean)
    assert least['abs_rel'] <= expected['abs_rel'] <= least['abs_rel'] * (1 + 1e-4)


def test_the_constant_is_clamped_as_a_prediction():
    histogram = DepthHistogram.of(np.full(10, 100.0))
    score = constant_scores([histogram], Protocol('p', clamp=(1e-3, 80.0), max_depth=None))[1][0]
    assert image_errors(score)['abs_rel'] == pytest.approx(0.2, rel=0.02)


@pytest.mark.parametrize('settings, constant_of', [
    (dict(median_scaling=True), np.median), (dict(least_squares='scale'), np.mean),
    (dict(least_squares='disparity'), lambda depth: 1 / np.mean(1 / depth))], ids=['median', 'scale', 'disparity'])
def test_aligned_all_constants_are_the_same(settings, constant_of):
    depths = random_depths(0)
    constant, scores = constant_scores([DepthHistogram.of(depth) for depth in depths], Protocol('p', **settings))
    assert constant is None
    for depth, score in zip(depths, scores, strict=True):
        expected = depth_errors(np.full(depth.shape, constant_of(depth.astype(float))), depth)
        assert image_errors(score)['abs_rel'] == pytest.approx(expected['abs_rel'], rel=5e-3)
        aligned = score_image(Views(np.full((1, len(depth)), 3.0)), {None: depth[None]}, [Protocol('p', **settings)])
        assert image_errors(aligned.scores['p'])['abs_rel'] == pytest.approx(expected['abs_rel'], rel=1e-6)
