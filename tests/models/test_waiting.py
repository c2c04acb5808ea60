"""A training step waits for no device: nothing between the data preprocessor and the optimizer asks for a number."""
import copy

import pytest
import torch
from mmengine.optim import OptimWrapper
from torch.testing import assert_close
from waiting_mode import Waiting

from mmdepthcls.bins import SIDBins
from mmdepthcls.models import head_loss
from mmdepthcls.models.losses.measured_pixels import positions

BINS = SIDBins(1.0, 80.0, 8)
INNER = dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2))
LOSSES = {
    'sparse': dict(type='SparseCrossEntropyLoss'), 'balanced': dict(type='BalancedCrossEntropyLoss'),
    'soft': dict(type='SoftLabelLoss', distance='log_depth'), 'focal': dict(type='FocalDepthLoss'),
    'silog': [dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss', space='log')],
    'ordinal': dict(type='OrdinalLoss'), 'regression': dict(type='RegressionSILogLoss'),
}
CONFIGS = {
    **{name: dict(decode_head=dict(INNER, loss_decode=loss)) for name, loss in LOSSES.items()},
    'auxiliary': dict(decode_head=dict(INNER, loss_decode=LOSSES['sparse']), auxiliary_head=dict(
        type='FCNHead', in_channels=32, in_index=2, channels=8, dropout_ratio=0, loss_decode=LOSSES['sparse'])),
    **{f'adaptive {space}': dict(decode_head=dict(type='AdaptiveBinsHead', head=INNER, space=space, loss_decode=[
        dict(type=f'{name}Loss') for name in ('ExpectationSILog', 'BinChamfer', 'SparseCrossEntropy')]))
        for space in ('depth', 'log')},
}
CONFIGS['regression']['decoder'] = dict(type='RegressionDecoder')


def step(model, data):
    """Losses and gradients of a batch that has been preprocessed; and what was waited for."""
    model.zero_grad()
    with Waiting() as waiting:
        losses = model(**data, mode='loss')
        total, _ = model.parse_losses(losses)
        total.backward()
    return losses, {name: weight.grad for name, weight in model.named_parameters()}, waiting.found


@pytest.mark.sliced(every=5)
@pytest.mark.parametrize('valid', [0.2, 0.9, 0.0])
@pytest.mark.parametrize('labels', [None, BINS], ids=['own labels', 'labels of the pipeline'])
@pytest.mark.parametrize('name', CONFIGS)
def test_nothing_is_waited_for_and_all_is_equal(build_model, make_batch, monkeypatch, name, labels, valid):
    """Against the same step on samples that nobody has counted."""
    model = build_model(**CONFIGS[name])
    other = copy.deepcopy(model)
    losses, gradients, found = step(model, model.data_preprocessor(make_batch(bins=labels, valid=valid), True))
    assert found == []
    other.data_preprocessor.census = None
    monkeypatch.setattr(head_loss, 'numbers_of', lambda samples, ignore_index: None)
    expected, expected_gradients, waited = step(
        other, other.data_preprocessor(make_batch(bins=labels, valid=valid), True))
    assert 'nonzero' in waited and '_local_scalar_dense' in waited
    for key, value in losses.items():
        assert_close(value, expected[key], rtol=0, atol=0)
    for key, gradient in gradients.items():
        assert_close(gradient, expected_gradients[key], rtol=0, atol=0)


def test_nor_is_anything_in_train_step_and_padding_changes_nothing(build_model, make_batch):
    model = build_model(**CONFIGS['silog'], data_preprocessor=dict(
        type='DepthDataPreProcessor', mean=[0.0] * 3, std=[255.0] * 3, size=(40, 64)))
    small, large = make_batch(1, bins=BINS), make_batch(1, height=40, width=50)
    batch = {key: small[key] + large[key] for key in small}
    data = model.data_preprocessor(copy.deepcopy(batch), True)
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    model.data_preprocessor.forward = lambda *args: data
    with Waiting() as waiting:
        model.train_step(batch, wrapper)
    assert waiting.found == []
    assert [sample.label_number.number for sample in data['data_samples']] == [
        int((sample.gt_sem_seg.data != 255).sum()) for sample in data['data_samples']]


def empty(data):
    data['data_samples'][0].gt_depth_map.data[:, ::2] = 0


def replace(data):
    sample = data['data_samples'][1]
    sample.gt_depth_map.data = sample.gt_depth_map.data.flip(-1) * (torch.arange(48) < 7)


@pytest.mark.parametrize('change', [empty, replace])
def test_a_count_is_of_what_it_was_taken_of(build_model, make_batch, change):
    """Samples that are changed after the preprocessor are counted again."""
    model = build_model(**CONFIGS['sparse']).eval()
    data, plain = (model.data_preprocessor(make_batch(), True) for _ in range(2))
    for each in (data, plain):
        change(each)
    for sample in plain['data_samples']:
        del sample.label_number
    losses, expected = (model(**each, mode='loss') for each in (data, plain))
    assert_close(losses, expected, rtol=0, atol=0)


@pytest.mark.parametrize('preprocessor', [
    dict(type='DepthDataPreProcessor', size=(40, 64), seg_pad_val=7),  # padding is labelled
    dict(type='DepthDataPreProcessor', batch_augments=[])])
def test_where_a_count_would_not_hold_there_is_none(build_model, make_batch, preprocessor):
    model = build_model(data_preprocessor=preprocessor)
    if 'batch_augments' in preprocessor:
        model.data_preprocessor.batch_augments = lambda inputs, samples: (inputs, samples)
    data = model.data_preprocessor(make_batch(bins=BINS), True)
    assert not any('label_number' in sample for sample in data['data_samples'])
    for sample in data['data_samples']:
        del sample.gt_depth_map  # whose padding is 0
    assert model(**data, mode='loss')['decode.loss_ce'] > 0


@pytest.mark.parametrize('shape', [(5, ), (3, 4, 5), (2, 0)])
@pytest.mark.parametrize('share', [0.0, 0.3, 1.0])
def test_positions_are_those_of_nonzero(shape, share):
    mask = torch.rand(shape, generator=torch.Generator().manual_seed(0)) < share
    expected = mask.flatten().nonzero()[:, 0]
    assert torch.equal(positions(mask), expected)
    assert torch.equal(positions(mask, int(mask.sum())), expected)
