"""What runs on a GPU gives what a CPU gives, and a training step waits for nothing of ours. Skipped without a GPU."""
import copy

import numpy as np
import pytest
import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmseg.registry import MODELS
from torch.testing import assert_close

from mmdepthcls.bins import LIDBins, SIDBins, UDBins
from mmdepthcls.crf.dense_crf import dense_crf
from mmdepthcls.hooks.step_guard import FiniteRecord, StepGuard
from mmdepthcls.models.losses.measured_pixels import positions

pytestmark = [pytest.mark.skipif(not torch.cuda.is_available(), reason='there is no CUDA device'),
              pytest.mark.usefixtures('exact')]
BINS = SIDBins(1.0, 80.0, 8)
INNER = dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2))
SPARSE, SILOG = dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')
ADAPTIVE = dict(type='AdaptiveBinsHead', head=INNER, network=dict(embed_dims=16),
                loss_decode=[SILOG, dict(type='BinChamferLoss'), SPARSE])


def head(loss):
    return dict(decode_head=dict(INNER, loss_decode=loss))


TRAINED = {
    'sparse': head(SPARSE), 'balanced': head(dict(type='BalancedCrossEntropyLoss')),
    'soft': head(dict(type='SoftLabelLoss', distance='log_depth')), 'focal': head(dict(type='FocalDepthLoss')),
    'silog': head([SPARSE, dict(SILOG, space='log')]), 'ordinal': head(dict(type='OrdinalLoss')),
    'regression': dict(head(dict(type='RegressionSILogLoss')), decoder=dict(type='RegressionDecoder')),
    'auxiliary': dict(head(SPARSE), auxiliary_head=dict(
        type='FCNHead', in_channels=32, in_index=2, channels=8, dropout_ratio=0, loss_decode=SPARSE)),
    'adaptive': dict(decode_head=ADAPTIVE), 'adaptive log': dict(decode_head=dict(ADAPTIVE, space='log')),
}
OUTPUTS = ('confidence', 'entropy', 'std', 'interval', 'views')
CRF = dict(type='DenseCRF', iterations=2, appearance_width=5.0, color_width=20.0)
PREDICTED = {
    'whole': dict(test_cfg=dict(mode='whole', outputs=OUTPUTS, flip=True)),
    'slide': dict(test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16), outputs=OUTPUTS)),
    'at input': dict(test_cfg=dict(mode='whole', outputs=OUTPUTS, decode_at='input')),
    'at logits': dict(test_cfg=dict(mode='whole', outputs=OUTPUTS, decode_at='logits')),
    'median': dict(decoder=dict(type='QuantileDecoder')),
    'crf': dict(crf=CRF), 'crf of log': dict(crf=dict(CRF, compatibility='log', truncation=1.5)),
    'adaptive': dict(decode_head=ADAPTIVE, test_cfg=dict(mode='whole', outputs=OUTPUTS, flip=True)),
    'adaptive slide': dict(decode_head=ADAPTIVE, test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16))),
    'adaptive crf': dict(decode_head=ADAPTIVE, crf=dict(CRF, compatibility='log')),
    'regression': TRAINED['regression'],
}


@pytest.fixture
def exact():
    """Convolutions in float32 proper: TF32 has three digits."""
    parts = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [part.allow_tf32 for part in parts]
    for part in parts:
        part.allow_tf32 = False
    yield
    for part, allowed in zip(parts, before, strict=True):
        part.allow_tf32 = allowed


@pytest.fixture
def pair(build_model):
    """Builds a model whose images have bins of their own, if its head gives them, twice: on the CPU and on the GPU."""
    def build(**changes):
        model = build_model(**changes)
        if changes.get('decode_head', {}).get('type') == 'AdaptiveBinsHead':
            torch.manual_seed(1)
            torch.nn.init.normal_(model.decode_head.width_network.changes.weight, std=0.5)
        return model.eval(), copy.deepcopy(model).eval().to('cuda')
    return build


def losses_and_gradients(model, batch):
    model.zero_grad()
    losses = model(**model.data_preprocessor(batch, True), mode='loss')
    model.parse_losses(losses)[0].backward()
    return losses, {name: parameter.grad for name, parameter in model.named_parameters()}


def near(got, expected, share=1e-3):
    """Whether tensors differ by no more than a share of the greatest number."""
    assert got.device.type == 'cuda' and got.shape == expected.shape
    return (got.cpu() - expected).abs().max() <= share * expected.abs().max() + 1e-6


@pytest.mark.parametrize('valid', [0.2, 0.9, 0.0])
@pytest.mark.parametrize('name', TRAINED)
def test_losses_and_gradients_are_those_of_the_cpu(pair, make_batch, name, valid):
    on_cpu, on_gpu = pair(**TRAINED[name])
    for labels in (None, BINS):
        expected, expected_gradients = losses_and_gradients(on_cpu, make_batch(bins=labels, valid=valid))
        losses, gradients = losses_and_gradients(on_gpu, make_batch(bins=labels, valid=valid))
        assert losses.keys() == expected.keys()
        for key, value in losses.items():
            # A pixel whose two best bins are equal may count as right or wrong.
            tolerance = dict(rtol=0, atol=0.2) if 'acc_' in key else dict(rtol=1e-3, atol=1e-5)
            assert_close(torch.as_tensor(value).cpu(), torch.as_tensor(expected[key]), check_dtype=False, **tolerance)
        assert gradients.keys() == expected_gradients.keys()
        for key, gradient in gradients.items():
            assert near(gradient, expected_gradients[key], 5e-3), key


@pytest.mark.parametrize('dtype', [None, 'float16', 'bfloat16'])
@pytest.mark.parametrize('name', ['sparse', 'silog', 'auxiliary', 'adaptive'])
def test_a_training_step_moves_the_weights(pair, make_batch, name, dtype):
    _, model = pair(**TRAINED[name])
    with torch.no_grad():
        expected = model.parse_losses(model(**model.data_preprocessor(make_batch(), True), mode='loss'))[0]
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    wrapper = OptimWrapper(optimizer) if dtype is None else AmpOptimWrapper(
        loss_scale=16.0, dtype=dtype, optimizer=optimizer)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    logged = model.train_step(make_batch(), wrapper)
    assert logged['loss'].dtype == torch.float32
    assert_close(logged['loss'].detach(), expected, rtol=0.05, atol=0.05)
    for part in ('backbone.conv1', 'decode_head'):
        assert any((parameter != before[name]).any() for name, parameter in model.named_parameters()
                   if name.startswith(part))
    assert all(torch.isfinite(parameter).all() for parameter in model.parameters())


def test_training_lowers_the_loss(pair, make_batch):
    _, model = pair(decode_head=ADAPTIVE)
    wrapper = OptimWrapper(torch.optim.Adam(model.train().parameters(), lr=1e-2))
    losses = [model.train_step(make_batch(), wrapper)['loss'].item() for _ in range(30)]
    assert losses[-1] < 0.7 * losses[0]


@pytest.mark.parametrize('labels', [None, BINS], ids=['own labels', 'labels of the pipeline'])
@pytest.mark.parametrize('valid', [0.2, 0.9, 0.0])
@pytest.mark.parametrize('name', TRAINED)
def test_nothing_of_ours_is_waited_for(pair, make_batch, name, valid, labels):
    """From the first step on: no host synchronization in the losses and their gradients."""
    _, model = pair(**TRAINED[name])
    data = model.train().data_preprocessor(make_batch(bins=labels, valid=valid), True)
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode('error')
    try:
        losses = model(**data, mode='loss')
        model.parse_losses(losses)[0].backward()
    finally:
        torch.cuda.set_sync_debug_mode('default')
    assert all(torch.isfinite(torch.as_tensor(value)).all() for value in losses.values())


@pytest.mark.parametrize('bad', [False, True])
@pytest.mark.parametrize('optimizer', [
    lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9), lambda weights: torch.optim.AdamW(weights, lr=0.1)])
def test_a_guarded_step_waits_for_nothing_and_skips_what_is_bad(pair, make_batch, optimizer, bad):
    """Weights stay as they are where a loss is NaN, as they would be without a guard where it is not."""
    _, model = pair(**TRAINED['sparse'])
    plain = copy.deepcopy(model)
    record = FiniteRecord()
    wrapper, other = OptimWrapper(optimizer(model.parameters())), OptimWrapper(optimizer(plain.parameters()))
    guard = StepGuard(wrapper, record)
    for step, spoiled in enumerate((False, bad)):
        losses = [each.parse_losses(each(**each.data_preprocessor(make_batch(), True), mode='loss'))[0]
                  for each in (model, plain)]
        guard.iteration = step + 1
        torch.cuda.synchronize()
        torch.cuda.set_sync_debug_mode('error')
        try:
            wrapper.update_params(losses[0] * (float('nan') if spoiled else 1.0))
        finally:
            torch.cuda.set_sync_debug_mode('default')
        if not spoiled:
            other.update_params(losses[1])
    assert record.take() == ((1, 2) if bad else (0, 0))
    for one, two in zip(model.parameters(), plain.parameters(), strict=True):
        assert_close(one, two, rtol=1e-3, atol=1e-4)


def test_an_overflow_that_the_scaler_handles_is_no_error():
    """float16 overflows at the first scale; the scaler halves it until it does not. A loss that is NaN is an error."""
    weight = torch.nn.Parameter(torch.full((4, 4), 30.0, device='cuda'))
    wrapper = AmpOptimWrapper(optimizer=torch.optim.SGD([weight], lr=1e-6), loss_scale='dynamic')
    record = FiniteRecord()
    guard = StepGuard(wrapper, record)
    for guard.iteration in range(1, 9):
        with torch.autocast('cuda', torch.float16):
            loss = (weight @ weight).sum()
        wrapper.update_params(loss)
    assert record.take() == (0, 0) and wrapper.loss_scaler.get_scale() < 2.0 ** 16
    assert torch.isfinite(weight).all()
    wrapper.update_params(loss.detach() * float('nan') + weight.sum())
    assert record.take() == (1, 8) and torch.isfinite(weight).all()


def test_the_debug_mode_notices_what_waits():
    """Without this the test above could not fail."""
    values = torch.rand(10, device='cuda')
    torch.cuda.set_sync_debug_mode('error')
    try:
        for wait in (values.sum().item, (values > 0.5).nonzero, lambda: values[values > 0.5]):
            with pytest.raises(RuntimeError, match='synchroniz'):
                wait()
    finally:
        torch.cuda.set_sync_debug_mode('default')


@pytest.mark.parametrize('name', PREDICTED)
def test_predictions_are_those_of_the_cpu(pair, make_batch, name):
    on_cpu, on_gpu = pair(**PREDICTED[name])
    batch = make_batch()
    for sample in batch['data_samples']:
        sample.set_metainfo(dict(ori_shape=(50, 70)))
    with torch.no_grad():
        expected, results = on_cpu.test_step(copy.deepcopy(batch)), on_gpu.test_step(batch)
    for result, truth in zip(results, expected, strict=True):
        assert set(result.keys()) == set(truth.keys())
        for field in set(truth.keys()) - {'gt_depth_map'}:
            got = result.get(field).data
            assert got.device.type == 'cuda'
            assert_close(got.cpu(), truth.get(field).data, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize('changes', [{}, dict(decode_head=ADAPTIVE)], ids=['fixed', 'adaptive'])
@pytest.mark.parametrize('flip', ['mean', 'blend'])
def test_test_time_augmentation_is_that_of_the_cpu(pair, make_batch, changes, flip):
    def views():
        plain, mirrored = make_batch(1), make_batch(1)
        mirrored['inputs'][0] = mirrored['inputs'][0].flip(-1)
        mirrored['data_samples'][0].set_metainfo(dict(flip=True, flip_direction='horizontal'))
        return {key: [plain[key], mirrored[key]] for key in plain}

    depths = []
    for model in pair(**changes):
        model = MODELS.build(dict(type='DepthTTAModel', module=model, flip=flip)).eval()
        with torch.no_grad():
            depths.append(model.test_step(views())[0].pred_depth_map.data)
    assert_close(depths[1].cpu(), depths[0], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_predictions_under_autocast_are_float32_metres(pair, make_batch, dtype):
    on_cpu, on_gpu = pair(decode_head=ADAPTIVE)
    with torch.no_grad():
        expected = on_cpu.test_step(make_batch())
        with torch.autocast('cuda', dtype):
            results = on_gpu.test_step(make_batch())
    for result, truth in zip(results, expected, strict=True):
        assert result.pred_depth_map.data.dtype == torch.float32
        assert_close(result.pred_depth_map.data.cpu(), truth.pred_depth_map.data, rtol=0.05, atol=0.05)


def test_results_are_decoded_in_any_order_and_weights_travel(pair):
    on_cpu, model = pair(decode_head=ADAPTIVE)
    first, second = torch.rand(2, 2, 3, 32, 48, generator=torch.Generator().manual_seed(0)).to('cuda')
    metainfos = [dict(ori_shape=(32, 48), img_shape=(32, 48), pad_shape=(32, 48))] * 2
    with torch.no_grad():
        expected = model.predict(first)
        kept = [model.inference(images, metainfos) for images in (first, second)]
        assert all(logits.image_bins.edges.device.type == 'cuda' for logits in kept)
        for result, truth in zip(model.postprocess_result(kept[0]), expected, strict=True):
            assert_close(result.pred_depth_map.data, truth.pred_depth_map.data)
    on_cpu.load_state_dict(model.state_dict())
    model.load_state_dict(on_cpu.state_dict())
    np.testing.assert_array_equal(model.state_dict()['bin_edges'].cpu(), BINS.edges)


@pytest.mark.parametrize('bins', [SIDBins(1.0, 80.0, 71), UDBins(0.0, 80.0, 71), LIDBins(0.5, 60.0, 9),
                                  SIDBins(2.0, 50.0, 7, below='ignore')], ids=repr)
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64, torch.float16, torch.int32])
def test_labels_are_those_of_the_cpu(bins, dtype):
    depth = torch.cat([torch.rand(10000, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 100 - 5,
                       torch.from_numpy(bins.edges.copy()), torch.tensor([0.0, 1e-42, 80.0])])
    if dtype.is_floating_point:
        depth = torch.cat([depth, torch.tensor([torch.nan, torch.inf, -torch.inf]).double()])
    depth = depth.to(dtype)
    label = bins.encode(depth.to('cuda'))
    assert label.device.type == 'cuda' and torch.equal(label.cpu(), bins.encode(depth))
    assert bins.num_labelled(depth.to('cuda')) == int((label != 255).sum())
    metres = bins.decode(label)
    assert metres.device.type == 'cuda' and torch.equal(metres.cpu(), bins.decode(label.cpu()))


@pytest.mark.parametrize('share', [0.0, 0.04, 0.7, 1.0])
def test_positions_are_those_of_nonzero(share):
    mask = torch.rand(3, 111, 97, generator=torch.Generator().manual_seed(0)).to('cuda') < share
    expected = mask.flatten().nonzero()[:, 0]
    assert torch.equal(positions(mask, len(expected)), expected)


@pytest.mark.parametrize('settings', [
    dict(), dict(compatibility='linear', truncation=3.0), dict(appearance_weight=0.0), dict(smoothness_weight=0.0),
    dict(compatibility='log', truncation=0.7, centers=torch.linspace(1.0, 60.0, 12))], ids=str)
def test_the_crf_is_that_of_the_cpu(settings):
    generator = torch.Generator().manual_seed(0)
    probabilities = torch.randn(2, 12, 30, 44, generator=generator).softmax(dim=1)
    image = torch.randint(0, 256, (2, 3, 30, 44), generator=generator).float()
    settings = dict(iterations=5, appearance_width=10.0, color_width=30.0, **settings)
    expected = dense_crf(probabilities, image, **settings)
    marginals = dense_crf(probabilities.to('cuda'), image.to('cuda'), **settings)
    assert marginals.device.type == 'cuda'
    assert_close(marginals.cpu(), expected, rtol=0, atol=1e-3)
    assert (expected - probabilities).abs().max() > 0.01
