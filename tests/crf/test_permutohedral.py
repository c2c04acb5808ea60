"""The lattice against a slow one written from the paper's definitions, and against exact Gaussians."""
import math
from collections import defaultdict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.crf import permutohedral
from mmdepthcls.crf.permutohedral import GaussianKernels, build_lattice


def elevation(dims):
    """E, (d + 1, d): an isometry, times sqrt(2 / 3) (d + 1), into the plane of coordinate sum 0 (section 3)."""
    matrix = np.zeros((dims + 1, dims))
    for column in range(1, dims + 1):
        matrix[:column, column - 1] = 1
        matrix[column, column - 1] = -column
    return matrix / np.linalg.norm(matrix, axis=0) * math.sqrt(2 / 3) * (dims + 1)


def simplex(point):
    """The d + 1 lattice points around a point of the plane, and its barycentric coordinates, by a linear system."""
    size = len(point)
    nearest = np.round(point / size) * size
    excess = int(nearest.sum()) // size
    by_distance = np.argsort(point - nearest, kind='stable')
    for index in by_distance[:excess] if excess > 0 else by_distance[excess:] if excess else []:
        nearest[index] -= math.copysign(size, excess)
    descending = np.argsort(-(point - nearest), kind='stable')
    corners = [nearest.copy()]
    for index in descending[:-1]:  # from remainder r to r + 1: 1 less everywhere, d + 1 more at the largest left
        step = np.full(size, -1.)
        step[index] += size
        corners.append(corners[-1] + step)
    weights = np.linalg.lstsq(np.vstack([np.array(corners).T, np.ones(size)]), np.append(point, 1), rcond=None)[0]
    return [tuple(corner.astype(int)) for corner in corners], weights


def slow_filter(features, values):
    """Splat, blur and slice in a dictionary of lattice points, float64; features (d, P), values (P, K)."""
    dims = len(features)
    places = [simplex(point) for point in (elevation(dims) @ features).T]
    lattice = defaultdict(lambda: np.zeros(values.shape[1]))
    for (corners, weights), value in zip(places, values, strict=True):
        for corner, weight in zip(corners, weights, strict=True):
            lattice[corner] = lattice[corner] + weight * value
    for axis in range(dims + 1):
        step = np.full(dims + 1, -1)
        step[axis] = dims
        lattice = {corner: value + 0.5 * sum(lattice[near] for near in (tuple(corner + step), tuple(corner - step))
                                             if near in lattice)
                   for corner, value in lattice.items()}
    return np.array([sum(weight * lattice[corner] for corner, weight in zip(*place, strict=True)) for place in places])


def slow_kernel(features, values):
    """Symmetrically normalized."""
    scale = 1 / np.sqrt(slow_filter(features, np.ones((len(values), 1))))
    return scale * slow_filter(features, scale * values)


def random_points(dims, points, spread, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-spread, spread, (dims, points)).astype(np.float32), rng.random((points, 3))


def as_tensor(array):
    return torch.as_tensor(array, dtype=torch.float32)


@pytest.mark.parametrize('dims', [1, 2, 3, 5])
def test_the_elevation_of_the_slow_lattice_is_an_isometry(dims):
    matrix = elevation(dims)
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(dims) * 2 / 3 * (dims + 1)**2, atol=1e-12)
    np.testing.assert_allclose(matrix.sum(0), 0, atol=1e-12)


@pytest.mark.parametrize('spread', [0.5, 3.])
@pytest.mark.parametrize('dims', [1, 2, 3, 4, 5, 6])
def test_filtering_equals_the_slow_lattice(dims, spread):
    features, values = random_points(dims, 120, spread)
    got = GaussianKernels([(as_tensor(features), 1.)]).filter(as_tensor(values))
    np.testing.assert_allclose(got, slow_kernel(features.astype(float), values), rtol=1e-4, atol=1e-5)


def test_kernels_are_added_by_their_weights():
    (five, values), (two, _) = random_points(5, 80, 1.), random_points(2, 80, 2., seed=1)
    got = GaussianKernels([(as_tensor(five), 0.3), (as_tensor(two), 2.)]).filter(as_tensor(values))
    expected = 0.3 * slow_kernel(five.astype(float), values) + 2 * slow_kernel(two.astype(float), values)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(1, 40), st.sampled_from([0.1, 1., 30.]), st.integers(0, 2**31))
def test_points_lie_in_their_simplices_and_neighbors_see_each_other(dims, points, spread, seed):
    lattice = build_lattice(as_tensor(random_points(dims, points, spread, seed)[0]))
    count = lattice.neighbors.shape[1]
    assert (lattice.weights > -1e-4).all()
    torch.testing.assert_close(lattice.weights.sum(1), torch.ones(points))
    # Vertices are numbered as points first have them.
    _, first = np.unique(lattice.vertices.flatten().numpy(), return_index=True)
    assert len(first) == count and (np.diff(first) > 0).all()
    for steps in lattice.neighbors:
        here = (steps[:, 0] < count).nonzero()[:, 0]
        assert torch.equal(steps[steps[here, 0], 1], here)
        assert (steps[:, 0] < count).sum() == (steps[:, 1] < count).sum()


def test_smoothing_a_step_is_near_the_exact_gaussian():
    y, x = np.meshgrid(np.arange(24.), np.arange(24.), indexing='ij')
    position = np.stack([x.ravel(), y.ravel()])
    kernel = np.exp(-((position[:, :, None] - position[:, None])**2).sum(0) / 2 / 3**2)
    scale = kernel.sum(0)**-0.5
    step = (x.ravel() > 10).astype(float)[:, None]
    exact = scale[:, None] * (kernel @ (scale[:, None] * step))
    got = GaussianKernels([(as_tensor(position / 3), 1.)]).filter(as_tensor(step)).numpy()
    assert np.abs(got - exact).max() < 0.06
    assert np.abs(got - step).max() > 0.3  # what the bound must be seen against


def test_far_apart_points_do_not_meet_in_packed_keys():
    """Coordinates near the limits, so that the keys use nearly all bits."""
    features, values = random_points(3, 60, 1.)
    far = features.copy()
    far[:, ::2] += np.float32(2**17)
    far[:, 1::2] -= np.float32(2**17)
    got = GaussianKernels([(as_tensor(far), 1.)]).filter(as_tensor(values))
    for half in (slice(0, None, 2), slice(1, None, 2)):
        alone = GaussianKernels([(as_tensor(far[:, half].copy()), 1.)]).filter(as_tensor(values[half]))
        torch.testing.assert_close(got[half], alone)


def test_keys_fit_up_to_the_very_limit(monkeypatch):
    features = as_tensor(random_points(5, 50, 2.)[0])
    monkeypatch.setattr(permutohedral, 'MAX_KEY', 1)
    with pytest.raises(ValueError, match='do not fit into 64-bit keys: a width is too small') as error:
        build_lattice(features)
    product = math.prod(int(size) for size in str(error.value).split(': ')[1].split(' possible')[0].split(' x '))
    monkeypatch.setattr(permutohedral, 'MAX_KEY', product)
    build_lattice(features)
    monkeypatch.setattr(permutohedral, 'MAX_KEY', product - 1)
    with pytest.raises(ValueError, match='64-bit keys'):
        build_lattice(features)


@pytest.mark.parametrize('value', [math.nan, math.inf, 1e7, -1e7])
def test_features_that_are_not_finite_or_too_large_are_refused(value):
    features = torch.zeros(2, 10)
    features[1, 3] = value
    with pytest.raises(ValueError, match='coordinates must be finite and within'):
        build_lattice(features)
