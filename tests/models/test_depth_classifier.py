import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.config import ConfigDict
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch.testing import assert_close
from torch.utils._python_dispatch import TorchDispatchMode

from mmdepthcls.bins import SIDBins, UDBins
from mmdepthcls.models import uncertainty
from mmdepthcls.models.decoders import Decoder

BINS = SIDBins(1.0, 80.0, 8)


def losses_of(model, batch):
    data = model.data_preprocessor(batch, training=True)
    return model(**data, mode='loss')


def predictions_of(model, batch):
    model.eval()
    with torch.no_grad():
        return model.test_step(batch)


# Labels ---------------------------------------------------------------------------------------------------------------

def test_labels_from_the_pipeline_and_from_the_model_give_the_same_loss(build_model, make_batch):
    model = build_model().eval()
    own, given = losses_of(model, make_batch()), losses_of(model, make_batch(bins=BINS))
    assert own.keys() == given.keys() and own['decode.loss_ce'] > 0
    assert_close(own['decode.loss_ce'], given['decode.loss_ce'], rtol=0, atol=0)


def test_loss_is_the_cross_entropy_over_valid_pixels(build_model, make_batch):
    model = build_model().eval()
    batch = make_batch(valid=0.04)
    data = model.data_preprocessor(batch, training=True)
    logits = F.interpolate(model(data['inputs'], mode='tensor'), (32, 48), mode='bilinear')
    total, count = 0.0, 0
    for index, sample in enumerate(data['data_samples']):
        label = torch.from_numpy(BINS.encode(sample.gt_depth_map.data[0].numpy()).astype(np.int64))
        for y, x in torch.nonzero(label != 255):
            total -= logits[index, :, y, x].log_softmax(0)[label[y, x]].item()
            count += 1
    assert losses_of(model, make_batch(valid=0.04))['decode.loss_ce'].item() == pytest.approx(total / count, rel=1e-5)


@pytest.mark.parametrize('other', [SIDBins(1.0, 80.0, 7), SIDBins(2.0, 80.0, 8), UDBins(0.0, 80.0, 8)], ids=repr)
def test_labels_made_by_other_bins_are_refused_naming_both(build_model, make_batch, other):
    model = build_model()
    with pytest.raises(ValueError) as error:
        losses_of(model, make_batch(bins=other))
    assert repr(other) in str(error.value) and repr(BINS) in str(error.value)
    assert 'scene/0.png' in str(error.value) and 'DepthToBinLabel' in str(error.value)


def test_labels_without_depth_are_refused_where_they_have_no_bin(build_model, make_batch):
    batch = make_batch(bins=SIDBins(1.0, 80.0, 30))
    for sample in batch['data_samples']:
        del sample.gt_depth_map
    with pytest.raises(ValueError, match='num_bins=30.*num_bins=8.*A label is'):
        losses_of(build_model(), batch)


def test_a_sample_with_neither_depth_nor_labels_is_refused(build_model, make_batch):
    batch = make_batch()
    del batch['data_samples'][1].gt_depth_map
    with pytest.raises(ValueError, match='scene/1.png.*neither.*LoadDepth'):
        losses_of(build_model(), batch)


def test_a_batch_without_depth_costs_nothing_and_is_not_accurate(build_model, make_batch):
    model = build_model(auxiliary_head=dict(type='FCNHead', in_channels=32, in_index=2, channels=8))
    losses = losses_of(model, make_batch(valid=0.0))
    assert all(value.item() == 0 for value in losses.values())
    assert {'decode.acc_seg', 'aux.acc_seg'} <= losses.keys()
    sum(value for name, value in losses.items() if 'loss' in name).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


# The config -----------------------------------------------------------------------------------------------------------

def test_gives_its_bins_to_all_heads(build_model):
    model = build_model(
        num_bins=11,
        decode_head=dict(type='FCNHead', in_channels=64, in_index=3, channels=8, num_classes=19),
        auxiliary_head=[dict(type='FCNHead', in_channels=32, in_index=2, channels=8, num_classes=19),
                        dict(type='FCNHead', in_channels=16, in_index=1, channels=8)])
    heads = [model.decode_head, *model.auxiliary_head]
    assert [head.num_classes for head in heads] == [11] * 3
    assert [head.conv_seg.out_channels for head in heads] == [11] * 3
    assert all(head.loss_decode.avg_non_ignore for head in heads)
    assert model.num_classes == model.out_channels == 11


def test_replaces_a_preprocessor_that_pads_depth_with_255_metres(build_model, make_batch):
    model = build_model(
        data_preprocessor=dict(type='SegDataPreProcessor', mean=[0.0] * 3, std=[1.0] * 3, size=(40, 64)))
    assert type(model.data_preprocessor).__name__ == 'DepthDataPreProcessor'
    data = model.data_preprocessor(make_batch(), training=True)
    assert not data['data_samples'][0].gt_depth_map.data[:, 32:].any()


def test_unknown_outputs_are_refused(build_model):
    with pytest.raises(ValueError, match="bins, confidence, entropy, interval, logits, std, views, got \\['depth'\\]"):
        build_model(test_cfg=dict(mode='whole', outputs=['depth']))


@pytest.mark.parametrize(
    'changes', [dict(num_stages=2), dict(decode_head=[dict(type='FCNHead')])], ids=['stages', 'list'])
def test_cascades_are_refused(build_model, changes):
    with pytest.raises(ValueError, match='cascaded models .OCRNet, PointRend. are not supported'):
        build_model(**changes)


def test_weights_named_by_the_model_are_given_by_the_model(build_model, tmp_path):
    model = build_model(pretrained=str(tmp_path / 'resnet.pth'),
                        backbone=ConfigDict(type='ResNet', depth=18, base_channels=8, out_indices=(0, 1, 2, 3)))
    with pytest.raises(RuntimeError, match='model.pretrained=/path/to/weights.pth.*model.pretrained=None'):
        model.init_weights()


def test_training_without_any_depth_warns_and_stops(build_model, make_batch, monkeypatch):
    logged = []
    monkeypatch.setattr('mmdepthcls.models.empty_batches.print_log', lambda text, **kwargs: logged.append(text))
    model = build_model()
    losses_of(model, make_batch(valid=0.0))
    assert len(logged) == 1 and 'scene/0.png, scene/1.png' in logged[0]
    # Labels are still to be checked, since an empty batch shows nothing of them.
    with pytest.raises(ValueError, match='were made by'):
        losses_of(model, make_batch(bins=UDBins(0.0, 80.0, 8)))
    for _ in range(18):
        losses_of(model, make_batch(valid=0.0))
    with pytest.raises(ValueError, match='20 batch.* without one pixel of depth'):
        losses_of(model, make_batch(valid=0.0))


def test_missing_pretrained_weights_say_how_to_give_a_file(build_model, tmp_path):
    missing = str(tmp_path / 'resnet.pth')
    model = build_model()
    model.backbone.init_cfg = dict(type='Pretrained', checkpoint=missing)
    with pytest.raises(RuntimeError, match='resnet.pth.*model.backbone.init_cfg.checkpoint='):
        model.init_weights()


# Predicting -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('decoder', ['ExpectationDecoder', 'ArgmaxDecoder'])
def test_predicts_metres_of_the_original_size(build_model, make_batch, decoder):
    model = build_model(decoder=dict(type=decoder))
    batch = make_batch(1)
    batch['data_samples'][0].set_metainfo(dict(ori_shape=(50, 70)))
    result = predictions_of(model, batch)[0]
    inputs = model.data_preprocessor(make_batch(1))['inputs']
    with torch.no_grad():
        logits = F.interpolate(F.interpolate(model(inputs, mode='tensor'), (32, 48), mode='bilinear'), (50, 70),
                               mode='bilinear')
    centers = torch.tensor(BINS.centers, dtype=torch.float32)
    expected = ((logits.softmax(1) * centers.view(1, -1, 1, 1)).sum(1) if decoder == 'ExpectationDecoder'
                else centers[logits.argmax(1)])
    assert result.pred_depth_map.data.shape == (1, 50, 70)
    assert_close(result.pred_depth_map.data, expected)


def test_only_the_depth_map_unless_asked(build_model, make_batch):
    fields = {'pred_sem_seg', 'pred_confidence', 'seg_logits'}
    assert not fields & set(predictions_of(build_model(), make_batch(1))[0].keys())
    model = build_model(test_cfg=dict(mode='whole', outputs=('bins', 'confidence', 'logits')))
    result = predictions_of(model, make_batch(1))[0]
    logits = result.seg_logits.data
    assert logits.shape == (8, 32, 48) and logits.dtype == torch.float32
    assert torch.equal(result.pred_sem_seg.data, logits.argmax(0, keepdim=True))
    assert_close(result.pred_confidence.data, logits.softmax(0).amax(0, keepdim=True))


def test_uncertainty_is_of_the_logits_and_pasted_into_the_frame(build_model, make_batch):
    outputs = ('logits', 'confidence', 'entropy', 'std', 'interval')
    batch = make_batch(1)
    batch['data_samples'][0].set_metainfo(dict(crop_box=(3, 5, 32, 48), full_shape=(40, 60)))
    result = predictions_of(build_model(test_cfg=dict(mode='whole', outputs=outputs)), batch)[0]
    logits = result.seg_logits.data[None]
    centers, edges = torch.tensor(BINS.centers), torch.tensor(BINS.edges)
    expected = dict(pred_confidence=uncertainty.confidence(logits), pred_entropy=uncertainty.entropy(logits),
                    pred_std=uncertainty.standard_deviation(logits, centers),
                    pred_interval=uncertainty.interval(logits, centers, edges))
    assert logits.shape == (1, 8, 32, 48)
    for name, values in expected.items():
        frame = result.get(name).data
        assert frame.shape == (2 if name == 'pred_interval' else 1, 40, 60) and frame.dtype == torch.float32
        assert_close(frame[:, 3:35, 5:53], values[0])
        assert (frame[:, :3] == 0).all() and (frame[:, 35:] == 0).all() and (frame[..., 53:] == 0).all()
    low, high = result.pred_interval.data
    median = build_model(decoder=dict(type='QuantileDecoder'))
    median = predictions_of(median, make_batch(1))[0].pred_depth_map.data[0]
    assert (low[3:35, 5:53] < median).all() and (median < high[3:35, 5:53]).all()


def test_uncertainty_of_what_is_no_softmax_is_refused(build_model):
    class Thresholds(Decoder):
        of_softmax = False

    MODELS.register_module(module=Thresholds, force=True)
    build_model(decoder=dict(type='Thresholds'))
    with pytest.raises(ValueError, match='entropy, std are of a softmax .* Thresholds are not'):
        build_model(decoder=dict(type='Thresholds'), test_cfg=dict(mode='whole', outputs=('std', 'entropy', 'bins')))


@pytest.mark.parametrize('decoder', [dict(type='QuantileDecoder', level=0.3), dict(type='LocalExpectationDecoder'),
                                     dict(type='ExpectationDecoder', space='log')], ids=lambda cfg: cfg['type'])
@pytest.mark.parametrize('at', ['input', 'logits'])
def test_decoding_before_upsampling(build_model, make_batch, decoder, at):
    """Metres, uncertainty and labels are upsampled, not logits; padding and flip are undone as ever."""
    outputs = ('bins', 'std', 'views')
    model = build_model(decoder=decoder, test_cfg=dict(mode='whole', outputs=outputs, decode_at=at),
                        data_preprocessor=dict(
        type='DepthDataPreProcessor', mean=[0.0] * 3, std=[255.0] * 3, test_cfg=dict(size=(48, 64))))
    batch = make_batch(1)
    batch['data_samples'][0].set_metainfo(dict(ori_shape=(50, 70), flip=True, flip_direction='horizontal'))
    result = predictions_of(model, batch)[0]
    with torch.no_grad():
        logits = model(model.data_preprocessor(make_batch(1))['inputs'], mode='tensor')
    assert logits.shape[2:] != (48, 64)
    if at == 'input':
        logits = F.interpolate(logits, (48, 64), mode='bilinear')
    centers, edges = torch.tensor(BINS.centers), torch.tensor(BINS.edges)
    for name, values in (('pred_depth_map', model.decoder(logits, centers, edges)),
                         ('pred_std', uncertainty.standard_deviation(logits, centers))):
        view = F.interpolate(values, (48, 64), mode='bilinear')[..., :32, :48].flip(-1)
        assert_close(result.get(name).data, F.interpolate(view, (50, 70), mode='bilinear')[0])
        if name == 'pred_depth_map':
            assert_close(result.pred_depth_view.data, view[0])
    labels = F.interpolate(logits.argmax(1, keepdim=True).float(), (48, 64), mode='nearest')[..., :32, :48].flip(-1)
    assert torch.equal(result.pred_sem_seg.data, F.interpolate(labels, (50, 70), mode='nearest')[0].long())
    assert 'seg_logits' not in result


def test_logits_are_of_the_output_wherever_they_are_decoded(build_model, make_batch):
    batch = make_batch(1)
    results = {}
    for at in ('output', 'input', 'logits'):
        model = build_model(test_cfg=dict(mode='whole', outputs=('logits', ), decode_at=at))
        results[at] = predictions_of(model, batch)[0].seg_logits.data.clone()
    assert_close(results['input'], results['output'])
    assert_close(results['logits'], results['output'])


def test_where_to_decode_is_checked(build_model):
    with pytest.raises(ValueError, match="decode_at'] must be one of .*got 'head'"):
        build_model(test_cfg=dict(mode='whole', decode_at='head'))
    with pytest.raises(ValueError, match="Set decode_at='input'"):
        build_model(test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16), decode_at='logits'))
    model = build_model(test_cfg=dict(mode='whole', decode_at='logits')).eval()
    with torch.no_grad():
        assert model(torch.zeros(2, 3, 32, 48), mode='predict')[1].pred_depth_map.data.shape == (1, 32, 48)


@pytest.mark.parametrize('test_cfg', [dict(mode='whole'), dict(mode='slide', crop_size=(32, 48), stride=(32, 48)),
                                      dict(mode='whole', decode_at='logits')], ids=str)
def test_logits_are_divided_by_the_temperature_once(build_model, make_batch, test_cfg):
    model = build_model(test_cfg=dict(test_cfg, outputs=('logits', 'views'), flip=True))
    before = predictions_of(model, make_batch(1))[0].clone()
    model.temperature = 2.0
    after = predictions_of(model, make_batch(1))[0]
    assert_close(after.seg_logits.data.softmax(0), (before.seg_logits.data / 2).softmax(0))
    for name in ('pred_depth_map', 'pred_depth_view', 'pred_depth_view_flipped'):
        assert not torch.allclose(after.get(name).data, before.get(name).data)
    if 'decode_at' not in test_cfg:
        assert_close(after.pred_depth_view.data, after.pred_depth_map.data)


class LargestNew(TorchDispatchMode):
    """Sees how many numbers the largest tensor has that is no view of another one's memory."""

    def __init__(self, known):
        super().__init__()
        self.known, self.numel = known.untyped_storage().data_ptr(), 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for value in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(value, torch.Tensor) and value.untyped_storage().data_ptr() != self.known:
                self.numel = max(self.numel, value.numel())
        return result


@pytest.mark.parametrize('decoder', ['ExpectationDecoder', 'QuantileDecoder', 'LocalExpectationDecoder'])
def test_no_second_map_of_logits_exists(build_model, monkeypatch, decoder):
    """Where the output has the input's size: 132 MB each for a KITTI frame."""
    monkeypatch.setattr('mmdepthcls.models.distribution.CPU_BLOCK', 40 * 60 * 8 // 10)
    model = build_model(decoder=dict(type=decoder), test_cfg=dict(
        mode='whole', outputs=('confidence', 'entropy', 'std', 'interval', 'bins'))).eval()
    logits = torch.randn(1, 8, 40, 60)
    samples = [SegDataSample(metainfo=dict(ori_shape=(40, 60)))]
    with torch.no_grad(), LargestNew(logits) as largest:
        model.postprocess_result(logits, samples, (40, 60))
    assert largest.numel <= 2 * 40 * 60  # the interval


def test_slide_is_right(build_model, make_batch):
    """One window over the whole image is 'whole'; two half windows are the two halves."""
    whole = predictions_of(build_model(), make_batch(1))[0].pred_depth_map.data
    one = build_model(test_cfg=dict(mode='slide', crop_size=(32, 48), stride=(32, 48)))
    assert_close(predictions_of(one, make_batch(1))[0].pred_depth_map.data, whole)
    two = build_model(test_cfg=dict(mode='slide', crop_size=(32, 24), stride=(32, 24)))
    slid = predictions_of(two, make_batch(1))[0].pred_depth_map.data
    left = make_batch(1)
    left['inputs'][0] = left['inputs'][0][:, :, :24]
    left['data_samples'][0].set_metainfo(dict(ori_shape=(32, 24), img_shape=(32, 24)))
    assert_close(slid[:, :, :24], predictions_of(build_model(), left)[0].pred_depth_map.data)
    assert not torch.allclose(slid, whole)


def test_windows_that_overlap_average_probabilities(build_model, make_batch):
    """Not logits, whose mean one very sure window would decide."""
    model = build_model(test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(32, 16), outputs=('logits', ))).eval()
    batch = make_batch(1)
    with torch.no_grad():
        image = model.data_preprocessor(make_batch(1))['inputs']
        windows = [F.interpolate(model(image[..., left:left + 32], mode='tensor'), (32, 32), mode='bilinear').softmax(1)
                   for left in (0, 16)]
    total, count = torch.zeros(1, 8, 32, 48), torch.zeros(48)
    for left, window in zip((0, 16), windows, strict=True):
        total[..., left:left + 32] += window
        count[left:left + 32] += 1
    logarithms = torch.tensor(BINS.centers, dtype=torch.float32).log().view(1, -1, 1, 1)
    result = predictions_of(model, batch)[0]
    assert_close(result.seg_logits.data.softmax(0), (total / count)[0])
    assert_close(result.pred_depth_map.data, (total / count * logarithms).sum(1).exp())


def test_views_for_protocols(build_model, make_batch):
    """Depth at the size of the network's input, of the image and of its mirror image."""
    model = build_model(test_cfg=dict(mode='whole', flip=True)).eval()
    batch = make_batch(1)
    batch['data_samples'][0].set_metainfo(dict(ori_shape=(64, 96)))
    result = predictions_of(model, batch)[0]
    assert result.pred_depth_map.data.shape == (1, 64, 96)
    with torch.no_grad():
        image = model.data_preprocessor(make_batch(1))['inputs']
        logits = [F.interpolate(model(view, mode='tensor'), (32, 48), mode='bilinear')
                  for view in (image, image.flip(-1))]
    logarithms = torch.tensor(BINS.centers, dtype=torch.float32).log().view(1, -1, 1, 1)
    views = [(each.softmax(1) * logarithms).sum(1).exp() for each in logits]
    assert_close(result.pred_depth_view.data, views[0])
    assert_close(result.pred_depth_view_flipped.data, views[1].flip(-1))
    assert not torch.allclose(views[0], views[1].flip(-1))
    assert 'seg_logits' not in result
    only = predictions_of(build_model(test_cfg=dict(mode='whole', outputs=('views', ))), make_batch(1))[0]
    assert 'pred_depth_view' in only and 'pred_depth_view_flipped' not in only


def test_views_have_no_padding_and_are_the_right_way_round(build_model, make_batch):
    padded = build_model(test_cfg=dict(mode='whole', outputs=('views', )), data_preprocessor=dict(
        type='DepthDataPreProcessor', mean=[0.0] * 3, std=[1.0] * 3, test_cfg=dict(size=(48, 64))))
    assert predictions_of(padded, make_batch(1))[0].pred_depth_view.data.shape == (1, 32, 48)
    model = build_model(test_cfg=dict(mode='whole', outputs=('views', )))
    as_it_is, mirrored = make_batch(1), make_batch(1)
    for batch in (as_it_is, mirrored):
        batch['inputs'][0] = batch['inputs'][0].flip(-1)
    mirrored['data_samples'][0].set_metainfo(dict(flip=True, flip_direction='horizontal'))
    views = [predictions_of(model, batch)[0].pred_depth_view.data for batch in (as_it_is, mirrored)]
    assert_close(views[1], views[0].flip(-1))


def test_flip_is_undone(build_model, make_batch):
    flipped = make_batch(1)
    flipped['inputs'][0] = flipped['inputs'][0].flip(-1)
    flipped['data_samples'][0].set_metainfo(dict(flip=True, flip_direction='horizontal'))
    mirrored = make_batch(1)
    mirrored['inputs'][0] = mirrored['inputs'][0].flip(-1)
    model = build_model()
    assert_close(predictions_of(model, flipped)[0].pred_depth_map.data,
                 predictions_of(model, mirrored)[0].pred_depth_map.data.flip(-1))


def test_padding_is_removed(build_model, make_batch):
    model = build_model(data_preprocessor=dict(
        type='DepthDataPreProcessor', mean=[0.0] * 3, std=[1.0] * 3, test_cfg=dict(size=(48, 64))))
    assert predictions_of(model, make_batch(1))[0].pred_depth_map.data.shape == (1, 32, 48)


@pytest.mark.parametrize('resize', [False, True])
def test_kb_crop_is_pasted_back_and_compared_with_the_whole_frame(build_model, resize):
    """From the pipeline to the score: MMSegmentation alone would stretch the crop over the frame."""
    from mmseg.registry import METRICS, TRANSFORMS
    rng = np.random.default_rng(0)
    truth = rng.uniform(2, 70, (370, 1226)).astype(np.float32)
    sample = dict(img=rng.integers(0, 256, (370, 1226, 3), dtype=np.uint8), img_path='a.png', ori_shape=(370, 1226))
    steps = [dict(type='KBCrop'), *[dict(type='Resize', scale=(608, 176), keep_ratio=False)] * resize,
             dict(type='PackDepthInputs')]
    for step in steps:
        sample = TRANSFORMS.build(step)(sample)
    sample['data_samples'].gt_depth_map = PixelData(data=torch.from_numpy(truth)[None])
    model = build_model(test_cfg=dict(mode='whole', outputs=('bins', 'confidence'))).eval()
    image = sample['inputs']
    with torch.no_grad():
        result, = model.test_step(dict(inputs=[image], data_samples=[sample['data_samples']]))
        logits = model(model.data_preprocessor(dict(inputs=[image]))['inputs'], mode='tensor')
    logits = F.interpolate(logits, image.shape[1:], mode='bilinear')
    logits = F.interpolate(logits, (352, 1216), mode='bilinear')
    logarithms = torch.tensor(model.bins.centers, dtype=torch.float32).log().view(1, -1, 1, 1)
    expected = torch.zeros(1, 370, 1226)
    expected[:, 18:370, 5:1221] = (logits.softmax(1) * logarithms).sum(1).exp()
    assert_close(result.pred_depth_map.data, expected, rtol=1e-4, atol=1e-4)
    assert result.pred_confidence.data.shape == result.pred_sem_seg.data.shape == (1, 370, 1226)
    assert (result.pred_sem_seg.data[0, :18] == 255).all() and (result.pred_confidence.data[..., :5] == 0).all()
    # What was not predicted is never a good score, and is counted.
    scores = {}
    for crop in (None, 'garg', 'kb'):
        evaluator = METRICS.build(dict(type='DepthEvaluator', crop=crop))
        evaluator.process({}, [result.to_dict()])
        scores[crop] = evaluator.evaluate(1)
    assert scores[None]['bad_predictions'] == 370 * 1226 - 352 * 1216
    assert scores['garg']['bad_predictions'] == scores['kb']['bad_predictions'] == 0
    assert scores[None]['abs_rel'] > scores['kb']['abs_rel']


def test_a_prediction_that_is_not_the_crop_is_refused(build_model, make_batch):
    batch = make_batch(1)
    batch['data_samples'][0].set_metainfo(dict(crop_box=(0, 0, 31, 48), full_shape=(40, 60)))
    with pytest.raises(ValueError, match=r'scene/0.png: the prediction has \(32, 48\) pixels, its crop .* \(31, 48\)'):
        build_model().eval().test_step(batch)


def test_works_without_data_samples(build_model):
    model = build_model().eval()
    with torch.no_grad():
        results = model(torch.zeros(2, 3, 32, 48), mode='predict')
    assert [result.pred_depth_map.data.shape for result in results] == [(1, 32, 48)] * 2


def test_metres_are_float32_under_autocast_and_in_half_precision(build_model, make_batch):
    model = build_model()
    exact = predictions_of(model, make_batch(1))[0].pred_depth_map.data
    with torch.autocast('cpu', torch.bfloat16):
        cast = predictions_of(model, make_batch(1))[0].pred_depth_map.data
    assert cast.dtype == torch.float32
    assert_close(cast, exact, rtol=0.05, atol=0)
    # Certain logits decode to the center as float32 has it, up to its last digit; bfloat16 has three.
    logits = torch.full((1, 8, 4, 4), -300.0, dtype=torch.bfloat16)
    logits[:, 3] = 300.0
    with torch.autocast('cpu', torch.bfloat16):
        depth = model.bfloat16().postprocess_result(logits)[0].pred_depth_map.data
    assert depth.dtype == torch.float32
    assert_close(depth, torch.full_like(depth, BINS.centers[3]), rtol=1e-6, atol=0)


# Any model of MMSegmentation ------------------------------------------------------------------------------------------

@pytest.mark.parametrize('changes', [
    pytest.param(dict(
        backbone=dict(type='MixVisionTransformer', embed_dims=8, num_layers=[1] * 4, num_heads=[1, 1, 2, 2]),
        decode_head=dict(type='SegformerHead', in_channels=[8, 8, 16, 16], in_index=[0, 1, 2, 3], channels=8)),
        id='mit-segformer'),
    pytest.param(dict(
        backbone=dict(type='SwinTransformer', embed_dims=8, depths=[1] * 4, num_heads=[1] * 4, window_size=4),
        decode_head=dict(type='UPerHead', in_channels=[8, 16, 32, 64], in_index=[0, 1, 2, 3], channels=8),
        auxiliary_head=dict(type='FCNHead', in_channels=32, in_index=2, channels=8)), id='swin-upernet'),
    pytest.param(dict(
        neck=dict(type='FPN', in_channels=[8, 16, 32, 64], out_channels=8, num_outs=4),
        decode_head=dict(type='FPNHead', in_channels=[8] * 4, in_index=[0, 1, 2, 3], feature_strides=[4, 8, 16, 32],
                         channels=8)), id='resnet-fpn')])
def test_other_backbones_necks_and_heads(build_model, make_batch, changes):
    model = build_model(**changes)
    losses = losses_of(model, make_batch(height=64, width=64))
    sum(value for name, value in losses.items() if 'loss' in name).backward()
    depth = predictions_of(model, make_batch(1, height=64, width=64))[0].pred_depth_map.data
    assert depth.shape == (1, 64, 64) and (depth > 1).all() and (depth < 80).all()


def test_stock_encoder_decoder_trains_on_labels(make_batch, mmseg_scope):
    model = MODELS.build(ConfigDict(
        type='EncoderDecoder',
        data_preprocessor=dict(type='SegDataPreProcessor', size=(32, 48)),
        backbone=dict(type='ResNet', depth=18, base_channels=8, out_indices=(3, )),
        decode_head=dict(type='DeepLabV2Head', in_channels=64, in_index=0, num_classes=8),
        test_cfg=dict(mode='whole')))
    losses = losses_of(model, make_batch(bins=BINS))
    losses['decode.loss_ce'].backward()
    assert losses['decode.loss_ce'] > 0
    assert predictions_of(model, make_batch(1))[0].pred_sem_seg.data.shape == (1, 32, 48)
