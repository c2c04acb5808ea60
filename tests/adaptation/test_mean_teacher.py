"""The mean teacher: its average, what it trusts, what it pastes, and that nobody looks at the target's depth."""
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy, interpolate
from torch.testing import assert_close

from mmdepthcls.adaptation import MeanTeacher
from mmdepthcls.adaptation.confidence import mass_within
from mmdepthcls.adaptation.depth_pasting import MIXES, pasted_region, random_boxes
from mmdepthcls.adaptation.image_jitter import jitter
from mmdepthcls.adaptation.teacher import Teacher


def depths(seed, low=1.0, high=80.0):
    return torch.from_numpy(np.random.default_rng(seed).uniform(low, high, (2, 1, 7, 9))).float()


@settings(max_examples=30)
@given(st.sampled_from(MIXES), st.integers(0, 10**6))
def test_nothing_is_pasted_in_front_of_what_is_nearer(mix, seed):
    source, target = depths(seed) * (depths(seed + 1) > 20), depths(seed + 2)
    torch.manual_seed(seed)
    boxes = random_boxes(2, (7, 9), (0.3, 0.7), 'cpu')
    pasted = pasted_region(mix, source, target, boxes)
    assert not (pasted & ~boxes).any()
    if mix == 'depth':
        result = torch.where(pasted, source, target)
        assert (result <= target).all() and (source[pasted] > 0).all()
        assert torch.equal(result, torch.where(boxes & (source > 0), torch.minimum(source, target), target))
    else:
        assert torch.equal(pasted, boxes if mix == 'cutmix' else torch.zeros_like(boxes))


@settings(max_examples=30)
@given(st.integers(1, 12), st.integers(1, 12), st.floats(0.05, 1), st.integers(0, 10**6))
def test_boxes_are_boxes_of_the_size_asked_for(height, width, least, seed):
    torch.manual_seed(seed)
    for box in random_boxes(3, (height, width), (least, 1.0), 'cpu')[:, 0]:
        rows, columns = box.any(dim=1), box.any(dim=0)
        assert torch.equal(box, rows[:, None] & columns)
        for along in (rows, columns):
            places = along.nonzero()[:, 0]
            assert len(places) == places[-1] - places[0] + 1  # without a gap
            assert len(places) >= max(1, math.floor(least * len(along) + 0.499))


def test_boxes_come_everywhere():
    torch.manual_seed(0)
    share = random_boxes(500, (8, 10), (0.3, 0.7), 'cpu').float().mean(dim=(0, 1))
    assert share.min() > 0.02 and 0.2 < share.mean() < 0.3


def test_an_average_in_closed_form(build_model):
    """First the mean of what the model was, then a moving average."""
    model = build_model()
    teacher = Teacher(model, 0.75)
    weight = model.backbone.layer1[0].conv1.weight
    values = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
    expected = 0.0
    for index, value in enumerate(values):
        with torch.no_grad():
            weight.fill_(value)
        model.backbone.layer1[0].bn1.running_mean.fill_(value)
        teacher.follow(model)
        alpha = min(1 - 1 / (index + 1), 0.75)
        expected = alpha * expected + (1 - alpha) * value
        if index < 4:
            assert expected == pytest.approx(np.mean(values[:index + 1]))
        own = teacher.backbone.layer1[0]
        assert_close(own.conv1.weight, torch.full_like(weight, expected))
        assert (own.bn1.running_mean == value).all()
    assert not any(each.requires_grad for each in teacher.parameters())


def test_a_teacher_begins_as_the_model_and_stays_in_the_mode_of_a_test(build_model):
    model = build_model(adaptation=dict(type='MeanTeacher'))
    model.init_weights()
    model.train()
    teacher = model.adaptation.teacher
    assert not any(module.training for module in teacher.modules())
    images = torch.rand(2, 3, 32, 48)
    teacher.follow(model)
    got = teacher(images).logits
    model.eval()
    assert_close(got, model.decode_head(model.extract_feat(images)), rtol=0, atol=0)


@settings(max_examples=30)
@given(st.integers(0, 99))
def test_changed_looks_are_of_each_image_alone_and_finite(seed):
    torch.manual_seed(seed)
    images = torch.randn(3, 3, 6, 8)
    assert jitter(images, 0) is images
    changed = jitter(images, 1.0)
    assert changed.shape == images.shape and torch.isfinite(changed).all()
    assert all((one - other).abs().max() > 1e-3 for one, other in zip(changed, images, strict=True))
    assert jitter(images.bfloat16(), 0.5).dtype == torch.bfloat16


@pytest.fixture
def batch_of(make_batch):
    """A batch of two images of each domain; those of the target without depth, or with one that nobody may look at."""
    def make(depth_of_target=None):
        batch = make_batch(num=4)
        for index, sample in enumerate(batch['data_samples']):
            sample.set_metainfo(dict(domain='source' if index < 2 else 'target'))
            if index >= 2 and depth_of_target is None:
                del sample.gt_depth_map
            elif index >= 2:
                sample.gt_depth_map.data.fill_(depth_of_target)
        return batch
    return make


METHODS = [dict(type='MeanTeacher', threshold=0.1), dict(type='MeanTeacher', weights='image', mix='cutmix'),
           dict(type='DeepCORAL'), dict(type='DAN', places=16), dict(type='OutputAdversary', channels=(4, ))]


@pytest.mark.parametrize('method', METHODS, ids=lambda method: f'{method["type"]} {method.get("mix", "")}')
def test_the_depth_of_the_target_changes_nothing(build_model, batch_of, method):
    results = []
    for depth in (None, 3.0, float('nan')):
        model = build_model(adaptation=dict(method))
        torch.manual_seed(1)
        losses = model(**model.data_preprocessor(batch_of(depth), True), mode='loss')
        sum(value for name, value in losses.items() if 'loss' in name).backward()
        results.append((losses, model.backbone.conv1.weight.grad))
    for losses, gradient in results[1:]:
        assert_close(losses, results[0][0], rtol=0, atol=0)
        assert_close(gradient, results[0][1], rtol=0, atol=0)


def target_losses(build_model, batch, **options):
    model = build_model(adaptation=dict(dict(type='MeanTeacher', mix='none', jitter=0), **options))
    torch.manual_seed(1)
    return model, model(**model.data_preprocessor(batch, True), mode='loss')


def test_what_is_not_trusted_has_no_label(build_model, batch_of):
    _, losses = target_losses(build_model, batch_of(), threshold=1.0)
    assert losses['target.loss_ce'] == 0 and losses['target.share'] == 0
    _, losses = target_losses(build_model, batch_of(), threshold=0.0)
    assert losses['target.loss_ce'] > 0 and losses['target.share'] == 100
    _, half = target_losses(build_model, batch_of(), threshold=0.0, ignore_top=0.5)
    assert half['target.share'] == 50
    _, none = target_losses(build_model, batch_of(), threshold=0.0, max_depth=1.0)
    assert none['target.share'] == 0
    padded = batch_of()
    padded['inputs'][2] = padded['inputs'][2][:, :24, :36]
    _, most = target_losses(build_model, padded, threshold=0.0)
    assert most['target.share'] == pytest.approx(100 * (1 + 24 * 36 / (32 * 48)) / 2)


@pytest.mark.parametrize('weights', ['image', 'pixel'])
def test_the_loss_is_the_cross_entropy_of_the_teachers_reading(build_model, batch_of, weights):
    """Of a dense computation; weighted by the share that is trusted, or by each pixel's own trust."""
    model = build_model()
    images = model.data_preprocessor(batch_of(), True)['inputs']
    teacher = Teacher(model, 0.9)
    teacher.follow(model)
    with torch.no_grad():
        logits = teacher(images[2:]).logits
        edges, centers = model.bins.tensors('cpu', torch.float32)
        low = [model.decoder(logits, centers, edges)]
        low.append(mass_within(logits, low[0], centers, edges, 1.25))
        depth, confidence = (interpolate(each, images.shape[2:], mode='bilinear') for each in low)
    threshold = confidence.quantile(0.3).item()
    trusted = (confidence >= threshold).float()
    weight = trusted.mean(dim=(1, 2, 3), keepdim=True) if weights == 'image' else trusted
    student = interpolate(model.decode_head(model.extract_feat(images))[2:], images.shape[2:], mode='bilinear')
    cost = cross_entropy(student, model.bins.encode(depth)[:, 0], reduction='none')
    _, losses = target_losses(build_model, batch_of(), threshold=threshold, weights=weights, loss_weight=2.0)
    assert losses['target.share'].item() == pytest.approx(100 * trusted.mean().item()) == pytest.approx(70, abs=1)
    assert losses['target.loss_ce'].item() == pytest.approx(2 * (cost * weight[:, 0]).mean().item(), rel=1e-4)


def test_what_is_pasted_is_in_metres_of_the_bins(build_model, make_batch):
    """Depth of a camera of half the canonical focal length counts twice."""
    results = []
    for focal, factor in ((60.0, 1.0), (None, 2.0)):
        changes = {} if focal is None else dict(canonical_focal_px=120.0)
        model = build_model(adaptation=dict(type='MeanTeacher', threshold=0.0, sides=(0.9, 0.9)), **changes)
        batch = make_batch(num=4)
        for sample, domain in zip(batch['data_samples'], ('source', 'source', 'target', 'target'), strict=True):
            sample.set_metainfo(dict(domain=domain, **({} if focal is None else dict(focal_px=focal))))
            sample.gt_depth_map.data.clamp_(max=35).mul_(factor)
        torch.manual_seed(1)
        results.append(model(**model.data_preprocessor(batch, True), mode='loss'))
    assert results[0]['target.loss_ce'] > 0
    assert_close(results[0], results[1], rtol=1e-5, atol=1e-6)


def test_models_whose_readings_cannot_be_trusted_or_weighted_are_refused(build_model):
    head = dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2))
    with pytest.raises(ValueError, match='RegressionDecoder reads no probabilities'):
        build_model(decoder=dict(type='RegressionDecoder'), adaptation=dict(type='MeanTeacher'), decode_head=dict(
            head, loss_decode=dict(type='RegressionSILogLoss')))
    head['loss_decode'] = dict(type='ExpectationSILogLoss')
    with pytest.raises(ValueError, match='SparseCrossEntropyLoss'):
        build_model(decode_head=head, adaptation=dict(type='MeanTeacher'))


def test_a_source_without_depth_is_named(build_model, batch_of):
    model = build_model(adaptation=dict(type='MeanTeacher'))
    batch = batch_of()
    for sample in batch['data_samples'][:2]:
        sample.gt_sem_seg = sample.gt_depth_map.clone()
        sample.gt_sem_seg.data = model.bins.encode(sample.gt_depth_map.data)
        del sample.gt_depth_map
    with pytest.raises(ValueError, match=r"scene/0.png.*gt_depth_map.*mix='none'"):
        model(**model.data_preprocessor(batch, True), mode='loss')


@pytest.mark.parametrize('arguments', [
    dict(alpha=1.0), dict(alpha=-0.1), dict(threshold=2), dict(factor=1.0), dict(weights='all'), dict(mix='classmix'),
    dict(sides=(0.7, 0.3)), dict(jitter=2), dict(ignore_top=1), dict(max_depth=-1)])
def test_arguments_without_sense_are_refused(arguments):
    with pytest.raises(ValueError, match=f'MeanTeacher.*{next(iter(arguments))}'):
        MeanTeacher(**arguments)
