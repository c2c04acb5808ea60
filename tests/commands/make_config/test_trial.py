"""A trial passes what works and tells what does not."""
import sys

import pytest
import torch

import mmdepthcls  # noqa: F401  (imported only to register)
from mmdepthcls.commands.make_config.trial import reason_of, try_model, without_pretrained


def test_a_model_that_works(small_model_cfg):
    state = torch.random.get_rng_state()
    trial = try_model(small_model_cfg(), (32, 48), predicted_size=(40, 56))
    assert trial.size == (32, 48) and trial.losses['loss'] > 0 and trial.num_parameters > 1000
    assert torch.equal(state, torch.random.get_rng_state())  # the caller's random numbers are its own


@pytest.mark.parametrize('changes, reason', [
    pytest.param(dict(decode_head=dict(type='FCNHead', in_channels=63, in_index=3, channels=8)),
                 'its parts have different numbers of channels', id='channels'),
    pytest.param(dict(backbone=dict(type='NoSuchNet')), 'NoSuchNet', id='unknown'),
    pytest.param(dict(decode_head=dict(type='CCHead', in_channels=64, in_index=3, channels=8)),
                 r'needs mmcv\.ops\.CrissCrossAttention', id='operator'),
])
def test_a_model_that_does_not(small_model_cfg, changes, reason):
    if 'CCHead' in str(changes) and getattr(sys.modules['mmcv.ops'], '__file__', None):
        pytest.skip('this mmcv has compiled operators')
    with pytest.raises(ValueError, match=reason):
        try_model(small_model_cfg(**changes), (32, 48))


def test_a_backbone_that_does_not_learn_is_found(small_model_cfg):
    wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01),
                   paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.0))))
    with pytest.raises(ValueError, match='no parameter of the backbone moves'):
        try_model(small_model_cfg(), (32, 48), optim_wrapper=wrapper)


def test_a_loss_that_is_not_finite_is_found(small_model_cfg):
    head = dict(small_model_cfg()['decode_head'], loss_decode=dict(type='CrossEntropyLoss', loss_weight=float('inf')))
    with pytest.raises(ValueError, match='the loss is not finite'):
        try_model(small_model_cfg(decode_head=head), (32, 48))


def test_mixed_precision_is_left_out(small_model_cfg):
    wrapper = dict(type='AmpOptimWrapper', optimizer=dict(type='SGD', lr=0.01), loss_scale='dynamic')
    assert try_model(small_model_cfg(), (32, 48), optim_wrapper=wrapper).losses['loss'] > 0


def test_no_pretrained_weights_are_loaded():
    model = dict(pretrained='a.pth', backbone=dict(init_cfg=dict(type='Pretrained', checkpoint='b.pth'), depth=18),
                 heads=[dict(init_cfg=dict(type='Normal'))], timm=dict(pretrained=True))
    assert without_pretrained(model) == dict(
        pretrained=None, backbone=dict(init_cfg=None, depth=18), heads=[dict(init_cfg=None)],
        timm=dict(pretrained=False))
    assert model['pretrained'] == 'a.pth'


def test_an_error_becomes_one_line():
    assert reason_of(RuntimeError('a\n b')) == 'RuntimeError: a b'
