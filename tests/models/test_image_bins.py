import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from mmdepthcls.bins import DepthBins, LIDBins, SIDBins, UDBins
from mmdepthcls.models.image_bins import change_widths, encode, onto_centers

SCHEMES = [
    SIDBins(1.0, 80.0, 71), UDBins(0.5, 10.0, 16), LIDBins(2.0, 60.0, 255), SIDBins(0.5, 80.0, 12, shift=1.0),
    DepthBins([1.0, 1.5, 7.0, 9.0], center='geometric')]
each_scheme = pytest.mark.parametrize('bins', SCHEMES, ids=lambda bins: f'{type(bins).__name__}-{bins.num_bins}')
each_space = pytest.mark.parametrize('space', ['depth', 'log'])


@each_scheme
@each_space
def test_no_change_is_the_fixed_bins(bins, space):
    own = change_widths(torch.zeros(2, bins.num_bins), bins, space)
    for row in range(2):
        np.testing.assert_allclose(own.edges[row], bins.edges, rtol=3e-6)
        np.testing.assert_allclose(own.centers[row], bins.centers, rtol=3e-6)


@each_scheme
@each_space
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), scale=st.sampled_from([0.1, 1.0, 10.0, 1000.0]))
def test_edges_increase_from_end_to_end_and_centers_lie_between(bins, space, seed, scale):
    changes = torch.randn(3, bins.num_bins, generator=torch.Generator().manual_seed(seed)) * scale
    edges, centers = change_widths(changes, bins, space)
    assert edges.shape == (3, bins.num_bins + 1) and centers.shape == (3, bins.num_bins)
    assert (edges.diff(dim=1) > 0).all()
    assert (edges[:, 0] == bins.min_depth).all() and (edges[:, -1] == bins.max_depth).all()
    assert (edges[:, :-1] <= centers).all() and (centers <= edges[:, 1:]).all()


def test_a_bin_is_never_narrower_than_the_floor():
    bins = SIDBins(1.0, 80.0, 20)
    changes = torch.zeros(1, 20)
    changes[0, 7] = 100.0  # wants everything
    ratio = change_widths(changes, bins, 'depth', floor=0.1).edges.diff(dim=1)[0].numpy() / np.diff(bins.edges)
    assert np.delete(ratio, 7) == pytest.approx(np.full(19, 0.1), rel=1e-3)


@each_space
def test_gradient_of_every_change_is_that_of_finite_differences(space):
    bins = SIDBins(1.0, 80.0, 6)
    changes = torch.randn(1, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    weights = torch.arange(6.0)
    (change_widths(changes, bins, space).centers * weights).sum().backward()
    step = 1e-2
    for index in range(6):
        up, down = changes.detach().clone(), changes.detach().clone()
        up[0, index] += step
        down[0, index] -= step
        difference = sum(sign * (change_widths(each, bins, space).centers * weights).sum()
                         for sign, each in ((1, up), (-1, down))) / (2 * step)
        assert changes.grad[0, index].item() == pytest.approx(difference.item(), rel=2e-2, abs=5e-2)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float64])
def test_bins_are_float32_for_changes_of_any_type(dtype):
    bins = SIDBins(1.0, 80.0, 71)
    changes = torch.randn(2, 71, generator=torch.Generator().manual_seed(0)).to(dtype)
    with torch.autocast('cpu', torch.bfloat16):
        own = change_widths(changes, bins)
    assert own.edges.dtype == own.centers.dtype == torch.float32
    assert_close(own.edges, change_widths(changes.float(), bins).edges)


def test_labels_are_those_of_bins_with_these_edges():
    bins = SIDBins(1.0, 80.0, 30)
    edges = change_widths(torch.randn(1, 30, generator=torch.Generator().manual_seed(0)), bins).edges[0]
    depth = torch.rand(50, 7, generator=torch.Generator().manual_seed(1)) * 79 + 1
    assert torch.equal(encode(depth, edges), DepthBins(edges.double().numpy()).encode(depth))
    assert encode(torch.tensor([0.5, 1.0, 80.0, 90.0]), edges).tolist() == [0, 0, 29, 29]


def test_given_to_other_centers_probabilities_keep_their_expected_depth():
    bins, generator = SIDBins(1.0, 80.0, 30), torch.Generator().manual_seed(0)
    fixed = torch.tensor(bins.centers).float()
    probabilities = torch.randn(2, 30, 3, 4, generator=generator).softmax(dim=1)
    centers = change_widths(torch.randn(2, 30, generator=generator), bins).centers.clamp(fixed[0], fixed[-1])
    result = onto_centers(probabilities, centers, fixed)
    assert_close(result.sum(dim=1), torch.ones(2, 3, 4))
    assert_close((result * fixed.view(-1, 1, 1)).sum(1), (probabilities * centers.view(2, -1, 1, 1)).sum(1))


def test_only_the_two_centers_around_get_a_share():
    fixed = torch.tensor([1.0, 2.0, 4.0])
    one_hot = torch.eye(5)[None, :, :, None]  # the k-th pixel is sure of bin k
    result = onto_centers(one_hot, torch.tensor([[0.5, 1.0, 1.25, 3.0, 9.0]]), fixed)
    expected = torch.tensor([[1, 0, 0], [1, 0, 0], [0.75, 0.25, 0], [0, 0.5, 0.5], [0, 0, 1]])
    assert_close(result[0, :, :, 0].T, expected)
