import pytest
import torch
from mmseg.registry import MODELS
from torch.testing import assert_close

pytestmark = pytest.mark.usefixtures('mmseg_scope')


def views_of(make_batch):
    """The image and its mirror image, as TestTimeAug yields them."""
    plain, flipped = make_batch(1), make_batch(1)
    flipped['inputs'][0] = flipped['inputs'][0].flip(-1)
    flipped['data_samples'][0].set_metainfo(dict(flip=True, flip_direction='horizontal'))
    return dict(inputs=[plain['inputs'], flipped['inputs']],
                data_samples=[plain['data_samples'], flipped['data_samples']])


@pytest.mark.parametrize('outputs', [(), ('bins', 'confidence', 'logits')], ids=['depth', 'all'])
def test_averages_probabilities_and_decodes_once(make_batch, small_model_cfg, outputs):
    torch.manual_seed(0)
    model = MODELS.build(dict(
        type='DepthTTAModel', module=small_model_cfg(test_cfg=dict(mode='whole', outputs=outputs)))).eval()
    with torch.no_grad():
        result = model.test_step(views_of(make_batch))[0]
        inputs = model.module.data_preprocessor(make_batch(1))['inputs']
        logits = [torch.nn.functional.interpolate(model.module(x, mode='tensor'), (32, 48), mode='bilinear')
                  for x in (inputs, inputs.flip(-1))]
    probabilities = (logits[0].softmax(1) + logits[1].flip(-1).softmax(1)) / 2
    logarithms = torch.tensor(model.module.bins.centers, dtype=torch.float32).log().view(1, -1, 1, 1)
    assert_close(result.pred_depth_map.data, (probabilities * logarithms).sum(1).exp())
    assert result.gt_depth_map.data.shape == (1, 32, 48)
    assert result.img_path == 'scene/0.png'
    fields = {'pred_sem_seg', 'pred_confidence', 'seg_logits'}
    assert fields & set(result.keys()) == (fields if outputs else set())
    if outputs:
        assert_close(result.pred_confidence.data, probabilities.amax(1))
        assert torch.equal(result.pred_sem_seg.data, probabilities.argmax(1))


def test_a_crop_is_pasted_after_merging(make_batch, small_model_cfg):
    outputs = ('bins', 'confidence', 'logits')
    torch.manual_seed(0)
    model = MODELS.build(dict(
        type='DepthTTAModel', module=small_model_cfg(test_cfg=dict(mode='whole', outputs=outputs)))).eval()
    pasted = views_of(make_batch)
    for (sample, ) in pasted['data_samples']:
        sample.set_metainfo(dict(crop_box=(3, 5, 32, 48), full_shape=(40, 60)))
    with torch.no_grad():
        plain, result = model.test_step(views_of(make_batch))[0], model.test_step(pasted)[0]
    for name, outside in (('pred_depth_map', 0), ('pred_confidence', 0), ('pred_sem_seg', 255)):
        values, frame = plain.get(name).data, result.get(name).data
        assert frame.shape == (1, 40, 60) and torch.equal(frame[:, 3:35, 5:53], values)
        assert (frame == outside).sum() == 40 * 60 - 32 * 48
    assert result.seg_logits.data.shape == (8, 32, 48)


def test_mirrored_views_are_blended_at_the_borders(make_batch, small_model_cfg):
    def probabilities(flip, views):
        torch.manual_seed(0)
        model = MODELS.build(dict(type='DepthTTAModel', flip=flip, module=small_model_cfg(
            test_cfg=dict(mode='whole', outputs=('logits', ))))).eval()
        with torch.no_grad():
            return model.test_step(views)[0].seg_logits.data.softmax(0)

    both = views_of(make_batch)
    plain, mirrored = (dict(inputs=both['inputs'][i:i + 1], data_samples=both['data_samples'][i:i + 1]) for i in (0, 1))
    plain, mirrored, mean = probabilities('mean', plain), probabilities('mean', mirrored), probabilities('mean', both)
    blended = probabilities('blend', views_of(make_batch))
    assert_close(mean, (plain + mirrored) / 2)
    assert_close(blended[..., 0], mirrored[..., 0])
    assert_close(blended[..., -1], plain[..., -1])
    assert_close(blended[..., 10:38], mean[..., 10:38])  # beyond 10 % of 48 columns on both sides
    assert_close(blended.sum(0), torch.ones(32, 48))


def test_several_scales(make_batch, small_model_cfg):
    """Views of other sizes come back at the original size before they are averaged."""
    torch.manual_seed(0)
    model = MODELS.build(dict(type='DepthTTAModel', module=small_model_cfg())).eval()
    plain, larger = make_batch(1), make_batch(1, height=48, width=72)
    larger['data_samples'][0].set_metainfo(dict(ori_shape=(32, 48)))
    with torch.no_grad():
        result = model.test_step(dict(inputs=[plain['inputs'], larger['inputs']],
                                      data_samples=[plain['data_samples'], larger['data_samples']]))[0]
        logits = []
        for batch in (make_batch(1), make_batch(1, height=48, width=72)):
            inputs = model.module.data_preprocessor(batch)['inputs']
            each = torch.nn.functional.interpolate(model.module(inputs, mode='tensor'), inputs.shape[2:],
                                                   mode='bilinear')
            logits.append(torch.nn.functional.interpolate(each, (32, 48), mode='bilinear'))
    probabilities = (logits[0].softmax(1) + logits[1].softmax(1)) / 2
    logarithms = torch.tensor(model.module.bins.centers, dtype=torch.float32).log().view(1, -1, 1, 1)
    assert_close(result.pred_depth_map.data, (probabilities * logarithms).sum(1).exp())


@pytest.mark.parametrize('flip', ['both', None])
def test_an_unknown_flip_is_refused(small_model_cfg, flip):
    with pytest.raises(ValueError, match=f"flip must be one of .*got {flip!r}"):
        MODELS.build(dict(type='DepthTTAModel', flip=flip, module=small_model_cfg()))


def test_blending_needs_both_kinds_of_views(make_batch, small_model_cfg):
    model = MODELS.build(dict(type='DepthTTAModel', flip='blend', module=small_model_cfg())).eval()
    batch = make_batch(1)
    with pytest.raises(ValueError, match='needs mirrored and other views, the tta_pipeline gives 0 and 1'):
        model.test_step(dict(inputs=[batch['inputs']], data_samples=[batch['data_samples']]))
