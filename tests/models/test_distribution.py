import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from mmdepthcls.bins import LIDBins, SIDBins, UDBins
from mmdepthcls.models.distribution import by_rows, mean, per_channel, quantiles

BINS = [SIDBins(1.0, 80.0, 9), UDBins(0.0, 80.0, 9), LIDBins(0.0, 60.0, 9)]


def tensors(bins):
    return per_channel(torch.tensor(bins.centers)), per_channel(torch.tensor(bins.edges))


def mass_below(depth, probabilities, bins):
    """Probability below a depth, bin by bin in float64."""
    total = 0.0
    for p, low, high in zip(probabilities, bins.edges[:-1], bins.edges[1:], strict=True):
        if depth >= high:
            total += p
        elif depth > low:
            place = np.log if bins.center == 'geometric' else float
            total += p * (place(depth) - place(low)) / (place(high) - place(low))
    return total


@given(st.lists(st.floats(-8, 8), min_size=9, max_size=9), st.floats(0.01, 0.99), st.sampled_from(BINS))
@settings(deadline=None)
def test_a_quantile_has_its_share_of_the_probability_below_it(values, level, bins):
    probabilities = torch.tensor(values).softmax(0)
    depth = quantiles(probabilities.view(1, -1, 1, 1), [level], *tensors(bins)).item()
    assert bins.min_depth <= depth <= bins.max_depth * (1 + 1e-6)
    p = probabilities.double().numpy()
    below = [mass_below(d, p / p.sum(), bins) for d in (depth * (1 - 1e-4), depth * (1 + 1e-4))]
    assert below[0] - 1e-5 <= level <= below[1] + 1e-5


@given(st.lists(st.floats(-20, 20), min_size=9, max_size=9), st.sampled_from(BINS))
@settings(deadline=None)
def test_quantiles_do_not_cross(values, bins):
    levels = [0.001, 0.05, 0.3, 0.5, 0.7, 0.95, 0.999]
    depth = quantiles(torch.tensor(values).softmax(0).view(1, -1, 1, 1), levels, *tensors(bins)).flatten()
    assert (depth.diff() >= -1e-4).all()


@pytest.mark.parametrize('bins', BINS, ids=repr)
def test_half_of_one_certain_bin_is_its_center(bins):
    for index, center in enumerate(bins.centers):
        one_hot = torch.zeros(1, 9, 1, 1)
        one_hot[0, index] = 1
        assert quantiles(one_hot, [0.5], *tensors(bins)).item() == pytest.approx(center, rel=1e-6)


def test_a_geometric_bin_that_begins_at_0_m_has_quantiles_above_0():
    edges = per_channel(torch.tensor([0.0, 2.0, 8.0]))
    centers = (edges[:, :-1] * edges[:, 1:]).sqrt()
    depth = quantiles(torch.tensor([0.5, 0.5]).view(1, 2, 1, 1), [0.25, 0.75], centers, edges)
    assert_close(depth.flatten(), torch.tensor([1.0, 4.0]))


@pytest.mark.parametrize('block', [1, 100, 3 * 7 * 2, 10**9])
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_blocks_change_nothing(block, dtype):
    logits = torch.randn(2, 3, 11, 7, generator=torch.Generator().manual_seed(0)).to(dtype)
    seen = []

    def function(part):
        assert part.dtype == torch.float32
        seen.append(part.shape[2])
        return part.amax(1, keepdim=True)

    assert torch.equal(by_rows(function, logits, block), logits.float().amax(1, keepdim=True))
    assert sum(seen) == 11 and max(seen) == min(11, max(1, block // 42))


def test_blocks_pass_gradients_on():
    logits = torch.randn(1, 4, 8, 5, requires_grad=True)
    whole = logits.detach().clone().requires_grad_()
    by_rows(lambda part: part.softmax(1)[:, :1], logits, 40).sum().backward()
    whole.softmax(1)[:, :1].sum().backward()
    assert_close(logits.grad, whole.grad)


def test_a_map_without_pixels_stays_one():
    assert by_rows(lambda part: part[:, :1], torch.zeros(1, 3, 4, 0)).shape == (1, 1, 4, 0)


def test_centers_of_every_shape():
    centers = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    for shape in ((3, ), (3, 1, 1), (1, 3, 1, 1)):
        assert per_channel(centers.view(shape)).shape == (1, 3, 1, 1)
    assert per_channel(centers.view(3, 1, 1)).dtype == torch.float32
    assert per_channel(torch.zeros(2, 3, 1, 1)).shape == (2, 3, 1, 1)


def test_mean_of_logarithms_of_a_center_at_0_m_is_finite():
    assert mean(torch.tensor([0.0, 1.0]).view(1, 2, 1, 1), torch.tensor([0.0, 5.0]).view(1, 2, 1, 1), 'log').item() \
        == pytest.approx(5.0)
