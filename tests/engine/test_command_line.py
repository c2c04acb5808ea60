import argparse

import pytest
from mmengine.config import Config

from mmdepthcls.arguments import add_arguments
from mmdepthcls.engine import command_line


def parse(tmp_path, *arguments, text="model = dict(type='A', depth=18)\n"):
    config = tmp_path / 'my_config.py'
    config.write_text(text)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(config), *arguments])


def test_config_options_and_work_dir(tmp_path):
    cfg = command_line.load_config(parse(tmp_path, '--cfg-options', 'model.depth=34'))
    assert cfg.model.depth == 34 and cfg.launcher == 'none' and cfg.work_dir == 'work_dirs/my_config'
    assert command_line.load_config(parse(tmp_path, '--work-dir', 'here')).work_dir == 'here'
    assert command_line.load_config(parse(tmp_path, text="work_dir = 'there'\n")).work_dir == 'there'


def test_amp():
    cfg = Config(dict(optim_wrapper=dict(type='OptimWrapper')))
    command_line.enable_amp(cfg)
    assert cfg.optim_wrapper == dict(type='AmpOptimWrapper', loss_scale='dynamic')
    with pytest.raises(ValueError, match="got 'MyWrapper'"):
        command_line.enable_amp(Config(dict(optim_wrapper=dict(type='MyWrapper'))))


def test_tta():
    cfg = Config(dict(model=dict(type='A'), tta_model=dict(type='T'), tta_pipeline=[dict(type='P')],
                      test_dataloader=dict(dataset=dict(pipeline=[]))))
    command_line.enable_tta(cfg)
    assert cfg.model == dict(type='T', module=dict(type='A'))
    assert cfg.test_dataloader.dataset.pipeline == [dict(type='P')]
    with pytest.raises(ValueError, match='DepthTTAModel'):
        command_line.enable_tta(Config(dict(model=dict(type='DepthClassifier'), tta_model=dict(type='SegTTAModel'),
                                            tta_pipeline=[])))
    with pytest.raises(ValueError, match='no tta_pipeline and no tta_model'):
        command_line.enable_tta(Config(dict(model=dict())))


@pytest.mark.parametrize('evaluator', [dict(type='E'), [dict(type='E'), dict(type='F')]], ids=['one', 'list'])
def test_predictions_are_written_by_every_evaluator(evaluator):
    cfg = Config(dict(test_evaluator=evaluator))
    command_line.write_predictions(cfg, 'out')
    for one in cfg.test_evaluator if isinstance(evaluator, list) else [cfg.test_evaluator]:
        assert one.output_dir == 'out' and one.keep_results is True


def test_drawing_needs_the_hook():
    cfg = Config(dict(default_hooks=dict(visualization=dict(type='H')), visualizer=dict(type='V')))
    command_line.draw_predictions(cfg, False, 'pictures', 2)
    assert cfg.default_hooks.visualization.draw and cfg.visualizer.save_dir == 'pictures'
    with pytest.raises(ValueError, match='default_hooks.visualization'):
        command_line.draw_predictions(Config(dict()), True, None, 2)


def kitti_cfg(**changes):
    return Config(dict(
        model=dict(type='DepthClassifier'), test_evaluator=dict(type='DepthEvaluator', crop='garg'),
        test_dataloader=dict(dataset=dict(type='KITTIDepthDataset', ground_truth='velodyne', pipeline=[
            dict(type='LoadImageFromFile'), dict(type='Resize', scale=(64, 32)), dict(type='LoadDepth'),
            dict(type='LoadVelodyneDepth'), dict(type='PackSegInputs')]))) | changes)


@pytest.mark.parametrize('names, ground_truth, types', [
    (['eigen_annotated'], ['annotated'], ['LoadImageFromFile', 'Resize', 'LoadDepth', 'PackDepthInputs']),
    (['eigen_raw', 'paper', 'bts'], ['annotated', 'velodyne'], [
        'LoadImageFromFile', 'Resize', 'LoadDepth', 'LoadVelodyneDepth', 'LoadVelodyneDepth', 'PackDepthInputs']),
    (['bts', 'adabins'], ['annotated'], ['LoadImageFromFile', 'KBCrop', 'Resize', 'LoadDepth', 'PackDepthInputs']),
])
def test_protocols(names, ground_truth, types):
    cfg = kitti_cfg()
    command_line.score_protocols(cfg, names)
    dataset = cfg.test_dataloader.dataset
    assert dataset.ground_truth == ground_truth and [step.type for step in dataset.pipeline] == types
    conventions = [step.convention for step in dataset.pipeline if step.type == 'LoadVelodyneDepth']
    assert conventions == (['kitti', 'monodepth'] if 'paper' in names else [])
    assert cfg.test_evaluator.protocols == names
    assert cfg.model.test_cfg.outputs == ('views', ) and cfg.model.test_cfg.flip == ('adabins' in names)


def test_protocols_need_our_evaluator():
    with pytest.raises(ValueError, match='is no DepthEvaluator'):
        command_line.score_protocols(kitti_cfg(test_evaluator=dict(type='IoUMetric')), ['bts'])
    with pytest.raises(ValueError, match="no preset 'mine'"):
        command_line.score_protocols(kitti_cfg(), ['mine'])


def test_submission():
    cfg = kitti_cfg()
    command_line.write_submission(cfg, 'out', 'images')
    dataset = cfg.test_dataloader.dataset
    assert cfg.test_evaluator == dict(type='KITTISubmission', output_dir='out')
    assert dataset.data_prefix == dict(img_path='images', depth_map_path=None) and dataset.test_mode
    assert [step.type for step in dataset.pipeline] == ['LoadImageFromFile', 'Resize', 'PackSegInputs']


@pytest.mark.parametrize('dataset, published', [
    (dict(type='KITTIDepthDataset', split='test'), 'kitti_eigen'), (dict(type='KITTIDepthDataset', split='val'), None),
    (dict(type='SYNTHIADepthDataset', split='test'), 'synthia'), (dict(type='MiniDriveDataset', split='test'), None)])
def test_report(dataset, published):
    cfg = Config(dict(
        model=dict(type='DepthClassifier', bins=dict(type='SIDBins')), test_dataloader=dict(dataset=dataset),
        test_evaluator=[dict(type='IoUMetric'), dict(type='DepthEvaluator')]))
    command_line.write_report(cfg, 'out', 'mine')
    assert cfg.test_evaluator == [dict(type='IoUMetric'), dict(
        type='DepthEvaluator', report_dir='out', report_title='mine', bins=dict(type='SIDBins'), published=published)]
