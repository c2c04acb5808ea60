import copy
import pickle

import pytest
import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch.testing import assert_close

from mmdepthcls.bins import SIDBins

BINS = SIDBins(1.0, 80.0, 8)
SPARSE = dict(type='SparseCrossEntropyLoss')
STOCK = dict(type='CrossEntropyLoss')


def head(loss, **changes):
    return dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2), loss_decode=loss, **changes)


def auxiliary(loss):
    return dict(type='FCNHead', in_channels=32, in_index=2, channels=8, dropout_ratio=0, loss_decode=loss)


def losses_and_gradients(model, batch):
    losses = model(**model.data_preprocessor(batch, training=True), mode='loss')
    model.zero_grad()
    sum(value.sum() for name, value in losses.items() if 'loss' in name).backward()
    return losses, {name: parameter.grad for name, parameter in model.named_parameters()}


@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize('valid', [0.1, 1.0])
def test_a_model_trains_as_with_the_cross_entropy_of_the_host(build_model, make_batch, align_corners, valid):
    results = [losses_and_gradients(
        build_model(decode_head=head(loss, align_corners=align_corners), auxiliary_head=auxiliary(loss)).eval(),
        make_batch(valid=valid)) for loss in (SPARSE, STOCK)]
    (own, own_gradients), (host, host_gradients) = results
    assert own.keys() == host.keys() == {'decode.loss_ce', 'decode.acc_seg', 'aux.loss_ce', 'aux.acc_seg'}
    for name in own:
        assert_close(own[name].squeeze(), host[name].squeeze(), rtol=1e-6, atol=1e-5)
    for name, gradient in own_gradients.items():
        assert_close(gradient, host_gradients[name], rtol=1e-4, atol=1e-6)


def test_logits_are_not_upsampled(build_model, make_batch, monkeypatch):
    calls = []
    upsample = F.interpolate
    monkeypatch.setattr(F, 'interpolate', lambda *args, **kwargs: calls.append(args) or upsample(*args, **kwargs))
    for loss, expected in ((SPARSE, 0), (STOCK, 2), ([SPARSE, STOCK], 2)):
        model = build_model(decode_head=head(loss), auxiliary_head=auxiliary(loss))
        calls.clear()
        losses_and_gradients(model, make_batch())
        assert len(calls) == expected


def test_several_losses_by_name(build_model, make_batch):
    """Those of one name are added, as the host does; its own and ours mix."""
    mix = [SPARSE, dict(STOCK, loss_weight=2.0), dict(type='ExpectationSILogLoss', loss_weight=0.5),
           dict(type='DiceLoss', loss_name='loss_dice')]
    losses, gradients = losses_and_gradients(build_model(decode_head=head(mix)).eval(), make_batch())
    single, _ = losses_and_gradients(build_model(decode_head=head(STOCK)).eval(), make_batch())
    assert set(losses) == {'decode.loss_ce', 'decode.loss_silog', 'decode.loss_dice', 'decode.acc_seg'}
    assert_close(losses['decode.loss_ce'], 3 * single['decode.loss_ce'])
    assert all(torch.isfinite(gradient).all() for gradient in gradients.values())


def test_silog_compares_with_measured_depth_where_there_is_one(build_model, make_batch):
    """With 8 bins the center is not the truth: without gt_depth_map the loss is another."""
    model = build_model(decode_head=head(dict(type='ExpectationSILogLoss', variance_focus=0.0, eps=1e-12))).eval()
    batch, labels_only = make_batch(), make_batch(bins=BINS)
    for sample in labels_only['data_samples']:
        del sample.gt_depth_map
    data = model.data_preprocessor(make_batch(), training=False)
    with torch.no_grad():
        up = F.interpolate(model(data['inputs'], mode='tensor'), (32, 48), mode='bilinear')
    expected_depth = (up.softmax(1) * torch.tensor(BINS.centers).view(1, -1, 1, 1)).sum(1)
    for given, quantise in ((batch, False), (labels_only, True)):
        depth = torch.stack([sample.gt_depth_map.data[0] for sample in data['data_samples']])
        valid = BINS.encode(depth) != 255
        truth = BINS.decode(BINS.encode(depth)) if quantise else depth
        rms = (expected_depth.log() - truth.double().log())[valid].square().mean().sqrt()
        losses, _ = losses_and_gradients(model, given)
        assert losses['decode.loss_silog'].item() == pytest.approx(rms.item(), rel=1e-4)


@pytest.mark.parametrize('loss', [
    SPARSE, dict(type='BalancedCrossEntropyLoss'), dict(type='SoftLabelLoss', distance='log_depth'),
    dict(type='OrdinalLoss'), dict(type='FocalDepthLoss'), [SPARSE, dict(type='ExpectationSILogLoss')],
    dict(type='DiceLoss'), dict(type='LovaszLoss', per_image=False, reduction='none'),
    dict(type='TverskyLoss')], ids=str)
def test_losses_train_a_step_in_two_heads(build_model, make_batch, loss):
    model = build_model(decode_head=head(loss), auxiliary_head=auxiliary(loss))
    for valid in (0.3, 0.0):
        losses, gradients = losses_and_gradients(model, make_batch(valid=valid))
        assert all(torch.isfinite(value).all() for value in losses.values())
        assert all(torch.isfinite(gradient).all() for gradient in gradients.values())
    assert all(value.sum() == 0 for name, value in losses.items() if 'acc' in name)


def test_a_head_with_a_pixel_sampler_is_the_hosts_business(build_model, make_batch):
    sampler = dict(type='OHEMPixelSampler', thresh=0.7, min_kept=100)
    own, host = (losses_and_gradients(
        build_model(decode_head=head(loss, sampler=sampler)).eval(), make_batch())[0] for loss in (SPARSE, STOCK))
    assert_close(own['decode.loss_ce'], host['decode.loss_ce'], rtol=1e-5, atol=0)


def test_a_head_with_losses_of_its_own_is_left_alone(build_model, make_batch):
    own, host = (losses_and_gradients(build_model(decode_head=dict(
        type='DAHead', in_channels=64, in_index=3, channels=8, pam_channels=8, dropout_ratio=0,
        loss_decode=loss)).eval(), make_batch())[0] for loss in (SPARSE, STOCK))
    assert own.keys() == host.keys()
    for name in own:
        assert_close(own[name], host[name], rtol=1e-5, atol=1e-5)


def test_a_stock_encoder_decoder_takes_our_losses(mmseg_scope, make_batch):
    from mmengine.config import ConfigDict
    torch.manual_seed(0)
    model = MODELS.build(ConfigDict(
        type='EncoderDecoder', data_preprocessor=dict(type='SegDataPreProcessor', size=(32, 48)),
        backbone=dict(type='ResNet', depth=18, base_channels=8, out_indices=(0, 1, 2, 3)),
        decode_head=head([SPARSE, STOCK], num_classes=8), test_cfg=dict(mode='whole')))
    losses, _ = losses_and_gradients(model, make_batch(bins=BINS, valid=1.0))
    assert losses['decode.loss_ce'] > 0


def test_copies_of_a_model_compute_with_their_own_head(build_model, make_batch):
    """As the averaged model of EMAHook."""
    model = build_model(decode_head=head(SPARSE)).eval()
    before, _ = losses_and_gradients(model, make_batch())
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.decode_head.loss_by_feat.args[0] is twin.decode_head
        twin.decode_head.align_corners = True
        assert losses_and_gradients(twin, make_batch())[0]['decode.loss_ce'] != before['decode.loss_ce']
        assert losses_and_gradients(model, make_batch())[0]['decode.loss_ce'] == before['decode.loss_ce']


def test_ordinal_loss_and_decoder_in_a_model(build_model, make_batch):
    """A few steps on one batch: the decoder's depth comes closer."""
    model = build_model(decode_head=head(dict(type='OrdinalLoss')), decoder=dict(type='OrdinalDecoder'))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    batch = make_batch(1)
    batch['data_samples'][0].gt_depth_map.data[:] = 30.0

    def predicted():
        with torch.no_grad():
            return model.eval().test_step(copy.deepcopy(batch))[0].pred_depth_map.data

    for _ in range(30):
        losses, _ = losses_and_gradients(model.train(), copy.deepcopy(batch))
        optimizer.step()
    assert losses['decode.loss_ordinal'] < 2
    assert (predicted() == BINS.decode(torch.from_numpy(BINS.encode(torch.tensor([30.0]).numpy())).long())).all()
