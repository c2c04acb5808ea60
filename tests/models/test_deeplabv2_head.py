import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from mmdepthcls.models import DeepLabV2Head

pytestmark = pytest.mark.usefixtures('mmseg_scope')


def build(**kwargs):
    return DeepLabV2Head(in_channels=6, in_index=-1, num_classes=5, **kwargs)


def test_is_the_sum_of_dilated_convolutions():
    head = build()
    features = torch.randn(2, 6, 20, 30)
    expected = sum(F.conv2d(features, branch.conv.weight, branch.conv.bias, padding=rate, dilation=rate)
                   for branch, rate in zip(head.aspp, (6, 12, 18, 24), strict=True))
    logits = head([torch.randn(2, 3, 40, 60), features])
    assert logits.shape == (2, 5, 20, 30)
    assert_close(logits, expected)


def test_has_no_other_parameters():
    head = build(dilations=(6, 12))
    assert sorted(name for name, _ in head.named_parameters()) == [
        'aspp.0.conv.bias', 'aspp.0.conv.weight', 'aspp.1.conv.bias', 'aspp.1.conv.weight']
    assert not hasattr(head, 'conv_seg')
    assert not any(isinstance(module, (torch.nn.ReLU, torch.nn.BatchNorm2d)) for module in head.modules())


def test_every_parameter_gets_a_gradient():
    head = build()
    head([torch.randn(1, 6, 30, 60)]).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in head.parameters())


def test_initial_weights_are_small_normals():
    head = build()
    head.init_weights()
    weights = torch.cat([branch.conv.weight.flatten() for branch in head.aspp])
    assert weights.std().item() == pytest.approx(0.01, rel=0.1)
    assert all(not branch.conv.bias.any() for branch in head.aspp)


def test_options_without_meaning_are_taken_and_ignored():
    """A child config that replaces another head's type keeps that head's keys."""
    head = build(channels=256, norm_cfg=dict(type='BN'), act_cfg=dict(type='ReLU'), dropout_ratio=0.1)
    assert head([torch.randn(1, 6, 8, 8)]).shape == (1, 5, 8, 8)
    assert len(list(head.named_buffers())) == 0
