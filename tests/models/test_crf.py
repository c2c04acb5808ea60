import numpy as np
import pytest
import torch
from torch.testing import assert_close

from mmdepthcls.crf.dense_crf import dense_crf
from mmdepthcls.models.crf import DenseCRF

CRF = dict(type='DenseCRF', iterations=3, appearance_width=5.0, color_width=20.0)
SETTINGS = dict(iterations=3, smoothness_weight=3.0, smoothness_width=1.0, appearance_weight=4.0, appearance_width=5.0,
                color_width=20.0)
LOGITS = dict(mode='whole', outputs=('logits', ))


@pytest.fixture
def predict(build_model, make_batch):
    """Data samples of a small model with changes, that has made up its mind, for a batch."""
    def run(batch=None, **changes):
        model = build_model(**changes).eval()
        for parameter in model.decode_head.parameters():
            parameter.data *= 30
        with torch.no_grad():
            return model, model.test_step(batch or make_batch())
    return run


def test_is_the_pure_function_on_the_images_that_were_loaded(predict, make_batch):
    batch = make_batch()
    model, plain = predict(make_batch(), test_cfg=LOGITS)
    _, sharpened = predict(batch, test_cfg=LOGITS, crf=CRF)
    for before, after, image in zip(plain, sharpened, batch['inputs'], strict=True):
        expected = dense_crf(before.seg_logits.data[None].softmax(1), image.flip(0)[None], **SETTINGS)
        assert_close(after.seg_logits.data[None].exp(), expected, rtol=1e-4, atol=1e-5)
        assert (before.seg_logits.data.softmax(0) - expected[0]).abs().max() > 0.01
        logarithms = torch.as_tensor(model.bins.centers.copy()).log()[:, None, None].float()
        depth = (expected[0] * logarithms).sum(0).exp()
        assert_close(after.pred_depth_map.data[0], depth, rtol=1e-4, atol=1e-4)


def test_nothing_changes_without_weights(predict):
    _, plain = predict()
    _, same = predict(crf=dict(type='DenseCRF', smoothness_weight=0.0, appearance_weight=0.0))
    for before, after in zip(plain, same, strict=True):
        assert_close(before.pred_depth_map.data, after.pred_depth_map.data, rtol=1e-5, atol=1e-4)


def test_has_no_weights(build_model):
    assert build_model(crf=CRF).state_dict().keys() == build_model().state_dict().keys()


def test_padding_takes_no_part(predict, make_batch, small_model_cfg):
    """An image that is padded to the size of another one is sharpened as it is alone."""
    preprocessor = dict(small_model_cfg()['data_preprocessor'], test_cfg=dict(size=(48, 64)))
    calls = []
    model, _ = predict(crf=CRF, data_preprocessor=preprocessor)
    model.crf.register_forward_hook(lambda module, given, result: calls.append((given[0].shape, given[1].clone())))
    batch = make_batch()
    with torch.no_grad():
        results = model.test_step(batch)
    assert [shape for shape, _ in calls] == [(8, 32, 48)] * 2
    for (_, image), given in zip(calls, batch['inputs'], strict=True):
        assert torch.equal(image.flip(0), given.float())
    assert results[0].pred_depth_map.data.shape == (1, 32, 48)


def test_views_and_mirrored_views_are_sharpened(predict, make_batch):
    test_cfg = dict(mode='whole', outputs=('views', ), flip=True)
    _, plain = predict(make_batch(), test_cfg=test_cfg)
    _, sharpened = predict(make_batch(), test_cfg=test_cfg, crf=CRF)
    for name in ('pred_depth_view', 'pred_depth_view_flipped'):
        assert not torch.allclose(plain[0].get(name).data, sharpened[0].get(name).data, rtol=1e-2)
    assert_close(sharpened[0].pred_depth_view.data, sharpened[0].pred_depth_map.data)


@pytest.mark.parametrize('changes', [dict(compatibility='linear', truncation=3.0),
                                     dict(compatibility='log', truncation=1.5),
                                     dict(compatibility=(1 - np.eye(8)).tolist())])
def test_compatibilities(predict, changes):
    model, results = predict(crf=dict(CRF, **changes))
    depth = results[0].pred_depth_map.data
    assert depth.isfinite().all() and depth.min() >= model.bins.min_depth
    _, potts = predict(crf=CRF)
    same = torch.allclose(depth, potts[0].pred_depth_map.data, rtol=1e-4)
    assert same == isinstance(changes['compatibility'], list)


def test_works_with_windows_and_bins_of_each_image(predict, small_model_cfg):
    head = dict(type='AdaptiveBinsHead', head=small_model_cfg()['decode_head'])
    for changes in (dict(test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16))), dict(decode_head=head)):
        _, plain = predict(**changes)
        _, sharpened = predict(crf=dict(CRF, compatibility='log'), **changes)
        before, after = plain[0].pred_depth_map.data, sharpened[0].pred_depth_map.data
        assert before.shape == after.shape and not torch.allclose(before, after, rtol=1e-2)


def test_another_crf_is_passed_and_nothing_stays(build_model, make_batch):
    """As a comparison does: what the model's own CRF would give, and its logits as they were."""
    model, other = build_model(crf=CRF).eval(), DenseCRF(iterations=1, smoothness_width=2.0)
    data = model.data_preprocessor(make_batch())
    metainfos = [sample.metainfo for sample in data['data_samples']]
    with torch.no_grad():
        logits = model.inference(data['inputs'], metainfos)
        before = logits.logits.clone()
        own, passed = (model.refine(logits, data['inputs'], metainfos, crf) for crf in (None, other))
        assert torch.equal(logits.logits, before) and own.kind == passed.kind == 'log_probabilities'
        assert type(model.crf) is DenseCRF and model.crf.settings['iterations'] == 3
        model.crf = other
        assert torch.equal(model.refine(logits, data['inputs'], metainfos).logits, passed.logits)
    assert not torch.equal(own.logits, passed.logits)


def test_a_crf_that_is_passed_is_checked(build_model, make_batch):
    model = build_model(decode_head=dict(
        type='FCNHead', in_channels=64, in_index=3, channels=8, loss_decode=dict(type='OrdinalLoss'))).eval()
    inputs = model.data_preprocessor(make_batch())['inputs']
    metainfos = [dict(ori_shape=(32, 48), img_shape=(32, 48))] * 2
    with torch.no_grad(), pytest.raises(ValueError, match='OrdinalDecoder are not. Set crf=None'):
        model.refine(model.inference(inputs, metainfos), inputs, metainfos, DenseCRF())


@pytest.mark.parametrize('changes, message', [
    (dict(crf=dict(CRF, color_width=0)), 'model.crf: color_width must be finite and > 0'),
    (dict(crf=dict(CRF, compatibility='chess')), "model.crf: .*compatibility.*'chess'"),
    (dict(crf=CRF, test_cfg=dict(mode='whole', decode_at='logits')), "Set test_cfg.decode_at='input'"),
    (dict(crf=CRF, decoder=dict(type='OrdinalDecoder')), 'OrdinalDecoder are not. Set crf=None'),
])
def test_what_makes_no_sense_is_refused_when_the_model_is_built(build_model, changes, message):
    with pytest.raises(ValueError, match=message):
        build_model(**changes)


def test_the_defaults_are_those_of_deeplab_v2():
    """Chen et al. (2018) with ResNet-101 on PASCAL VOC."""
    settings = DenseCRF().settings
    assert (settings['appearance_weight'], settings['appearance_width'], settings['color_width']) == (4, 67, 3)
    assert (settings['smoothness_weight'], settings['smoothness_width'], settings['iterations']) == (3, 1, 10)
