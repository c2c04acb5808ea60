"""The dense CRF against the authors' C++ code, an exact mean field and its own invariants."""
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from crf_reference import CASES, make_case, make_image, make_probabilities, run_reference
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.bins import SIDBins
from mmdepthcls.commands.minidrive import render, sample_scene
from mmdepthcls.crf.dense_crf import dense_crf, label_compatibility

REFERENCE = np.load(Path(__file__).parents[1] / 'data' / 'dense_crf_reference.npz')


def batch(probabilities, image):
    """Tensors (1, K, H, W) and (1, 3, H, W) of arrays (K, H, W) and (H, W, 3)."""
    return torch.from_numpy(probabilities)[None], torch.from_numpy(image).permute(2, 0, 1)[None]


def small(height=12, width=16, labels=4):
    return batch(make_probabilities(height, width, labels), make_image(height, width))


def exact_mean_field(probabilities, image, cost, iterations=10, smoothness_weight=3., smoothness_width=3.,
                     appearance_weight=10., appearance_width=50., color_width=5.):
    """Marginals (K, H, W) with all P x P kernel values, float64. Each pixel is its own neighbor, as in the C++."""
    labels, height, width = probabilities.shape
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing='ij')
    position = np.stack([x.ravel(), y.ravel()], 1).astype(float)
    color = image.reshape(-1, 3).astype(float)
    kernel = 0
    for weight, features in ((smoothness_weight, position / smoothness_width),
                             (appearance_weight, np.hstack([position / appearance_width, color / color_width]))):
        gaussian = np.exp(-((features[:, None] - features)**2).sum(2) / 2)
        scale = gaussian.sum(1)**-0.5
        kernel = kernel + weight * scale[:, None] * gaussian * scale
    unary = np.log(probabilities.reshape(labels, -1).astype(float))
    marginals = np.exp(unary)
    for _ in range(iterations):
        energy = unary - cost @ marginals @ kernel
        marginals = np.exp(energy - energy.max(0))
        marginals /= marginals.sum(0)
    return marginals.reshape(labels, height, width)


@pytest.mark.parametrize('name', CASES)
def test_marginals_are_those_of_the_cpp_code(name):
    probabilities, image, arguments = make_case(name)
    marginals = dense_crf(*batch(probabilities, image), **arguments)
    assert marginals.dtype == torch.float32
    np.testing.assert_allclose(marginals[0], REFERENCE[name], rtol=0, atol=2e-6)


def test_stored_marginals_are_what_the_installed_cpp_code_computes():
    pytest.importorskip('pydensecrf.densecrf')
    for name in CASES:
        probabilities, image, arguments = make_case(name)
        np.testing.assert_allclose(run_reference(probabilities, image, **arguments), REFERENCE[name], atol=1e-6)


@pytest.mark.parametrize('kind', ['potts', 'log'])
def test_the_lattice_comes_near_the_exact_mean_field_on_a_street_scene(kind):
    """Only near: the lattice is an approximation, the authors' as ours."""
    image, depth = render(sample_scene(np.random.default_rng(3)), 64, 208)
    image, depth = image[24:56, 60:108], depth[24:56, 60:108]
    bins = SIDBins(1, 80, 12)
    label = np.where(depth > 0, bins.encode(np.clip(depth, 1, 79.9)), 11)
    rng = np.random.default_rng(0)
    score = -np.abs(np.arange(12)[:, None, None] - label - rng.normal(0, 0.7, label.shape))
    probabilities = (np.exp(score) / np.exp(score).sum(0)).astype(np.float32)
    arguments = dict(appearance_width=20., color_width=20., iterations=5)
    cost = 1 - np.eye(12)
    if kind == 'log':
        cost = np.minimum(np.abs(np.log(bins.centers)[:, None] - np.log(bins.centers)), 1.5) / 1.5
        arguments.update(compatibility='log', truncation=1.5, centers=bins.centers)
    marginals = dense_crf(*batch(probabilities, image), **arguments)[0].numpy()
    exact = exact_mean_field(probabilities, image, cost, 5, appearance_width=20., color_width=20.)
    apart, before = np.abs(marginals - exact).sum(0) / 2, np.abs(probabilities - exact).sum(0) / 2
    assert apart.mean() < 0.15 * before.mean()
    assert (marginals.argmax(0) == exact.argmax(0)).mean() > 0.85 > 0.5 > (probabilities.argmax(0)
                                                                           == exact.argmax(0)).mean()


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 6), st.integers(0, 3),
       st.sampled_from(['potts', 'linear']), st.floats(0, 20), st.floats(0, 20), st.integers(0, 1000))
def test_marginals_are_probabilities(height, width, labels, iterations, compatibility, smoothness, appearance, seed):
    generator = torch.Generator().manual_seed(seed)
    probabilities = torch.softmax(4 * torch.randn(1, labels, height, width, generator=generator), 1)
    image = torch.randint(0, 256, (1, 3, height, width), generator=generator, dtype=torch.uint8)
    marginals = dense_crf(probabilities, image, iterations=iterations, compatibility=compatibility,
                          smoothness_weight=smoothness, appearance_weight=appearance)
    assert marginals.shape == probabilities.shape and (marginals >= 0).all()
    torch.testing.assert_close(marginals.sum(1), torch.ones(1, height, width))
    if not iterations or not smoothness + appearance or labels == 1:
        torch.testing.assert_close(marginals, probabilities)


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(5)), st.booleans())
def test_a_permutation_of_labels_permutes_the_result(order, matrix):
    probabilities, image = small(labels=5)
    cost = label_compatibility('linear', 5, truncation=2)
    marginals = dense_crf(probabilities, image, compatibility=cost if matrix else 'potts')
    permuted = dense_crf(probabilities[:, order], image,
                         compatibility=cost[order][:, order] if matrix else 'potts')
    torch.testing.assert_close(permuted, marginals[:, order], rtol=0, atol=1e-5)


def test_zero_weights_change_nothing():
    probabilities, image = small()
    torch.testing.assert_close(dense_crf(probabilities, image, smoothness_weight=0., appearance_weight=0.),
                               probabilities)


def test_on_a_constant_image_appearance_is_smoothness():
    """Two slices through different lattices, so only nearly; both are far from what went in."""
    probabilities, image = small(20, 30)
    image = torch.full_like(image, 90)
    appearance = dense_crf(probabilities, image, smoothness_weight=0., appearance_weight=4., appearance_width=3.)
    smoothness = dense_crf(probabilities, image, smoothness_weight=4., appearance_weight=0., smoothness_width=3.)
    assert (appearance - smoothness).abs().mean() < 0.05 * (probabilities - smoothness).abs().mean()
    assert (appearance.argmax(1) == smoothness.argmax(1)).float().mean() > 0.95


def test_noise_goes_and_edges_of_the_image_stay():
    image = torch.zeros(1, 3, 20, 40)
    image[..., 17:] = 200.
    truth = (image[:, 0] > 0).long()
    noisy = torch.where(torch.rand(truth.shape, generator=torch.Generator().manual_seed(0)) < 0.25, 1 - truth, truth)
    probabilities = torch.where(torch.stack([noisy == 0, noisy == 1], 1), 0.7, 0.3)
    assert (noisy != truth).float().mean() > 0.2
    assert torch.equal(dense_crf(probabilities, image).argmax(1), truth)


def test_a_flipped_image_has_nearly_the_flipped_result():
    probabilities, image = small(20, 30)
    marginals = dense_crf(probabilities, image, color_width=20.)
    flipped = dense_crf(probabilities.flip(3), image.flip(3), color_width=20.).flip(3)
    assert (marginals.argmax(1) == flipped.argmax(1)).float().mean() > 0.97


def test_a_batch_is_each_image_alone_and_the_same_every_time():
    pairs = [small(), batch(make_probabilities(12, 16, 4)[::-1].copy(), make_image(12, 16)[::-1].copy())]
    probabilities, image = (torch.cat(tensors) for tensors in zip(*pairs, strict=True))
    together = dense_crf(probabilities, image)
    assert torch.equal(together, torch.cat([dense_crf(*pair) for pair in pairs]))
    assert torch.equal(together, dense_crf(probabilities, image))
    assert not torch.equal(together[0], together[1])
    assert dense_crf(probabilities[:0], image[:0]).shape == (0, 4, 12, 16)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float64])
def test_other_floating_point_types_are_computed_in_float32(dtype):
    probabilities, image = small()
    rounded = probabilities.to(dtype)
    marginals = dense_crf(rounded, image)
    assert marginals.dtype == torch.float32
    same = rounded.float() / rounded.float().sum(1, keepdim=True)
    torch.testing.assert_close(marginals, dense_crf(same, image), rtol=0, atol=1e-5)


def test_inputs_stay_as_they_are_and_need_not_be_contiguous():
    probabilities, image = small()
    copies = probabilities.clone(), image.clone()
    expected = dense_crf(probabilities, image.float())
    assert torch.equal(probabilities, copies[0]) and torch.equal(image, copies[1])
    strided = probabilities.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    assert torch.equal(dense_crf(strided.requires_grad_(), image), expected)


def test_autocast_does_not_reach_it():
    probabilities, image = small()
    expected = dense_crf(probabilities, image, compatibility='linear')
    with torch.autocast('cpu', torch.bfloat16):
        assert torch.equal(dense_crf(probabilities, image, compatibility='linear'), expected)


def test_a_label_of_probability_0_keeps_it():
    probabilities, image = small()
    probabilities[:, 1] = 0
    probabilities /= probabilities.sum(1, keepdim=True)
    for compatibility in ('potts', 'linear'):
        marginals = dense_crf(probabilities, image, compatibility=compatibility)
        assert (marginals[:, 1] == 0).all() and marginals.isfinite().all()


def test_costs_are_truncated_distances():
    centers = torch.tensor([1., 2., 8.])
    log2 = math.log(2)
    torch.testing.assert_close(label_compatibility('log', 3, truncation=2 * log2, centers=centers),
                               torch.tensor([[0, 0.5, 1], [0.5, 0, 1], [1, 1, 0]]))
    torch.testing.assert_close(label_compatibility('log', 3, centers=[1, 2, 8]),
                               torch.tensor([[0, 1, 3], [1, 0, 2], [3, 2, 0]]) / 3)
    assert torch.equal(label_compatibility('linear', 4, truncation=1), 1 - torch.eye(4))
    assert torch.equal(label_compatibility('linear', 1), torch.zeros(1, 1))
    assert label_compatibility('potts', 4) is None


@pytest.mark.parametrize('cost', ['linear', 'matrix'])
def test_distance_1_is_potts(cost):
    probabilities, image = small()
    arguments = dict(compatibility='linear', truncation=1) if cost == 'linear' else dict(compatibility=1 - torch.eye(4))
    torch.testing.assert_close(dense_crf(probabilities, image, **arguments), dense_crf(probabilities, image),
                               rtol=0, atol=1e-5)


def test_each_image_may_have_its_own_centers():
    probabilities, image = small()
    centers = torch.tensor([[1., 2., 4., 8.], [1., 1.1, 1.2, 50.]])
    together = dense_crf(probabilities.repeat(2, 1, 1, 1), image.repeat(2, 1, 1, 1), compatibility='log',
                         centers=centers)
    alone = [dense_crf(probabilities, image, compatibility='log', centers=each) for each in centers]
    assert torch.equal(together, torch.cat(alone))
    assert not torch.equal(together[0], together[1])


def changed(tensor, value):
    tensor = tensor.float().clone()
    tensor[0, 1, 2, 3] = value
    return tensor


@pytest.mark.parametrize(('change', 'message'), [
    (lambda p, i: (changed(p, math.nan), i), 'probabilities of image 0 must be >= 0, got nan'),
    (lambda p, i: (changed(p, -0.1), i), 'must be >= 0, got -0.1'),
    (lambda p, i: (changed(p, math.inf), i), r'must sum to 1 .* got sums of .*inf'),
    (lambda p, i: (p.log(), i), 'softmax the logits first'),
    (lambda p, i: (p * 0.99, i), r'must sum to 1 .* got sums of 0.99'),
    (lambda p, i: (p[0], i), r'\(N, K, H, W\)'),
    (lambda p, i: (p.argmax(1, keepdim=True), i), 'floating-point'),
    (lambda p, i: (p[..., :0], i[..., :0]), 'not empty'),
    (lambda p, i: (p, i[..., 1:]), r'image must be \(1, 3, 12, 16\) .* got \(1, 3, 12, 15\)'),
    (lambda p, i: (p, i[:, :1]), r'image must be \(1, 3, 12, 16\)'),
    (lambda p, i: (p, changed(i, math.nan)), r'image must be RGB in 0..255, got nan'),
    (lambda p, i: (p, changed(i, math.inf)), r'0..255'),
    (lambda p, i: (p, (i - 120.) / 58), 'undo the normalization'),
    (lambda p, i: (p, changed(i, 255.1)), 'clamp'),
    (lambda p, i: (p, i / 255.), 'multiply a picture in 0..1 by 255'),
])
def test_bad_tensors_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dense_crf(*change(*small()))


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(iterations=-1), 'iterations must be an integer >= 0, got -1'),
    (dict(iterations=2.5), 'iterations'),
    (dict(smoothness_width=0.), 'smoothness_width must be finite and > 0, got 0.0 .smoothness_weight=0 leaves'),
    (dict(appearance_width=-1), 'appearance_width'),
    (dict(color_width=math.nan), 'color_width'),
    (dict(appearance_weight=-1), 'appearance_weight must be finite and >= 0, got -1'),
    (dict(smoothness_weight=math.inf), 'smoothness_weight'),
    (dict(color_width=0.02), '64-bit keys'),
    (dict(smoothness_width=1e-6), 'a width is too small'),
    (dict(compatibility='quadratic'), "one of 'potts', 'linear', 'log' or a .* tensor, got 'quadratic'"),
    (dict(compatibility=torch.eye(3)), r'compatibility must be \(4, 4\)'),
    (dict(compatibility=torch.arange(16.).reshape(4, 4)), 'symmetric'),
    (dict(compatibility=torch.full((4, 4), math.nan)), 'finite'),
    (dict(truncation=2), 'truncation'),
    (dict(compatibility='linear', truncation=0), 'truncation must be > 0'),
    (dict(compatibility='log'), "'log' needs centers"),
    (dict(compatibility='linear', centers=[1, 2, 3, 4]), 'no other takes them'),
    (dict(compatibility='log', centers=[1, 2, 3]), '4 finite metres > 0'),
    (dict(compatibility='log', centers=[0, 1, 2, 3]), '4 finite metres > 0'),
    (dict(compatibility='log', centers=[[1, 2, 3, 4]] * 2), 'N = 1 images, got 2'),
])
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        dense_crf(*small(), **arguments)
