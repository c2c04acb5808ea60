import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmseg.registry import MODELS

from mmdepthcls.bins import SIDBins
from mmdepthcls.models import RegressionDecoder

EDGES = torch.tensor(SIDBins(1.0, 80.0, 5).edges.copy(), dtype=torch.float32)
CENTERS = torch.zeros(5)
REGRESSION = dict(decoder=dict(type='RegressionDecoder'))
SILOG = dict(type='RegressionSILogLoss')


@given(st.floats(-30, 30))
def test_is_a_sigmoid_in_log_depth(logit):
    depth = RegressionDecoder()(torch.full((2, 1, 3, 4), logit), CENTERS, EDGES)
    assert depth.shape == (2, 1, 3, 4)
    assert depth.flatten().tolist() == pytest.approx([80 ** (1 / (1 + math.exp(-logit)))] * 24, rel=1e-5)


def test_needs_a_range_that_begins_beyond_0():
    with pytest.raises(ValueError, match='begin beyond 0 m, got 0 m'):
        RegressionDecoder()(torch.zeros(1, 1, 2, 2), CENTERS, EDGES - 1)


def test_trains_and_predicts_with_one_logit_a_pixel(build_model, small_model_cfg, make_batch):
    head = dict(small_model_cfg()['decode_head'], loss_decode=SILOG)
    model = build_model(decode_head=head, test_cfg=dict(mode='whole', outputs=('bins', )), **REGRESSION)
    losses = model(**model.data_preprocessor(make_batch(), training=True), mode='loss')
    assert set(losses) == {'decode.loss_silog'}
    losses['decode.loss_silog'].backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.decode_head.parameters())
    with torch.no_grad():
        result = model.eval().test_step(make_batch())[0]
    depth, label = result.pred_depth_map.data, result.pred_sem_seg.data
    assert depth.min() >= 1 and depth.max() <= 80
    assert (torch.as_tensor(model.bins.encode(depth.numpy()), dtype=torch.int64) == label).all()


@pytest.mark.parametrize('with_depth', [False, True])
def test_its_loss_is_that_of_a_slow_loop(with_depth):
    """Labels stand for their bins' centers where there is no depth."""
    bins = SIDBins(1.0, 80.0, 5)
    logits = torch.linspace(-3, 3, 24, dtype=torch.float64).view(2, 1, 3, 4)
    label = torch.tensor([0, 4, 255, 2] * 6).view(2, 3, 4)
    depth = torch.linspace(2, 70, 24, dtype=torch.float64).view(2, 3, 4)
    errors = [math.log(80) / (1 + math.exp(-x)) - math.log(z if with_depth else bins.centers[k])
              for x, k, z in zip(logits.flatten(), label.flatten(), depth.flatten(), strict=True) if k != 255]
    loss = MODELS.build(dict(SILOG))
    loss.set_bins(bins)
    square = sum(g * g for g in errors) / 18 - 0.85 * (sum(errors) / 18)**2
    expected = math.sqrt(square + 1e-6) - 1e-3
    assert loss(logits, label, depth=depth if with_depth else None).item() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize('parts', [
    dict(decode_head=dict(loss_decode=SILOG)),
    dict(REGRESSION),
    dict(REGRESSION, test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16))),
    dict(REGRESSION, test_cfg=dict(mode='whole', outputs=('std', ))),
])
def test_what_does_not_go_together_is_refused(build_model, small_model_cfg, parts):
    head = dict(small_model_cfg()['decode_head'], **parts.get('decode_head', {}))
    with pytest.raises(ValueError, match='go together|cannot read depth|are of a softmax'):
        build_model(**dict(parts, decode_head=head))
