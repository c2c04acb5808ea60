import argparse
import copy
import json

import pytest
from mmengine.config import Config
from mmengine.dataset import RepeatDataset
from mmengine.visualization import LocalVisBackend
from mmseg.registry import HOOKS, METRICS

from mmdepthcls.commands.running.program import UsageError
from mmdepthcls.commands.test import scoring, testing_options
from mmdepthcls.commands.test.test import REPORTS, check_report, protocol_name
from mmdepthcls.config.config_class import class_name
from mmdepthcls.config.config_parts import evaluators_of, leaf_datasets
from mmdepthcls.datasets import KITTIDepthDataset
from mmdepthcls.datasets.transforms import LoadDepth, PackDepthInputs
from mmdepthcls.evaluation import DepthEvaluator
from mmdepthcls.evaluation.edge_evaluator import EdgeEvaluator
from mmdepthcls.models import DepthClassifier


def test_tta():
    cfg = Config(dict(model=dict(type='A'), tta_model=dict(type='T'), tta_pipeline=[dict(type='P')],
                      test_dataloader=dict(dataset=dict(pipeline=[]))))
    testing_options.enable_tta(cfg)
    assert cfg.model == dict(type='T', module=dict(type='A'))
    assert cfg.test_dataloader.dataset.pipeline == [dict(type='P')]
    with pytest.raises(ValueError, match='DepthTTAModel'):
        testing_options.enable_tta(Config(dict(model=dict(type='DepthClassifier'), tta_model=dict(type='SegTTAModel'),
                                            tta_pipeline=[])))
    with pytest.raises(ValueError, match='no tta_pipeline and no tta_model'):
        testing_options.enable_tta(Config(dict(model=dict())))


BINS = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=8)
OTHERS = [dict(type='EdgeEvaluator'), dict(type='UncertaintyEvaluator', bins=BINS)]


@pytest.mark.parametrize('evaluator, index', [
    (dict(type='DepthEvaluator'), None), ([*OTHERS, dict(type='DepthEvaluator'), dict(type='DepthEvaluator')], 2),
    (dict(type='Evaluator', metrics=[*OTHERS, dict(type='mmseg.DepthEvaluator')]), 2),
    ([dict(type='IoUMetric'), *OTHERS], 0), ([dict(type=EdgeEvaluator), dict(type=DepthEvaluator)], 1)])
def test_predictions_are_written_by_an_evaluator_that_can(evaluator, index, tmp_path, mmseg_scope):
    cfg = Config(dict(test_evaluator=evaluator))
    testing_options.write_predictions(cfg, str(tmp_path))
    evaluators = evaluators_of(cfg.test_evaluator)
    assert [i for i, each in enumerate(evaluators) if 'output_dir' in each] == [index or 0]
    for each in evaluators:  # the real ones take it
        METRICS.build(each)


def test_predictions_that_nobody_writes():
    with pytest.raises(ValueError, match="--out: EdgeEvaluator, UncertaintyEvaluator writes no .*DepthEvaluator"):
        testing_options.write_predictions(Config(dict(test_evaluator=OTHERS)), 'out')
    built = Config(dict(test_evaluator=[DepthEvaluator()]))
    with pytest.raises(ValueError, match='--out: test_evaluator holds a DepthEvaluator that is built already'):
        testing_options.write_predictions(built, 'out')


def test_drawing_needs_the_hook():
    hook = dict(type=HOOKS.get('SegVisualizationHook'))
    cfg = Config(dict(default_hooks=dict(visualization=hook), model=dict(bins=BINS)))
    testing_options.draw_predictions(cfg, False, 'pictures', 2)
    assert cfg.default_hooks.visualization.draw and cfg.visualizer == dict(
        type='DepthVisualizer', name='visualizer', min_depth=1.0, max_depth=80.0, save_dir='pictures',
        vis_backends=[dict(type='LocalVisBackend')])
    with pytest.raises(ValueError, match='default_hooks.visualization'):
        testing_options.draw_predictions(Config(dict()), True, None, 2)


def test_a_folder_for_pictures_needs_a_backend_that_writes_them():
    hook = dict(visualization=dict(type='SegVisualizationHook'))
    for backends, number in (([], 1), (dict(type=LocalVisBackend), 1), ([dict(type='TensorboardVisBackend')], 2)):
        cfg = Config(dict(default_hooks=hook, visualizer=dict(type='DepthVisualizer', vis_backends=backends)))
        testing_options.draw_predictions(cfg, False, 'pictures', 2)
        found = cfg.visualizer.vis_backends
        assert len(found if isinstance(found, list) else [found]) == number


def test_windows_need_a_display(monkeypatch):
    monkeypatch.setattr('matplotlib.pyplot.get_backend', lambda: 'agg')
    cfg = Config(dict(default_hooks=dict(visualization=dict(type='SegVisualizationHook'))))
    with pytest.raises(ValueError, match='--show: there is no display .*--show-dir'):
        testing_options.draw_predictions(cfg, True, None, 2)


def kitti_cfg(**changes):
    return Config(dict(
        model=dict(type='DepthClassifier'), test_evaluator=dict(type='DepthEvaluator', crop='garg'),
        test_dataloader=dict(dataset=dict(type='KITTIDepthDataset', ground_truth='velodyne', pipeline=[
            dict(type='LoadImageFromFile'), dict(type='Resize', scale=(64, 32)), dict(type='LoadDepth'),
            dict(type='LoadVelodyneDepth'), dict(type='PackSegInputs')]))) | changes)


def test_aligned_rows(mmseg_scope):
    cfg = kitti_cfg()
    scoring.score_aligned(cfg)
    assert [each.alignment for each in METRICS.build(cfg.test_evaluator).protocols] == [
        None, 'median', 'scale', 'disparity']
    scoring.score_protocols(cfg, ['eigen_annotated', 'paper'])
    assert len(METRICS.build(cfg.test_evaluator).protocols) == 8
    with pytest.raises(ValueError, match='--aligned: .* is no DepthEvaluator or PerSetEvaluator but IoUMetric'):
        scoring.score_aligned(kitti_cfg(test_evaluator=dict(type='IoUMetric')))


@pytest.mark.parametrize('names, ground_truth, types', [
    (['eigen_annotated'], ['annotated'], ['LoadImageFromFile', 'Resize', 'LoadDepth', 'PackDepthInputs']),
    (['eigen_raw', 'paper', 'bts'], ['annotated', 'velodyne'], [
        'LoadImageFromFile', 'Resize', 'LoadDepth', 'LoadVelodyneDepth', 'LoadVelodyneDepth', 'PackDepthInputs']),
    (['bts', 'adabins'], ['annotated'], ['LoadImageFromFile', 'KBCrop', 'Resize', 'LoadDepth', 'PackDepthInputs']),
])
def test_protocols(names, ground_truth, types):
    cfg = kitti_cfg()
    scoring.score_protocols(cfg, names)
    dataset = cfg.test_dataloader.dataset
    assert dataset.ground_truth == ground_truth and [step.type for step in dataset.pipeline] == types
    conventions = [step.convention for step in dataset.pipeline if step.type == 'LoadVelodyneDepth']
    assert conventions == (['kitti', 'monodepth'] if 'paper' in names else [])
    assert cfg.test_evaluator.protocols == names
    assert cfg.model.test_cfg.outputs == ('views', ) and cfg.model.test_cfg.flip == ('adabins' in names)


def test_protocols_need_our_evaluator():
    with pytest.raises(ValueError, match='is no DepthEvaluator or PerSetEvaluator'):
        scoring.score_protocols(kitti_cfg(test_evaluator=dict(type='IoUMetric')), ['bts'])
    with pytest.raises(ValueError, match="no preset 'mine'"):
        scoring.score_protocols(kitti_cfg(), ['mine'])


@pytest.mark.parametrize('wrap', [
    lambda dataset: dict(type='ConcatDataset', datasets=[dataset, copy.deepcopy(dataset)]),
    lambda dataset: dict(type=RepeatDataset, times=2, dataset=dict(type='ConcatDataset', datasets=[dataset]))])
def test_protocols_of_wrapped_datasets(wrap):
    cfg = kitti_cfg()
    cfg.test_dataloader.dataset = wrap(cfg.test_dataloader.dataset.to_dict())
    scoring.score_protocols(cfg, ['bts'])
    for dataset in leaf_datasets(cfg.test_dataloader.dataset):
        assert dataset.ground_truth == ['annotated']
        assert [step.type for step in dataset.pipeline] == [
            'LoadImageFromFile', 'KBCrop', 'Resize', 'LoadDepth', 'PackDepthInputs']


def test_protocols_know_classes():
    cfg = kitti_cfg(model=dict(type=DepthClassifier), test_evaluator=dict(type=DepthEvaluator))
    dataset = cfg.test_dataloader.dataset
    dataset.type, dataset.pipeline = KITTIDepthDataset, [
        dict(type='mmcv.LoadImageFromFile'), dict(type=LoadDepth), dict(type=PackDepthInputs)]
    scoring.score_protocols(cfg, ['bts'])
    assert [class_name(step) for step in dataset.pipeline] == [
        'LoadImageFromFile', 'KBCrop', 'LoadDepth', 'PackDepthInputs']
    assert dataset.ground_truth == ['annotated'] and cfg.model.test_cfg.outputs == ('views', )


def test_protocols_say_which_settings_they_replace(mmseg_scope):
    cfg = kitti_cfg(test_evaluator=dict(type='DepthEvaluator', max_depth=50.0, crop='eigen', prefix='mine'))
    remarks = scoring.score_protocols(cfg, ['eigen_raw'])
    assert len(remarks) == 1 and "max_depth=50.0, crop='eigen'" in remarks[0]
    assert METRICS.build(cfg.test_evaluator).protocols[0].max_depth == 80
    assert not scoring.score_protocols(kitti_cfg(test_evaluator=dict(type='DepthEvaluator')), ['eigen_raw'])


def test_submission():
    cfg = kitti_cfg()
    testing_options.write_submission(cfg, 'out', 'images')
    dataset = cfg.test_dataloader.dataset
    assert cfg.test_evaluator == dict(type='KITTISubmission', output_dir='out')
    assert dataset.data_prefix == dict(img_path='images', depth_map_path=None) and dataset.test_mode
    assert [step.type for step in dataset.pipeline] == ['LoadImageFromFile', 'Resize', 'PackSegInputs']


def test_submission_with_augmentation_loads_no_depth():
    cfg = kitti_cfg(tta_model=dict(type='DepthTTAModel'), tta_pipeline=[dict(type='LoadImageFromFile'), dict(
        type='TestTimeAug', transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)],
                                        [dict(type='LoadDepth')], [dict(type='PackSegInputs')]])])
    testing_options.enable_tta(cfg)
    testing_options.write_submission(cfg, 'out', 'images')
    groups = cfg.test_dataloader.dataset.pipeline[1].transforms
    assert [[step.type for step in group] for group in groups] == [['RandomFlip', 'RandomFlip'], ['PackSegInputs']]


@pytest.mark.parametrize('dataset, published', [
    (dict(type='KITTIDepthDataset', split='test'), 'kitti_eigen'), (dict(type='KITTIDepthDataset', split='val'), None),
    (dict(type='SYNTHIADepthDataset', split='test'), 'synthia'), (dict(type='MiniDriveDataset', split='test'), None)])
def test_report(dataset, published):
    dataset = dict(type='ConcatDataset', datasets=[dataset, dataset])
    cfg = Config(dict(
        model=dict(type='T', module=dict(type='DepthClassifier', bins=dict(type='SIDBins'))),
        test_dataloader=dict(dataset=dataset),
        test_evaluator=[dict(type='IoUMetric'), dict(type='DepthEvaluator')]))
    scoring.write_report(cfg, 'out', 'mine')
    assert cfg.test_evaluator == [dict(type='IoUMetric'), dict(
        type='DepthEvaluator', report_dir='out', report_title='mine', bins=dict(type='SIDBins'), published=published)]


@pytest.mark.parametrize('launcher, variable', [('pytorch', 'RANK'), ('slurm', 'SLURM_PROCID'),
                                                ('mpi', 'OMPI_COMM_WORLD_LOCAL_RANK')])
def test_launchers_that_launched_nothing(launcher, variable, monkeypatch):
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ValueError, match=f'--launcher {launcher}: .*{variable} is not set'):
        testing_options.check_launcher(launcher)
    monkeypatch.setenv(variable, '0')
    monkeypatch.setattr(testing_options, 'get_device', lambda: 'cpu')
    with pytest.raises(ValueError, match='every process a GPU'):
        testing_options.check_launcher(launcher)
    monkeypatch.setattr(testing_options, 'get_device', lambda: 'cuda')
    testing_options.check_launcher(launcher)


# --------------------------------------------------------------------------------------------------------- several sets
def mixed_cfg(**changes):
    kitti = kitti_cfg().test_dataloader.dataset.to_dict()
    rooms = dict(type='DepthFolderDataset', pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadDepth'),
                                                      dict(type='PackDepthInputs')])
    datasets = [dict(kitti, set_name='kitti', split='test'), dict(rooms, set_name='rooms')]
    return kitti_cfg(**{**dict(
        test_evaluator=dict(type='PerSetEvaluator', sets=dict(kitti=dict(crop='garg'), rooms=None)),
        test_dataloader=dict(dataset=dict(type='ConcatDataset', datasets=datasets))), **changes})


def test_protocols_of_every_set(mmseg_scope):
    cfg = mixed_cfg()
    remarks = scoring.score_protocols(cfg, ['bts', 'eigen_annotated'])
    evaluator = METRICS.build(cfg.test_evaluator)
    assert {name: [each.name for each in part.protocols] for name, part in evaluator.evaluators.items()} == dict(
        kitti=['bts', 'eigen_annotated'], rooms=['bts', 'eigen_annotated'])
    assert len(remarks) == 1 and "the config's sets.kitti(crop='garg') does not apply" in remarks[0]
    assert cfg.model.test_cfg.outputs == ('views', )


def test_protocols_of_one_set_leave_the_others_alone(mmseg_scope):
    cfg = mixed_cfg()
    kitti, rooms = leaf_datasets(cfg.test_dataloader.dataset)
    untouched = copy.deepcopy(rooms)
    scoring.score_protocols(cfg, ['kitti:bts', 'kitti:adabins'])
    assert cfg.test_evaluator.sets == dict(kitti=dict(protocols=['bts', 'adabins']), rooms={})
    assert rooms == untouched and 'KBCrop' in [step.type for step in kitti.pipeline] and cfg.model.test_cfg.flip
    scoring.score_aligned(cfg)
    evaluator = METRICS.build(cfg.test_evaluator)
    assert [len(part.protocols) for part in evaluator.evaluators.values()] == [8, 4]
    cfg = mixed_cfg(test_evaluator=dict(type='PerSetEvaluator'))  # whatever sets come
    scoring.score_protocols(cfg, ['rooms:nyu_eigen', 'eigen_raw'])
    assert cfg.test_evaluator.sets == dict(kitti=dict(protocols=['eigen_raw']),
                                           rooms=dict(protocols=['eigen_raw', 'nyu_eigen']))
    METRICS.build(cfg.test_evaluator)


@pytest.mark.parametrize('names, cfg, message', [
    (['kiti:bts'], mixed_cfg, "--protocols kiti:bts: there is no set 'kiti'; sets are 'kitti', 'rooms'"),
    (['kitti:mine'], mixed_cfg, "no preset 'mine'"),
    (['kitti:bts'], kitti_cfg, "there is no set 'kitti'; the test evaluator scores no sets apart")])
def test_protocols_of_sets_that_are_not_there(names, cfg, message):
    with pytest.raises(ValueError, match=message):
        scoring.score_protocols(cfg(), names)


def test_report_of_several_sets():
    cfg = mixed_cfg(model=dict(type='DepthClassifier', bins=BINS))
    scoring.write_report(cfg, 'out', 'mine')
    assert cfg.test_evaluator == dict(
        type='PerSetEvaluator', sets=dict(kitti=dict(crop='garg'), rooms=None), report_dir='out', report_title='mine',
        bins=BINS, published=dict(kitti='kitti_eigen'))
    testing_options.write_predictions(cfg, 'files')
    assert cfg.test_evaluator.output_dir == 'files'


def test_a_set_without_a_name_cannot_be_scored_apart():
    cfg = mixed_cfg()
    leaf_datasets(cfg.test_dataloader.dataset)[1].pop('set_name')
    for change in (lambda: scoring.score_aligned(cfg), lambda: scoring.score_protocols(cfg, ['bts'])):
        with pytest.raises(ValueError, match="a data set without a set_name.*set_name='kitti'"):
            change()


def test_reports_of_sets_do_not_take_the_place_of_other_files(tmp_path):
    assert scoring.sets_of_test(mixed_cfg()) == ['kitti', 'rooms'] and scoring.sets_of_test(kitti_cfg()) == []
    (tmp_path / 'report.md').write_text('mine')
    with pytest.raises(UsageError, match='--report .* holds report.md, which this command did not write'):
        check_report(str(tmp_path), False)
    for kind in REPORTS:
        (tmp_path / 'report.json').write_text(json.dumps(dict(format=kind, protocols=[])))
        check_report(str(tmp_path), False)
    with pytest.raises(argparse.ArgumentTypeError, match="no protocol 'mine'; choose from eigen_raw"):
        protocol_name('kitti:mine')
    assert protocol_name('kitti:bts') == 'kitti:bts'
