"""A canonical camera in a model: against the same model without one, on depth that was scaled by hand."""
import copy

import numpy as np
import pytest
import torch
from mmseg.registry import MODELS, TRANSFORMS

from mmdepthcls.bins import BINS_SCALE, DEPTH_RANGE, SIDBins
from mmdepthcls.evaluation.uncertainty_evaluator import TemperatureFit, UncertaintyEvaluator, measured_pixels
from mmdepthcls.models.bin_checkpoint import BinMismatchError
from mmdepthcls.models.canonical_metres import FOCAL_KEY

CANONICAL = 100.0
FOCALS = (50.0, 130.0)  # of the images of one batch


@pytest.fixture
def batch(make_batch):
    data = make_batch()
    for sample, focal in zip(data['data_samples'], FOCALS, strict=True):
        sample.set_metainfo(dict(focal_px=focal))
    return data


def scaled(data):
    """The same batch as somebody prepares it who knows of no canonical camera."""
    data = copy.deepcopy(data)
    for sample, focal in zip(data['data_samples'], FOCALS, strict=True):
        sample.gt_depth_map.data *= float(np.float32(CANONICAL / focal))
    return data


def loss_of(model, data):
    data = model.data_preprocessor(copy.deepcopy(data), True)
    torch.manual_seed(0)  # of dropout
    return {name: float(value) for name, value in model.loss(**data).items()}


LOSSES = [
    {}, dict(decode_head=dict(loss_decode=[dict(type='SoftLabelLoss'), dict(type='ExpectationSILogLoss')])),
    dict(decoder=dict(type='OrdinalDecoder')),
    dict(decoder=dict(type='RegressionDecoder'), decode_head=dict(loss_decode=dict(type='RegressionSILogLoss'))),
    dict(decode_head=dict(
        _delete_=True, type='AdaptiveBinsHead', head=dict(type='FCNHead', in_channels=64, in_index=3, channels=16,
                                                          num_convs=1, norm_cfg=dict(type='BN'))),
         decoder=dict(type='ExpectationDecoder'))]


def build(small_model_cfg, changes=None, **settings):
    cfg = small_model_cfg()
    changes = copy.deepcopy(changes or {})
    head = changes.pop('decode_head', {})
    cfg['decode_head'] = head if head.pop('_delete_', False) else {**cfg['decode_head'], **head}
    torch.manual_seed(0)
    return MODELS.build({**cfg, **changes, **settings})


@pytest.mark.parametrize('changes', LOSSES)
def test_training_is_that_on_scaled_depth(small_model_cfg, batch, changes, mmseg_scope):
    canonical = build(small_model_cfg, changes, canonical_focal_px=CANONICAL)
    plain = build(small_model_cfg, changes)
    plain.load_state_dict({key: value for key, value in canonical.state_dict().items() if key != FOCAL_KEY})
    assert loss_of(canonical, batch) == loss_of(plain, scaled(batch))


def test_a_batch_is_scaled_once(small_model_cfg, batch, mmseg_scope):
    model = build(small_model_cfg, canonical_focal_px=CANONICAL)
    data = model.data_preprocessor(batch, True)
    first = data['data_samples'][0].gt_depth_map.data.clone()
    model.loss(**data)
    assert torch.equal(data['data_samples'][0].gt_depth_map.data, first)


@pytest.mark.parametrize('changes', LOSSES)
@pytest.mark.parametrize('decode_at', ['output', 'input', 'logits'])
def test_results_are_in_the_metres_of_each_camera(small_model_cfg, batch, changes, decode_at, mmseg_scope):
    softmax = 'decoder' not in changes or changes['decoder']['type'] == 'ExpectationDecoder'
    outputs = ('bins', 'views', *(('std', 'interval', 'confidence', 'entropy') if softmax else ()))
    settings = dict(test_cfg=dict(mode='whole', outputs=outputs, flip=True, decode_at=decode_at))
    canonical = build(small_model_cfg, changes, canonical_focal_px=CANONICAL, **settings).eval()
    plain = build(small_model_cfg, changes, **settings).eval()
    with torch.no_grad():
        got, expected = canonical.test_step(copy.deepcopy(batch)), plain.test_step(copy.deepcopy(batch))
    for focal, one, other in zip(FOCALS, got, expected, strict=True):
        assert one.get(BINS_SCALE) == focal / CANONICAL and other.get(BINS_SCALE) == 1
        for name in ('pred_depth_map', 'pred_depth_view', 'pred_depth_view_flipped', 'pred_std', 'pred_interval'):
            if name in other:
                torch.testing.assert_close(one.get(name).data, other.get(name).data * (focal / CANONICAL))
        for name in ('pred_sem_seg', 'pred_confidence', 'pred_entropy'):
            if name in other:
                assert torch.equal(one.get(name).data, other.get(name).data)


def test_windows_and_a_crf(small_model_cfg, batch, mmseg_scope):
    """Kernels of positions and colors know nothing of metres."""
    settings = dict(test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16)),
                    crf=dict(type='DenseCRF', iterations=2, compatibility='log', truncation=0.5))
    canonical = build(small_model_cfg, canonical_focal_px=CANONICAL, **settings).eval()
    plain = build(small_model_cfg, **settings).eval()
    with torch.no_grad():
        got, expected = canonical.test_step(copy.deepcopy(batch)), plain.test_step(copy.deepcopy(batch))
    for focal, one, other in zip(FOCALS, got, expected, strict=True):
        torch.testing.assert_close(one.pred_depth_map.data, other.pred_depth_map.data * (focal / CANONICAL))


def test_views_of_other_scales_are_brought_to_one_camera(small_model_cfg, batch, mmseg_scope):
    """A view of twice the size has half the canonical depth of the same scene."""
    tta = MODELS.build(dict(type='DepthTTAModel', module=build(small_model_cfg, canonical_focal_px=CANONICAL)))
    bins = tta.module.bins
    views = []
    for scale in (1.0, 2.0):
        sample = copy.deepcopy(batch['data_samples'][0])
        logits = torch.full((bins.num_bins, 32, 48), -30.0)
        wanted = bins.centers[5] / scale  # of the canonical camera
        above = int(np.searchsorted(bins.centers, wanted))
        share = 0.0 if scale == 1 else (bins.centers[above] - wanted) / np.diff(bins.centers)[above - 1]
        logits[above], logits[above - 1] = np.log(1 - share), np.log(share) if share else -30.0
        sample.set_metainfo({'focal_px': 50.0 * scale, BINS_SCALE: 50.0 * scale / CANONICAL})
        sample.set_data(dict(seg_logits=type(sample.gt_depth_map)(data=logits)))
        views.append(sample)
    tta.module.decoder = MODELS.build(dict(type='ExpectationDecoder'))
    merged = tta.merge_preds([views])[0]
    torch.testing.assert_close(merged.pred_depth_map.data, torch.full((1, 32, 48), bins.centers[5] * 0.5).float(),
                               rtol=1e-4, atol=0)


def test_a_sample_of_an_unknown_camera_is_refused(small_model_cfg, batch, mmseg_scope):
    model = build(small_model_cfg, canonical_focal_px=CANONICAL)
    batch['data_samples'][1].set_metainfo(dict(focal_px=None, focal_lost='Albu'))
    with pytest.raises(ValueError, match='scene/1.png: what Albu does to the focal length'):
        model.data_preprocessor(copy.deepcopy(batch), True)
    batch['data_samples'][1].set_metainfo(dict(focal_lost=None))
    with pytest.raises(ValueError, match='scene/1.png: the focal length of its camera is not known'):
        model.eval().test_step(batch)


def test_a_pipeline_of_another_canonical_camera_is_refused(small_model_cfg, batch, mmseg_scope):
    batch['data_samples'][0].set_metainfo(dict(canonical_focal_px=721.0))
    for settings in ({}, dict(canonical_focal_px=CANONICAL)):
        model = build(small_model_cfg, **settings)
        with pytest.raises(ValueError, match='scene/0.png: its pipeline has a CanonicalCamera of 721 px'):
            model.data_preprocessor(copy.deepcopy(batch), True)
        with pytest.raises(ValueError, match='CanonicalCamera of 721 px'):
            model.eval().test_step(copy.deepcopy(batch))


def test_labels_of_the_pipeline_are_compared(small_model_cfg, batch, mmseg_scope):
    """Those of metres are refused, those of canonical metres taken."""
    bins, ranges = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=8), dict(depth_range=(2.0, 60.0))
    label = TRANSFORMS.build(dict(type='DepthToBinLabel', bins=bins, **ranges))
    model = build(small_model_cfg, canonical_focal_px=CANONICAL, **ranges)
    for canonical in (CANONICAL, None):
        data = copy.deepcopy(batch)
        for sample, focal in zip(data['data_samples'], FOCALS, strict=True):
            results = label(dict(gt_depth_map=sample.gt_depth_map.data[0].numpy(), focal_px=focal,
                                 **({} if canonical is None else dict(canonical_focal_px=canonical))))
            sample.set_data(dict(gt_sem_seg=type(sample.gt_depth_map)(data=torch.from_numpy(
                results['gt_seg_map'].astype(np.int64))[None])))
        if canonical is None:
            with pytest.raises(ValueError, match='a canonical camera of 100 px'):
                build(small_model_cfg, canonical_focal_px=CANONICAL, **ranges).data_preprocessor(data, True)
        else:
            assert loss_of(model, data)


def test_a_range_is_of_the_cameras_metres(small_model_cfg, batch, mmseg_scope):
    model = build(small_model_cfg, canonical_focal_px=CANONICAL, depth_range=(5.0, 30.0))
    data = model.data_preprocessor(copy.deepcopy(batch), True)
    for before, after in zip(batch['data_samples'], data['data_samples'], strict=True):
        depth = before.gt_depth_map.data
        assert torch.equal(after.gt_depth_map.data > 0, (depth >= 5) & (depth <= 30))
    assert model.eval().test_step(batch)[0].get(DEPTH_RANGE) == (5.0, 30.0)


def test_saved_and_compared(small_model_cfg, mmseg_scope):
    weights = build(small_model_cfg, canonical_focal_px=CANONICAL).state_dict()
    assert weights[FOCAL_KEY] == CANONICAL
    build(small_model_cfg, canonical_focal_px=CANONICAL).load_state_dict(weights)
    for settings, shown in ((dict(canonical_focal_px=721.5), '721.5'), ({}, 'None')):
        with pytest.raises(BinMismatchError, match=f'canonical_focal_px=100.0; the model has.*={shown}'):
            build(small_model_cfg, **settings).load_state_dict(weights)
    for strange in (torch.tensor([1.0, 2.0]), torch.tensor(float('nan')), torch.tensor(100), 'x'):
        with pytest.raises(BinMismatchError, match='trained with canonical_focal_px'):
            build(small_model_cfg, canonical_focal_px=CANONICAL).load_state_dict({**weights, FOCAL_KEY: strange})
    plain = build(small_model_cfg).state_dict()
    assert FOCAL_KEY not in plain
    with pytest.raises(BinMismatchError, match='trained without a canonical camera'):
        build(small_model_cfg, canonical_focal_px=CANONICAL).load_state_dict(plain)


def test_a_training_that_starts_from_another_camera(small_model_cfg, mmseg_scope):
    """Its bins mean something else: the last layer begins anew, though its shape fits."""
    weights = build(small_model_cfg, canonical_focal_px=CANONICAL).state_dict()
    last = next(key for key in weights if key.startswith('decode_head') and weights[key].shape[:1] == (8, ))
    for focal, kept in ((CANONICAL, True), (70.0, False), (None, False)):
        model = build(small_model_cfg, canonical_focal_px=focal)
        model.init_weights()
        with torch.no_grad():
            model.state_dict()[last].zero_()
        model.train().load_state_dict(copy.deepcopy(weights), strict=False)
        assert torch.equal(model.state_dict()[last], weights[last]) == kept


def test_uncertainty_and_temperature_are_of_canonical_labels(small_model_cfg, batch, mmseg_scope):
    settings = dict(test_cfg=dict(mode='whole', outputs=('logits', )))
    model = build(small_model_cfg, canonical_focal_px=CANONICAL, **settings).eval()
    plain = build(small_model_cfg, **settings).eval()
    with torch.no_grad():
        got = [sample.to_dict() for sample in model.test_step(copy.deepcopy(batch))]
        expected = [sample.to_dict() for sample in plain.test_step(scaled(batch))]
    for one, other in zip(got, expected, strict=True):
        assert (measured_pixels(one, model.bins).labels == measured_pixels(other, model.bins).labels).all()
    for kind in (UncertaintyEvaluator, TemperatureFit):
        metrics = []
        for samples in (got, expected):
            evaluator = kind(bins=SIDBins(1.0, 80.0, 8))
            evaluator.process(None, samples)
            metrics.append(evaluator.compute_metrics(evaluator.results))
            metrics[-1].pop('interval_width', None)  # m
        assert metrics[0] == pytest.approx(metrics[1], rel=1e-3)


def test_without_samples_metres_are_the_canonical_ones(small_model_cfg, mmseg_scope):
    image = torch.rand(1, 3, 32, 48)
    with torch.no_grad():
        one, other = (build(small_model_cfg, canonical_focal_px=focal).eval().predict(image)[0].pred_depth_map.data
                      for focal in (CANONICAL, None))
    assert torch.equal(one, other)


@pytest.mark.parametrize('settings', [dict(canonical_focal_px=0), dict(canonical_focal_px='1000'),
                                      dict(canonical_focal_px=float('nan')), dict(depth_range=(3, 1)),
                                      dict(depth_range=5.0)])
def test_settings_without_sense(small_model_cfg, settings, mmseg_scope):
    with pytest.raises((ValueError, TypeError), match='DepthClassifier'):
        build(small_model_cfg, **settings)
