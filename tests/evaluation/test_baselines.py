"""Baselines against brute force."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.evaluation.baselines import best_constant, mean_depth_map
from mmdepthcls.evaluation.protocol_scores import score_map, summarize


def abs_rel_of(constant, maps, **kwargs):
    return summarize([score_map(np.full(depth.shape, constant), depth, **kwargs) for depth in maps])['abs_rel']


def random_maps(seed, num=4):
    rng = np.random.default_rng(seed)
    maps = []
    for _ in range(num):
        shape = tuple(rng.integers(20, 40, 2))
        maps.append(rng.lognormal(2.5, 0.9, shape) * (rng.random(shape) < rng.uniform(0.1, 1)))
    return maps


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize('limits', [dict(), dict(crop='garg'), dict(min_depth=2.0, max_depth=30.0)], ids=str)
@pytest.mark.parametrize('seed', range(3))
def test_no_constant_does_better(seed, limits):
    maps = random_maps(seed)
    best = best_constant(maps, **limits)
    error = abs_rel_of(best, maps, **limits)
    grid = np.concatenate([np.geomspace(1e-3, 80, 300), best + np.linspace(-0.5, 0.5, 101)])
    assert error <= min(abs_rel_of(constant, maps, **limits) for constant in grid) + 1e-12
    assert abs_rel_of(best * 1.3, maps, **limits) > error < abs_rel_of(best / 1.3, maps, **limits)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(1, 79), min_size=1, max_size=8), min_size=1, max_size=4))
def test_no_measured_depth_does_better(images):
    maps = [np.array([image], dtype=float) for image in images]
    best = best_constant(maps)
    assert best in {value for image in images for value in image}
    assert abs_rel_of(best, maps) <= min(abs_rel_of(value, maps) for value in range(1, 80)) + 1e-12


def test_images_weigh_the_same_and_empty_ones_nothing():
    maps = [np.full((50, 50), 4.0), np.full((1, 1), 3.0)]  # per image: weights 1/4 and 1/3; pooled: 4 would win
    assert best_constant(maps) == best_constant([np.zeros((2, 2)), *maps, np.full((2, 2), 99.0)]) == 3.0


def test_best_constant_without_ground_truth():
    for maps in ([], [np.zeros((2, 2))], [np.full((2, 2), 80.0)]):
        with pytest.raises(ValueError, match='no pixel has ground truth'):
            best_constant(maps)


def test_mean_depth_map_against_loops():
    rng = np.random.default_rng(0)
    maps = [rng.uniform(1, 80, (5, 6)) * (rng.random((5, 6)) < 0.4) for _ in range(4)]
    for depth in maps:
        depth[0, 0] = 0
    everything = [depth[r, c] for depth in maps for r in range(5) for c in range(6) if depth[r, c] > 0]
    mean = mean_depth_map(iter(maps))
    for r in range(5):
        for c in range(6):
            seen = [depth[r, c] for depth in maps if depth[r, c] > 0] or everything
            assert mean[r, c] == pytest.approx(sum(seen) / len(seen), rel=1e-12)
    assert mean.dtype == np.float64 and mean[0, 0] == pytest.approx(np.mean(everything))


def test_mean_depth_map_of_float32_does_not_lose_precision():
    maps = [np.full((1, 1), 16.1, np.float32)] * 3000
    assert mean_depth_map(maps)[0, 0] == pytest.approx(float(np.float32(16.1)), rel=1e-12)


@pytest.mark.parametrize('maps, message', [
    ([], 'no pixel has ground truth'), ([np.zeros((2, 2))], 'no pixel has ground truth'),
    ([np.ones((2, 3)), np.ones((3, 2))], r'shapes \(2, 3\) and \(3, 2\)')])
def test_mean_depth_map_errors(maps, message):
    with pytest.raises(ValueError, match=message):
        mean_depth_map(maps)
