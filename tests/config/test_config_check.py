import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine.config import Config
from mmengine.structures import PixelData

from mmdepthcls.commands.make_config.recipe_file import shipped_configs
from mmdepthcls.config.config_check import KEYS, check_config, check_keys


@pytest.mark.parametrize('key, meant', [
    ('load_form', 'load_from'), ('resum', 'resume'), ('train_cfgg', 'train_cfg'), ('optim_wraper', 'optim_wrapper'),
    ('custom_import', 'custom_imports'), ('test_evalutor', 'test_evaluator'), ('workdir', 'work_dir')])
def test_misspelt_keys(key, meant):
    with pytest.raises(ValueError, match=f"'{key}' is read by nothing. Did you mean '{meant}'"):
        check_keys(Config({key: 1}))


@given(st.sampled_from([key for key in KEYS if len(key) > 5]), st.data())
def test_a_slip_of_the_fingers_is_noticed(key, data):
    position = data.draw(st.integers(0, len(key) - 2))
    one, other = key[position:position + 2]
    slip = data.draw(st.sampled_from([other + one, one + 'x' + other, other]))
    misspelt = key[:position] + slip + key[position + 2:]
    if misspelt in KEYS:
        return
    with pytest.raises(ValueError, match='Did you mean'):
        check_keys({misspelt: 1})


def test_variables_of_configs_pass():
    check_keys(dict.fromkeys(('bins', 'crop_size', 'data_root', 'train_pipeline', 'test_pipeline', 'norm_cfg', *KEYS)))


def test_no_recipe_that_is_shipped_is_refused():
    paths = sorted(shipped_configs().rglob('*.py'))
    assert len(paths) > 100
    for path in paths:
        check_keys(re.findall(r'^([A-Za-z]\w*) *=', path.read_text('utf-8'), re.MULTILINE))


@pytest.mark.parametrize('change, message', [
    (dict(set_name=None), 'val_dataloader: KITTIDepthDataset has no set_name'),
    (dict(set_name='kiti'), r"has the set_name 'kiti', and val_evaluator.sets names only 'kitti'. .*sets.kiti=\{\}"),
    (dict(pipeline=[dict(type='LoadDepth'), dict(type='PackSegInputs')]), 'Take PackDepthInputs'), (dict(), None)])
def test_sets_that_cannot_be_told_apart_are_refused_before_a_training(change, message):
    dataset = dict(dict(type='KITTIDepthDataset', set_name='kitti', pipeline=[dict(type='PackDepthInputs')]), **change)
    cfg = Config(dict(val_dataloader=dict(dataset=dict(type='ConcatDataset', datasets=[dataset])),
                      val_evaluator=dict(type='PerSetEvaluator', sets=dict(kitti={}))))
    if message:
        with pytest.raises(ValueError, match=message):
            check_config(cfg)
    else:
        check_config(cfg)


def test_weights_that_do_not_fit_the_sets_are_refused_before_a_training():
    datasets = [dict(type='KITTIDepthDataset', set_name=name) for name in ('kitti', 'own', 'kitti')]
    loader = dict(dataset=dict(type='ConcatDataset', datasets=datasets),
                  sampler=dict(type='WeightedSetSampler', weights=dict(kitti=1, own=2)))
    check_config(Config(dict(train_dataloader=loader)))
    loader['sampler']['weights'] = dict(kitti=1)
    with pytest.raises(ValueError, match="'own' has no weight"):
        check_config(Config(dict(train_dataloader=loader)))


def test_a_model_whose_labels_nobody_makes():
    def cfg(model, *steps):
        pipeline = [dict(type=step) for step in ('LoadImageFromFile', 'LoadDepth', *steps, 'PackDepthInputs')]
        dataset = dict(type='RepeatDataset', dataset=dict(type='DepthFolderDataset', pipeline=pipeline))
        return Config(dict(model=dict(type=model), train_dataloader=dict(dataset=dataset)))

    with pytest.raises(ValueError, match="'EncoderDecoder' trains on labels.*'DepthClassifier'.*'DepthToBinLabel'"):
        check_config(cfg('EncoderDecoder', 'DepthCrop'))
    for fine in (cfg('DepthClassifier'), cfg('DepthEstimator'), cfg('EncoderDecoder', 'DepthToBinLabel'),
                 cfg('mmseg.EncoderDecoder', 'OneOfMyOwn')):
        check_config(fine)


def test_metrics_of_classes():
    def cfg(*metrics):
        return dict(model=dict(type='DepthClassifier'), val_evaluator=[dict(type=each) for each in metrics])

    with pytest.raises(ValueError, match='val_evaluator: IoUMetric scores classes.*DepthEvaluator'):
        check_config(cfg('DepthEvaluator', 'mmseg.IoUMetric'))
    check_config(cfg('DepthEvaluator', 'DepthMetric', 'OneOfMyOwn'))
    check_config(cfg('IoUMetric') | dict(model=dict(type='EncoderDecoder')))
    # Bins are classes, for whoever wants them scored.
    check_config(cfg('IoUMetric') | dict(model=dict(type='DepthClassifier', test_cfg=dict(outputs=('bins', )))))


def test_bins_are_scored_as_classes(build_model, make_batch):
    """By MMSegmentation's own metric, of a model that is asked for them."""
    from mmseg.evaluation import IoUMetric
    model, batch = build_model(test_cfg=dict(mode='whole', outputs=('bins', ))).eval(), make_batch(num=2)
    for sample in batch['data_samples']:
        sample.gt_sem_seg = PixelData(data=model.bins.encode(sample.gt_depth_map.data))
    metric = IoUMetric(iou_metrics=['mIoU'])
    metric.dataset_meta = dict(classes=[str(index) for index in range(model.bins.num_bins)])
    metric.process({}, [sample.to_dict() for sample in model.test_step(batch)])
    assert 0 <= metric.evaluate(2)['aAcc'] <= 100
