"""What holds for every loss, and each against a slow loop in float64."""
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch.testing import assert_close

from mmdepthcls.bins import SIDBins, UDBins
from mmdepthcls.models import losses

BINS = SIDBins(1.0, 80.0, 6)
COUNTS = [1, 0, 30, 5, 500, 64]


def log_softmax(row):
    largest = max(row)
    total = math.log(sum(math.exp(value - largest) for value in row)) + largest
    return [value - total for value in row]


def balanced_weights(counts, power=0.5, smoothing=0.01):
    share = [(1 - smoothing) * count / sum(counts) + smoothing / len(counts) for count in counts]
    scale = sum(value * value**-power for value in share)
    return [value**-power / scale for value in share]


def soft(row, label, position, sigma):
    falloff = [math.exp(-(value - position[label])**2 / (2 * sigma**2)) for value in position]
    return -sum(q / sum(falloff) * log_p for q, log_p in zip(falloff, log_softmax(row), strict=True))


def ordinal(row, label):
    total = 0.0
    for k, value in enumerate(row):
        beyond = 1 / (1 + math.exp(-value))
        total -= math.log(beyond if label > k else 1 - beyond)
    return total


def focal(row, label, gamma):
    log_p = log_softmax(row)[label]
    return -(1 - math.exp(log_p))**gamma * log_p


CENTERS = BINS.centers.tolist()
PER_PIXEL = [
    pytest.param(dict(type='SparseCrossEntropyLoss'), lambda row, label: -log_softmax(row)[label], id='ce'),
    pytest.param(dict(type='BalancedCrossEntropyLoss', counts=COUNTS),
                 lambda row, label: -balanced_weights(COUNTS)[label] * log_softmax(row)[label], id='balanced'),
    pytest.param(dict(type='BalancedCrossEntropyLoss', counts=COUNTS, power=1.0, smoothing=0.1, loss_weight=3.0),
                 lambda row, label: -3 * balanced_weights(COUNTS, 1.0, 0.1)[label] * log_softmax(row)[label],
                 id='balanced-fully'),
    pytest.param(dict(type='SoftLabelLoss', sigma=0.7), lambda row, label: soft(row, label, range(6), 0.7), id='soft'),
    pytest.param(dict(type='SoftLabelLoss', distance='depth', sigma=4.0),
                 lambda row, label: soft(row, label, CENTERS, 4.0), id='soft-depth'),
    pytest.param(dict(type='SoftLabelLoss', distance='log_depth', sigma=0.5),
                 lambda row, label: soft(row, label, np.log(CENTERS), 0.5), id='soft-log-depth'),
    pytest.param(dict(type='OrdinalLoss'), ordinal, id='ordinal'),
    pytest.param(dict(type='FocalDepthLoss'), lambda row, label: focal(row, label, 2.0), id='focal'),
    pytest.param(dict(type='FocalDepthLoss', gamma=0.5), lambda row, label: focal(row, label, 0.5), id='focal-half'),
]
ALL = [*(pytest.param(case.values[0], id=case.id) for case in PER_PIXEL),
       pytest.param(dict(type='BalancedCrossEntropyLoss'), id='balanced-as-it-trains'),
       pytest.param(dict(type='ExpectationSILogLoss'), id='silog'),
       pytest.param(dict(type='ExpectationSILogLoss', space='log'), id='silog-of-log')]


def build(cfg, bins=BINS):
    loss = MODELS.build(dict(cfg))
    loss.set_bins(bins)
    return loss


def example(dtype=torch.float64, valid=0.5):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 6, 3, 4, generator=generator, dtype=dtype) * 3
    label = torch.randint(0, 6, (2, 7, 9), generator=generator)
    label[torch.rand(label.shape, generator=generator) >= valid] = 255
    return logits.requires_grad_(), label


def measured(logits, label):
    """Upsampled logits and label of each measured pixel, as lists."""
    up = F.interpolate(logits.detach(), label.shape[1:], mode='bilinear')
    return [(up[n, :, y, x].tolist(), label[n, y, x].item()) for n, y, x in (label != 255).nonzero().tolist()]


@pytest.mark.parametrize('cfg, reference', PER_PIXEL)
def test_is_the_mean_of_a_slow_loop_over_measured_pixels(cfg, reference):
    logits, label = example()
    values = [reference(row, index) for row, index in measured(logits, label)]
    precision = 1e-6 if 'counts' in cfg else 1e-9  # weights are float32
    assert build(cfg)(logits, label).item() == pytest.approx(sum(values) / len(values), rel=precision)


@pytest.mark.parametrize('with_depth', [False, True])
@pytest.mark.parametrize('space', ['depth', 'log'])
def test_silog_is_that_of_a_slow_loop(space, with_depth):
    logits, label = example()
    depth = torch.rand(label.shape, dtype=torch.float64) * 70 + 1
    truth = depth[label != 255].tolist() if with_depth else [CENTERS[index] for _, index in measured(logits, label)]
    errors = []
    for (row, _), true_depth in zip(measured(logits, label), truth, strict=True):
        pairs = list(zip(map(math.exp, log_softmax(row)), CENTERS, strict=True))
        expected = (math.log(sum(p * center for p, center in pairs)) if space == 'depth'
                    else sum(p * math.log(center) for p, center in pairs))
        errors.append(expected - math.log(true_depth))
    square = sum(g * g for g in errors) / len(errors) - 0.85 * (sum(errors) / len(errors))**2
    loss = build(dict(type='ExpectationSILogLoss', space=space))(logits, label, depth=depth if with_depth else None)
    assert loss.item() == pytest.approx(math.sqrt(square + 1e-6) - 1e-3, rel=1e-9)


@pytest.mark.parametrize('cfg', ALL)
def test_gradient_is_right(cfg):
    logits, label = example()
    loss = build(cfg).eval()
    assert torch.autograd.gradcheck(lambda values: loss(values, label), logits)


@pytest.mark.parametrize('cfg', ALL)
def test_costs_nothing_where_nothing_was_measured(cfg):
    logits, label = example(torch.float32, valid=0)
    loss = build(cfg)(logits, label)
    loss.backward()
    assert loss.item() == 0 and (logits.grad == 0).all()


@pytest.mark.parametrize('cfg', ALL)
@pytest.mark.parametrize('scale', [0.0, 1e4])
def test_is_finite_for_extreme_logits(cfg, scale):
    """Also where every pixel is certain and right, or certain and wrong."""
    logits = torch.zeros(1, 6, 2, 2, requires_grad=True)
    label = torch.tensor([[[0, 1], [5, 5]]])
    certain = F.one_hot(torch.tensor([[[0, 1], [5, 2]]]), 6).movedim(-1, 1) * scale
    loss = build(cfg)(logits + certain, label)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(logits.grad).all()


@pytest.mark.parametrize('cfg', ALL)
def test_is_float32_under_autocast(cfg):
    logits, label = example(torch.float32)
    half = logits.detach().bfloat16().requires_grad_()
    exact = logits.detach().bfloat16().float().requires_grad_()
    with torch.autocast('cpu', torch.bfloat16):
        loss = build(cfg)(half, label)
    expected = build(cfg)(exact, label)
    assert loss.dtype == torch.float32
    assert_close(loss, expected, rtol=1e-6, atol=0)
    loss.backward()
    expected.backward()
    assert_close(half.grad.float(), exact.grad, rtol=1e-2, atol=1e-6)


@pytest.mark.parametrize('cfg', ALL)
def test_descending_leads_to_the_label(cfg):
    """Free logits of one pixel a label: the loss falls, and the decoder of its kind finds the label."""
    logits = torch.zeros(1, 6, 1, 6, requires_grad=True)
    label = torch.arange(6)[None, None]
    loss = build(cfg)
    optimizer = torch.optim.Adam([logits], lr=0.1)
    first = loss(logits, label).item()
    for _ in range(200):
        optimizer.zero_grad()
        value = loss(logits, label)
        value.backward()
        optimizer.step()
    assert value.item() < first / 2 or 'Soft' in cfg['type']
    decoder = MODELS.build(dict(type='ExpectationDecoder', space=cfg.get('space', 'depth')))
    found = {'OrdinalLoss': (logits > 0).sum(1), 'ExpectationSILogLoss': BINS.encode(
        decoder(logits.detach(), torch.tensor(CENTERS))[:, 0])}
    assert torch.equal(found.get(cfg['type'], logits.argmax(1)), label)


@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize('valid', [0.05, 1.0])
def test_sparse_cross_entropy_is_upsample_then_cross_entropy(align_corners, valid):
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, 71, 14, 26, generator=generator, requires_grad=True)
    label = torch.randint(0, 71, (2, 105, 201), generator=generator)
    label[torch.rand(label.shape, generator=generator) >= valid] = 255
    own = build(dict(type='SparseCrossEntropyLoss'), UDBins(0, 80, 71))(logits, label, align_corners=align_corners)
    up = F.interpolate(logits, label.shape[1:], mode='bilinear', align_corners=align_corners)
    host = MODELS.build(dict(type='CrossEntropyLoss', avg_non_ignore=True))(up, label, ignore_index=255)
    assert_close(own, host, rtol=1e-6, atol=0)
    gradients = [torch.autograd.grad(loss, logits)[0] for loss in (own, host)]
    assert (gradients[0] - gradients[1]).abs().max() <= 1e-6 * gradients[1].abs().max()


@pytest.mark.parametrize('cfg', [dict(type='SparseCrossEntropyLoss'),
                                 dict(type='BalancedCrossEntropyLoss', counts=COUNTS)], ids=str)
@pytest.mark.parametrize('same_size', [False, True])
def test_picking_pixels_and_upsampling_all_agree(cfg, same_size, monkeypatch):
    logits, label = example(valid=0.8)
    label = label[:, :3, :4] if same_size else label
    results = []
    for share in (0.0, 1.0):
        monkeypatch.setattr(losses.depth_loss, 'DENSE', share)
        loss = build(cfg)(logits, label)
        results.append((loss.detach(), *torch.autograd.grad(loss, logits)))
    assert_close(*results, rtol=1e-10, atol=1e-12)


def test_pixel_weights_of_a_sampler_count():
    logits, label = example()
    weight = torch.rand(label.shape, dtype=torch.float64)
    up = F.interpolate(logits, label.shape[1:], mode='bilinear')
    host = MODELS.build(dict(type='CrossEntropyLoss', avg_non_ignore=True))(up, label, weight, ignore_index=255)
    # The host takes weights in float32.
    assert_close(build(dict(type='SparseCrossEntropyLoss'))(logits, label, weight), host, rtol=1e-6, atol=0)
    with pytest.raises(ValueError, match='sampler'):
        build(dict(type='ExpectationSILogLoss'))(logits, label, weight)


def test_silog_has_a_gradient_at_a_perfect_prediction():
    logits = torch.full((1, 6, 1, 1), -1e4)
    logits[:, 2] = 1e4
    loss = build(dict(type='ExpectationSILogLoss'))
    value = loss(logits.requires_grad_(), torch.full((1, 3, 3), 2))
    value.backward()
    assert abs(value.item()) < 1e-6 and torch.isfinite(logits.grad).all()
    assert loss(logits, torch.full((1, 3, 3), 3)) > 0.1


def test_a_near_miss_costs_less_than_a_far_one_with_soft_labels_only():
    label = torch.full((1, 1, 1), 2)
    near, far = (20.0 * F.one_hot(torch.tensor([index]), 6).view(1, 6, 1, 1).float() for index in (3, 5))
    for distance in losses.soft_label.DISTANCES:
        loss = build(dict(type='SoftLabelLoss', distance=distance, sigma=dict(depth=4.0).get(distance, 1.0)))
        assert loss(near, label) < loss(far, label)
    plain = build(dict(type='SparseCrossEntropyLoss'))
    assert_close(plain(near, label), plain(far, label))


def test_soft_labels_with_a_tiny_sigma_are_cross_entropy():
    logits, label = example()
    assert_close(build(dict(type='SoftLabelLoss', sigma=0.01))(logits, label),
                 build(dict(type='SparseCrossEntropyLoss'))(logits, label))


def test_balanced_counts_as_it_trains():
    loss = build(dict(type='BalancedCrossEntropyLoss', momentum=0.9))
    logits, _ = example(torch.float32)
    plain = build(dict(type='SparseCrossEntropyLoss'))
    first, second = torch.tensor([[[0, 0, 0, 1]]] * 2), torch.tensor([[[5, 5, 0, 255]]] * 2)
    assert_close(loss.eval()(logits, first), plain(logits, first))  # nothing counted: all weights are 1
    assert loss.counts.tolist() == [0] * 6
    loss.train()(logits, first)
    loss(logits, second)
    assert_close(loss.counts, torch.tensor([0.9 * 6 + 2, 0.9 * 2, 0, 0, 0, 4.0]))
    assert_close(loss.weights(), torch.tensor(balanced_weights(loss.counts.tolist())))
    share = torch.tensor([(0.99 * count / loss.counts.sum() + 0.01 / 6) for count in loss.counts])
    assert (share * loss.weights()).sum().item() == pytest.approx(1, rel=1e-6)
    assert loss.state_dict() == {}


@pytest.mark.parametrize('cfg, message', [
    pytest.param(dict(type='BalancedCrossEntropyLoss', power=2.0), 'power=2.0', id='power'),
    pytest.param(dict(type='BalancedCrossEntropyLoss', counts=[1, -1]), 'counts must be', id='negative-counts'),
    pytest.param(dict(type='BalancedCrossEntropyLoss', counts=[1] * 19), '19 bins, but there are 6', id='counts'),
    pytest.param(dict(type='SoftLabelLoss', distance='metres'), "'metres'", id='distance'),
    pytest.param(dict(type='SoftLabelLoss', sigma=0.0), 'sigma must be > 0', id='sigma'),
    pytest.param(dict(type='FocalDepthLoss', gamma=-1.0), 'gamma must be', id='gamma'),
    pytest.param(dict(type='ExpectationSILogLoss', eps=0.0), 'eps > 0', id='eps'),
    pytest.param(dict(type='ExpectationSILogLoss', space='metres'), "space must be .*'metres'", id='space')])
def test_bad_arguments_are_refused(cfg, message):
    with pytest.raises(ValueError, match=message):
        build(cfg)


@pytest.mark.parametrize('cfg', [dict(type='SoftLabelLoss', distance='depth'), dict(type='ExpectationSILogLoss')])
@pytest.mark.parametrize('bins', [None, SIDBins(1.0, 80.0, 7)], ids=repr)
def test_needs_the_bins_of_the_model(cfg, bins):
    loss = MODELS.build(dict(cfg))
    if bins is not None:
        loss.set_bins(bins)
    with pytest.raises(ValueError, match=f'{cfg["type"]}: 6 logits a pixel, but the bins are .*set_bins'):
        loss(*example())


@pytest.mark.parametrize('cfg', [dict(type='ExpectationSILogLoss'), dict(type='ExpectationSILogLoss', space='log'),
                                 dict(type='RegressionSILogLoss')], ids=str)
def test_silog_of_bins_below_a_millimetre(mmseg_scope, cfg):
    """Another unit of length changes nothing."""
    values = []
    for unit in (1.0, 1e-5):
        loss = MODELS.build(cfg)
        loss.set_bins(SIDBins(1.0 * unit, 80.0 * unit, 6))
        logits = torch.randn(1, 1 if 'Regression' in cfg['type'] else 6, 3, 4, dtype=torch.float64,
                             generator=torch.Generator().manual_seed(0)).requires_grad_()
        depth = torch.linspace(2, 70, 12, dtype=torch.float64).view(1, 3, 4) * unit
        label = torch.from_numpy(loss.bins.encode(depth.numpy())).long()
        value = loss(logits, label, depth=depth)
        values.append((value.item(), *torch.autograd.grad(value, logits)[0].flatten().tolist()))
    assert values[0] == pytest.approx(values[1], rel=1e-6) and any(values[0][1:])
