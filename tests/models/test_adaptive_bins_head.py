import copy
import pickle

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch.testing import assert_close

from mmdepthcls.bins import SIDBins
from mmdepthcls.models import BinLogits
from mmdepthcls.models.bin_checkpoint import BinMismatchError
from mmdepthcls.models.losses.chamfer import chamfer_1d

BINS = SIDBins(1.0, 80.0, 8)
INNER = dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2))
SMALL = dict(embed_dims=16)
EVERY = dict(in_channels=[8, 16, 32, 64], in_index=[0, 1, 2, 3], channels=8, dropout_ratio=0)
INNER_HEADS = [
    INNER, dict(type='UPerHead', pool_scales=(1, 2), **EVERY), dict(type='SegformerHead', **EVERY),
    dict(type='FCNHead', in_channels=64, in_index=3, channels=8, dropout_ratio=0),
    dict(type='FCNHead', in_channels=[32, 64], in_index=[2, 3], input_transform='resize_concat', channels=8,
         dropout_ratio=0),
    dict(type='PSPHead', in_channels=64, in_index=-1, channels=8, pool_scales=(1, 2), dropout_ratio=0),
]
HEAD_IDS = ['deeplabv2', 'uper', 'segformer', 'fcn', 'fcn-concat', 'psp']
SPARSE, SILOG, CHAMFER = (
    dict(type=name) for name in ('SparseCrossEntropyLoss', 'ExpectationSILogLoss', 'BinChamferLoss'))

MEAN = dict(type='ExpectationDecoder')  # the default with adaptive bins


def adaptive(head=INNER, **changes):
    return dict(type='AdaptiveBinsHead', head=head, network=SMALL, **changes)


@pytest.fixture
def build(build_model):
    """Builds a model with adaptive bins; ``moved``: whose images have bins of their own, as after a training."""

    def build(moved=True, head=None, **changes):
        model = build_model(decode_head=head or adaptive(), **changes)
        if moved:
            torch.manual_seed(1)
            torch.nn.init.normal_(model.decode_head.width_network.changes.weight, std=0.5)
            torch.nn.init.normal_(model.decode_head.width_network.position, std=1.0)
        return model.eval()

    return build


def losses_of(model, batch):
    losses = model(**model.data_preprocessor(batch, training=True), mode='loss')
    model.zero_grad()
    sum(value.sum() for name, value in losses.items() if 'loss' in name).backward()
    return losses


def results_of(model, batch, outputs=(), **test_cfg):
    model.test_cfg.update(outputs=outputs, **test_cfg)
    with torch.no_grad():
        return model.test_step(batch)


def upsampled(model, batch):
    """Logits at the size of the input, and the images' centers, from the parts of the model."""
    with torch.no_grad():
        features = model.extract_feat(model.data_preprocessor(batch)['inputs'])
        centers = model.decode_head.predict_bins(features).centers
        return F.interpolate(model.decode_head.head(features), (32, 48), mode='bilinear'), centers


@pytest.mark.parametrize('space', ['depth', 'log'])
def test_untrained_it_is_the_model_with_fixed_bins(build, build_model, make_batch, space):
    outputs = ('bins', 'confidence', 'entropy', 'interval', 'logits', 'std', 'views')
    own, fixed = build(False, adaptive(space=space)), build_model(decode_head=INNER, decoder=MEAN).eval()
    own.decode_head.head.load_state_dict(fixed.decode_head.state_dict())
    own.backbone.load_state_dict(fixed.backbone.state_dict())
    for got, expected in zip(results_of(own, make_batch(), outputs), results_of(fixed, make_batch(), outputs),
                             strict=True):
        assert set(got.keys()) == set(expected.keys())
        for name in set(got.keys()) - {'seg_logits'}:
            assert_close(got.get(name).data, expected.get(name).data, rtol=1e-4, atol=1e-4)
        assert_close(got.seg_logits.data.softmax(0), expected.seg_logits.data.softmax(0), rtol=0, atol=1e-5)


def test_each_image_is_decoded_by_its_own_bins(build, make_batch):
    model = build()
    logits, centers = upsampled(model, make_batch())
    assert (centers[0] - centers[1]).abs().max() > 0.01
    results = results_of(model, make_batch(), ('bins', 'std', 'logits'))
    for result, own_logits, own in zip(results, logits, centers, strict=True):
        probabilities = own_logits.softmax(0)
        mean = (probabilities * own.view(-1, 1, 1)).sum(0)
        assert_close(result.pred_depth_map.data[0], mean)
        std = (probabilities * (own.view(-1, 1, 1) - mean)**2).sum(0).sqrt()
        assert_close(result.pred_std.data[0], std, rtol=1e-4, atol=1e-4)
        # Labels and logits are of the model's bins.
        assert torch.equal(result.pred_sem_seg.data[0], BINS.encode(own[own_logits.argmax(0)]))
        fixed = torch.tensor(BINS.centers).float()
        inside = own.clamp(fixed[0], fixed[-1]).view(-1, 1, 1)
        assert_close((result.seg_logits.data.softmax(0) * fixed.view(-1, 1, 1)).sum(0), (probabilities * inside).sum(0))


@pytest.mark.parametrize('decode_at', ['input', 'logits'])
def test_decoding_elsewhere_uses_the_same_bins(build, make_batch, decode_at):
    model = build()
    with torch.no_grad():
        inputs = model.data_preprocessor(make_batch())['inputs']
        logits = model(inputs, mode='tensor')
        centers = model.decode_head.predict_bins(model.extract_feat(inputs)).centers
    if decode_at == 'input':
        logits = F.interpolate(logits, (32, 48), mode='bilinear')
    depth = (logits.softmax(1) * centers[:, :, None, None]).sum(1, keepdim=True)
    depth = F.interpolate(depth, (32, 48), mode='bilinear')
    for result, expected in zip(results_of(model, make_batch(), decode_at=decode_at), depth, strict=True):
        assert_close(result.pred_depth_map.data, expected)


def test_the_mirrored_view_is_decoded_by_the_mirror_images_bins(build, make_batch):
    model, mirrored = build(), make_batch()
    mirrored['inputs'] = [image.flip(-1) for image in mirrored['inputs']]
    logits, centers = upsampled(model, mirrored)
    expected = (logits.softmax(1) * centers[:, :, None, None]).sum(1, keepdim=True).flip(-1)
    for result, depth in zip(results_of(model, make_batch(), ('views', ), flip=True), expected, strict=True):
        assert_close(result.pred_depth_view_flipped.data, depth)
        assert (result.pred_depth_view.data - depth).abs().max() > 0.01


def test_a_window_that_holds_the_image_gives_the_whole_images_depth(build, make_batch):
    """Up to what the range of the fixed centers cuts off."""
    model, batch = build(test_cfg=dict(mode='slide', crop_size=(32, 48), stride=(16, 16))), make_batch()
    fixed = torch.tensor(BINS.centers).float()
    logits, centers = upsampled(model, batch)
    expected = (logits.softmax(1) * centers.clamp(fixed[0], fixed[-1])[:, :, None, None]).sum(1, keepdim=True)
    for result, depth in zip(results_of(model, make_batch()), expected, strict=True):
        assert_close(result.pred_depth_map.data, depth)


def test_windows_and_views_of_an_image_average_its_depth(build, make_batch):
    """The mean over several bins keeps the expected depth."""
    model = build()
    fixed = torch.tensor(BINS.centers).float()
    views = []
    for mirror in (False, True):
        batch = make_batch(1)
        if mirror:
            batch['inputs'][0] = batch['inputs'][0].flip(-1)
            batch['data_samples'][0].set_metainfo(dict(flip=True, flip_direction='horizontal'))
        views.append(batch)
    expected = []
    for view, batch in enumerate(views):
        logits, centers = upsampled(model, batch)
        depth = (logits.softmax(1) * centers.clamp(fixed[0], fixed[-1])[:, :, None, None]).sum(1)
        expected.append(depth.flip(-1) if view else depth)
    tta = MODELS.build(dict(type='DepthTTAModel', module=model)).eval()
    with torch.no_grad():
        result = tta.test_step({key: [batch[key] for batch in views] for key in ('inputs', 'data_samples')})[0]
    assert_close(result.pred_depth_map.data, (expected[0] + expected[1]) / 2)


@pytest.mark.parametrize('inner', INNER_HEADS, ids=HEAD_IDS)
def test_wraps_any_head_that_classifies_pixels(build, make_batch, inner):
    auxiliary = dict(type='FCNHead', in_channels=32, in_index=2, channels=8, loss_decode=SPARSE)
    model = build(False, adaptive(inner), auxiliary_head=auxiliary).train()
    losses = losses_of(model, make_batch())
    assert set(losses) == {'decode.loss_silog', 'decode.loss_chamfer', 'decode.acc_seg', 'aux.loss_ce', 'aux.acc_seg'}
    assert model.decode_head.width_network.changes.weight.grad.any()
    assert all(parameter.grad is not None for name, parameter in model.named_parameters())
    assert results_of(model.eval(), make_batch())[0].pred_depth_map.data.shape == (1, 32, 48)


def test_losses_are_those_of_the_images_bins(build, make_batch):
    model = build(head=adaptive(loss_decode=[dict(SILOG, variance_focus=0.0, eps=1e-12), CHAMFER, SPARSE]))
    logits, centers = upsampled(model, make_batch())
    depth = torch.stack([sample.gt_depth_map.data[0] for sample in make_batch()['data_samples']])
    valid = BINS.encode(depth) != 255
    with torch.no_grad():
        features = model.extract_feat(model.data_preprocessor(make_batch())['inputs'])
        edges = model.decode_head.predict_bins(features).edges
    label = torch.stack([torch.from_numpy(np.searchsorted(own[1:-1], each, side='right'))
                         for own, each in zip(edges.numpy(), depth.numpy(), strict=True)])
    expected = (logits.softmax(1) * centers[:, :, None, None]).sum(1)
    errors = (expected.log() - depth.log())[valid]
    chamfer = sum(chamfer_1d(own, each[mask]) for own, each, mask in zip(centers, depth, valid, strict=True)) / 2
    losses = losses_of(model, make_batch())
    assert_close(losses['decode.loss_silog'], errors.square().mean().sqrt(), rtol=1e-4, atol=1e-5)
    assert_close(losses['decode.loss_chamfer'], 0.1 * chamfer, rtol=1e-4, atol=1e-5)
    assert_close(losses['decode.loss_ce'], F.cross_entropy(logits, label, reduction='none')[valid].mean())
    accuracy = 100 * (logits.argmax(1) == label)[valid].float().mean()
    assert_close(losses['decode.acc_seg'], accuracy)


@pytest.mark.parametrize('loss', [SILOG, [SILOG, CHAMFER], [SPARSE, CHAMFER], [dict(type='FocalDepthLoss'), SILOG]],
                         ids=str)
def test_without_any_depth_the_gradient_is_zero(build, make_batch, loss):
    model = build(head=adaptive(loss_decode=loss))
    losses = losses_of(model, make_batch(valid=0.0))
    assert all(value == 0 for value in losses.values())
    assert all((parameter.grad == 0).all() for parameter in model.parameters())
    batch = make_batch()
    batch['data_samples'][0].gt_depth_map.data.zero_()
    assert all(torch.isfinite(value) for value in losses_of(model, batch).values())
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())


def test_under_autocast_losses_are_near_those_in_float32(build, make_batch):
    model = build()
    expected = losses_of(model, make_batch())
    with torch.autocast('cpu', torch.bfloat16):
        losses = losses_of(model, make_batch())
        depth = results_of(model, make_batch())[0].pred_depth_map.data
    assert depth.dtype == torch.float32
    for name in ('decode.loss_silog', 'decode.loss_chamfer'):
        assert losses[name].dtype == torch.float32
        assert_close(losses[name], expected[name], rtol=0.05, atol=0.05)


def test_a_half_precision_model_keeps_its_range_to_the_metre(build):
    model = build().to(torch.bfloat16)
    inputs = torch.rand(2, 3, 32, 48).bfloat16()
    with torch.no_grad():
        edges = model.inference(inputs, [dict(ori_shape=(32, 48), img_shape=(32, 48))] * 2).image_bins.edges
    assert edges.dtype == torch.float32 and (edges[:, 0] == 1).all() and (edges[:, -1] == 80).all()
    assert (edges.diff(dim=1) > 0).all()


def test_a_few_steps_move_the_bins_to_the_depth(build, make_batch):
    model = build(False).train()
    batch = make_batch()
    for sample, low in zip(batch['data_samples'], (5.0, 40.0), strict=True):
        sample.gt_depth_map.data = low + 5 * torch.rand(1, 32, 48)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    first = None
    for _ in range(40):
        losses = losses_of(model, copy.deepcopy(batch))
        first = first or {name: value.item() for name, value in losses.items()}
        optimizer.step()
    assert losses['decode.loss_chamfer'] < 0.3 * first['decode.loss_chamfer']
    assert losses['decode.loss_silog'] < 0.3 * first['decode.loss_silog']


def test_a_checkpoint_gives_the_same_depth(build, make_batch):
    model, other = build(), build(False)
    other.load_state_dict(copy.deepcopy(model.state_dict()))
    assert torch.equal(results_of(model, make_batch())[0].pred_depth_map.data,
                       results_of(other, make_batch())[0].pred_depth_map.data)
    np.testing.assert_array_equal(model.state_dict()['bin_edges'], BINS.edges)


def test_the_model_with_fixed_bins_is_a_start_for_training_but_predicts_nothing(build, build_model, make_batch):
    fixed = build_model(decode_head=INNER, decoder=MEAN).eval()
    model = build(False)
    with pytest.raises(BinMismatchError, match='missing decode_head.width_network'):
        model.load_state_dict(fixed.state_dict())
    model = build(False)
    model.init_weights()
    model.train().load_state_dict(fixed.state_dict(), strict=False)
    assert_close(results_of(model.eval(), make_batch())[0].pred_depth_map.data,
                 results_of(fixed, make_batch())[0].pred_depth_map.data, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize('changes', [
    {}, dict(test_cfg=dict(mode='whole', decode_at='logits', outputs=('bins', 'std', 'logits'))),
    dict(test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16))),
    dict(crf=dict(type='DenseCRF', iterations=1, compatibility='log'))], ids=str)
def test_results_are_decoded_in_any_order(build, changes):
    """Also by a copy, as the averaged model of EMAHook: nothing of a forward stays in the model."""
    model = build(**changes)
    first, second = torch.rand(2, 2, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        model(first, mode='tensor')  # leaves nothing behind
        expected, others = ([result.clone() for result in model.predict(images)] for images in (first, second))
        metainfos = [dict(ori_shape=(32, 48), img_shape=(32, 48), pad_shape=(32, 48))] * 2
        kept = [model.inference(images, metainfos) for images in (first, second)]
        before = kept[0].logits.clone()
        twin = copy.deepcopy(model)
        for reader in (model, twin, pickle.loads(pickle.dumps(model))):
            reader.predict(second)
            refined = reader.refine(kept[0], first, metainfos)
            for result, truth in zip(reader.postprocess_result(refined, None, (32, 48)), expected, strict=True):
                assert set(result.keys()) == set(truth.keys())
                for name in set(truth.keys()):
                    assert torch.equal(result.get(name).data, truth.get(name).data)
        assert torch.equal(kept[0].logits, before)
    assert (expected[0].pred_depth_map.data - others[0].pred_depth_map.data).abs().max() > 0.01


def test_a_tensor_that_does_not_say_its_bins_is_refused(build):
    model = build()
    logits = torch.zeros(1, 8, 4, 4)
    with pytest.raises(ValueError, match='does not say which. Pass on what model.inference'):
        model.postprocess_result(logits)
    uniform = torch.tensor(BINS.centers).mean().float()
    assert_close(model.postprocess_result(BinLogits(logits))[0].pred_depth_map.data, uniform.expand(1, 4, 4))


def test_the_middle_of_a_training_can_be_copied(build, make_batch):
    model = build()
    losses_of(model, make_batch())
    model(torch.rand(2, 3, 32, 48), mode='tensor')  # with gradient: a tensor with a history cannot be copied
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert torch.equal(results_of(twin.eval(), make_batch())[0].pred_depth_map.data,
                           results_of(model.eval(), make_batch())[0].pred_depth_map.data)
        assert twin.data_preprocessor.census is twin._census is not model._census
        assert losses_of(twin, make_batch(seed=5))


@pytest.mark.parametrize('changes, message', [
    (dict(head=dict(INNER, loss_decode=SPARSE)), 'Remove decode_head.head.loss_decode'),
    (dict(head=dict(INNER, sampler=dict(type='OHEMPixelSampler'))), 'or a pixel sampler'),
    (dict(head=dict(type='DAHead', in_channels=64, in_index=3, channels=8, pam_channels=8)), 'DAHead has a loss'),
    (dict(loss_decode=dict(type='CrossEntropyLoss')), 'CrossEntropyLoss is for fixed bins'),
    (dict(loss_decode=[SILOG, dict(type='OrdinalLoss')]), 'OrdinalLoss is for fixed bins'),
    (dict(loss_decode=dict(type='SoftLabelLoss', distance='log_depth')), 'SoftLabelLoss is for fixed bins'),
    (dict(loss_decode=SPARSE), 'none of its losses trains the widths'),
    (dict(loss_decode=CHAMFER), 'none of its losses trains the logits'),
    (dict(space='disparity'), "space must be .*'disparity'"), (dict(floor=0.0), '< floor <= 1, got 0.0')])
def test_what_means_nothing_with_adaptive_bins_is_refused(build, changes, message):
    with pytest.raises(ValueError, match=message):
        build(head=dict(adaptive(), **changes))


def test_the_ordinal_decoder_is_refused(build):
    with pytest.raises(ValueError, match='trains a softmax over the bins, from which OrdinalDecoder cannot read depth'):
        build(decoder=dict(type='OrdinalDecoder'))


def test_log_depth_needs_bins_that_begin_above_zero(build):
    with pytest.raises(ValueError, match="space='log' needs model.bins.min_depth > 0"):
        build(head=adaptive(space='log'), bins=dict(type='UDBins', min_depth=0.0, max_depth=80.0, num_bins=8))


def test_samples_without_depth_are_refused(build, make_batch):
    batch = make_batch(bins=BINS)
    del batch['data_samples'][1].gt_depth_map
    with pytest.raises(ValueError, match='scene/1.png: the sample has no gt_depth_map'):
        losses_of(build(), batch)


def test_a_head_of_fixed_bins_refuses_the_loss_of_bin_centers(build_model):
    with pytest.raises(ValueError, match='DeepLabV2Head: BinChamferLoss moves the bins'):
        build_model(decode_head=dict(INNER, loss_decode=CHAMFER))
