import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmseg.registry import MODELS
from torch.testing import assert_close

from mmdepthcls.models.losses.chamfer import chamfer_1d

pytestmark = pytest.mark.usefixtures('mmseg_scope')
numbers = st.lists(st.floats(0.5, 90.0, width=32), min_size=1, max_size=40)


def brute_force(centers, depth):
    """From the matrix of all pairs."""
    distances = (centers[:, None] - depth) ** 2
    return distances.amin(dim=0).mean() + distances.amin(dim=1).mean()


@settings(max_examples=200, deadline=None)
@given(centers=numbers, depth=numbers)
def test_is_that_of_all_pairs(centers, depth):
    centers, depth = torch.tensor(centers).double(), torch.tensor(depth).double()
    assert_close(chamfer_1d(centers, depth), brute_force(centers, depth))


def test_gradient_is_that_of_all_pairs():
    generator = torch.Generator().manual_seed(0)
    centers = (torch.rand(20, generator=generator, dtype=torch.float64) * 80).requires_grad_()
    depth = torch.rand(333, generator=generator, dtype=torch.float64) * 80
    own, = torch.autograd.grad(chamfer_1d(centers, depth), centers)
    expected, = torch.autograd.grad(brute_force(centers, depth), centers)
    assert_close(own, expected)


def batch(valid=0.5):
    generator = torch.Generator().manual_seed(0)
    centers = (torch.rand(3, 8, generator=generator) * 80).sort(dim=1)[0].requires_grad_()
    depth = torch.rand(3, 5, 7, generator=generator) * 80
    mask = torch.rand(3, 5, 7, generator=generator) < valid
    mask[1] = False  # nothing was measured in the second image
    return centers, depth, mask


def test_is_the_mean_over_the_images_that_have_depth():
    centers, depth, mask = batch()
    loss = MODELS.build(dict(type='BinChamferLoss', loss_weight=2.0))(centers, depth, mask)
    loss.backward()
    assert_close(loss, brute_force(centers[0], depth[0][mask[0]]) + brute_force(centers[2], depth[2][mask[2]]))
    assert centers.grad[[0, 2]].any(dim=1).all() and not centers.grad[1].any()


def test_without_any_depth_loss_and_gradient_are_zero():
    centers, depth, mask = batch(valid=0.0)
    loss = MODELS.build(dict(type='BinChamferLoss'))(centers, depth, mask)
    loss.backward()
    assert loss == 0 and (centers.grad == 0).all()


def test_is_computed_in_float32_under_autocast():
    centers, depth, mask = batch()
    loss = MODELS.build(dict(type='BinChamferLoss'))
    with torch.autocast('cpu', torch.bfloat16):
        rounded = loss(centers.bfloat16(), depth, mask)
    assert rounded.dtype == torch.float32
    assert_close(rounded, loss(centers.bfloat16().float(), depth, mask))
