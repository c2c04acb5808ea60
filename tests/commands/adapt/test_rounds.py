"""Whole adaptations on a few small images: rounds, stops at any point, what they refuse."""
import builtins
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import DefaultScope
from mmseg.registry import HOOKS, MODELS

from mmdepthcls.adaptation import target_labelling
from mmdepthcls.commands.adapt.adaptation_plan import AdaptationPlan
from mmdepthcls.commands.adapt.rounds import Rounds, describe
from mmdepthcls.commands.running import console
from mmdepthcls.commands.running.program import UsageError, answer_of
from mmdepthcls.hooks.folder_lock import release

CONFIGS = Path(__file__).parents[3] / 'configs'
TINY = {'model.backbone.base_channels': 8, 'model.decode_head.in_channels': 64, 'train_dataloader.num_workers': 0,
        'train_dataloader.persistent_workers': False, 'train_dataloader.batch_size': 2,
        'train_dataloader.batch_sampler.source': 1, 'self_training.rounds': 2, 'self_training.epochs': 0.5}


@HOOKS.register_module(force=True)
class BreakOff(Hook):
    """Ends the process of a training, so to say."""

    def __init__(self, at):
        self.at = at

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        """After a step of the second round."""
        if 'round_2' in runner.work_dir and runner.iter + 1 == self.at:
            raise KeyboardInterrupt


@pytest.fixture(scope='module')
def target(minidrive, tmp_path_factory):
    """A MiniDrive whose depth nobody can read."""
    root = tmp_path_factory.mktemp('target') / 'minidrive'
    shutil.copytree(minidrive, root)
    for path in (*root.glob('depth/train/*'), *root.glob('depth_sparse/train/*')):
        path.write_bytes(b'nobody may open this')
    return str(root)


@pytest.fixture(scope='module')
def start(tmp_path_factory):
    """Checkpoint of a small model."""
    cfg = Config.fromfile(CONFIGS / 'cbst_deeplabv2_r18_minidrive.py')
    cfg.merge_from_dict(TINY)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
    path = tmp_path_factory.mktemp('start') / 'start.pth'
    torch.save(dict(state_dict=model.state_dict()), path)
    return str(path)


@pytest.fixture
def config(minidrive, target, start, monkeypatch):
    """Builds the config of an adaptation."""
    monkeypatch.setenv('MINIDRIVE_SOURCE_ROOT', minidrive)
    monkeypatch.setenv('MINIDRIVE_TARGET_ROOT', target)

    def build(folder, **options):
        cfg = Config.fromfile(CONFIGS / 'cbst_deeplabv2_r18_minidrive.py')
        cfg.merge_from_dict({**TINY, **options})
        cfg.work_dir, cfg.load_from, cfg.launcher = str(folder), start, 'none'
        return cfg

    yield build


def adapt(cfg):
    """A whole adaptation, as the command makes it."""
    plan = AdaptationPlan(cfg)
    plan.check_data()
    try:
        plan.begin()
        console.begin()
        rounds = Rounds(plan)
        rounds.run()
    finally:
        release(plan.folder)
    return rounds


def outcome(rounds):
    """Files and weights that an adaptation leaves."""
    files, weights = {}, {}
    for number in (1, 2):
        folder = rounds.folder(number)
        files |= {str(path.relative_to(rounds.plan.folder)): path.read_bytes() for path in (
            folder / 'record.json', *(folder / 'labels').rglob('*.*'))}
        weights |= {f'{number}.{name}': value for name, value in torch.load(
            rounds.weights(number), weights_only=False)['state_dict'].items()}
    return files, weights


@pytest.fixture(scope='module')
def undisturbed():
    """What an adaptation leaves that nobody stops, made once."""
    return {}


@pytest.fixture
def expected(undisturbed, config, tmp_path):
    if not undisturbed:
        undisturbed['is'] = outcome(adapt(config(tmp_path / 'whole')))
    return undisturbed['is']


def same(found, expected):
    assert found[0] == expected[0]
    assert found[1].keys() == expected[1].keys()
    assert all(torch.equal(found[1][name], value) for name, value in expected[1].items())


def test_rounds_label_and_train_without_depth_of_the_target(config, target, tmp_path, monkeypatch, undisturbed):
    opened, real = [], builtins.open

    def patched(file, *arguments, **options):
        opened.append(str(file))
        return real(file, *arguments, **options)

    monkeypatch.setattr(builtins, 'open', patched)
    monkeypatch.setattr('io.open', patched)
    rounds = adapt(config(tmp_path / 'work'))
    undisturbed['is'] = outcome(rounds)
    of_target = [name for name in opened if name.startswith(target)]
    assert any('/image/train/' in name for name in of_target)
    assert not any('/depth' in name or '/test/' in name or '/val/' in name for name in of_target)
    records = [rounds.record(number) for number in (1, 2)]
    assert [record['portion'] for record in records] == [0.2, 0.3]
    assert records[0]['weights_sha256'] != records[1]['weights_sha256']
    assert all(record['settings']['num_groups'] == 10 and record['images'] == 4 for record in records)
    learnt = torch.load(rounds.weights(1), weights_only=False)
    assert learnt['optimizer']['param_groups'][0]['lr'] == pytest.approx(5e-4)
    learnt = torch.load(rounds.weights(2), weights_only=False)
    assert learnt['optimizer']['param_groups'][0]['lr'] == pytest.approx(5e-4 / 2**0.5)
    assert learnt['meta']['iter'] == rounds.iterations() == 2


@pytest.mark.long  # slices: tests/adaptation/test_target_labelling.py and the tests of resuming a training
def test_stopped_while_it_labels_and_while_it_trains_it_goes_on_to_the_same(config, expected, tmp_path, monkeypatch):
    real = target_labelling.write_label

    def write(folder, name, *content):
        if 'round_2' in str(folder) and name == '000002.png':
            raise KeyboardInterrupt
        real(folder, name, *content)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(target_labelling, 'write_label', write)
        adapt(config(tmp_path / 'work'))
    assert (tmp_path / 'work/round_2/readings').exists()
    with pytest.raises(KeyboardInterrupt):
        adapt(config(tmp_path / 'work', custom_hooks=[dict(type='BreakOff', at=1)],
                     **{'default_hooks.checkpoint.interval': 1}))
    assert not (tmp_path / 'work/round_2/readings').exists()
    same(outcome(adapt(config(tmp_path / 'work'))), expected)
    # What is done is not done again.
    monkeypatch.setattr(console, 'build_runner', None)
    same(outcome(adapt(config(tmp_path / 'work'))), expected)
    for options, said in (({'self_training.portion': 0.4}, 'other settings .portion=0.2 there, 0.4 now'),
                          ({'model.decode_head.dilations': (1, 2)}, 'other model, optimizer, data or pipelines')):
        with pytest.raises(UsageError, match=f'{said}.*Name another --work-dir'):
            adapt(config(tmp_path / 'work', **options))
    (tmp_path / 'work/adaptation.json').unlink()
    with pytest.raises(UsageError, match='holds round_1 and no adaptation.json'):
        adapt(config(tmp_path / 'work'))


@pytest.mark.long
def test_soft_labels_and_shares_of_the_source_are_trained_with(config, tmp_path):
    cfg = config(tmp_path / 'work', **{'self_training.soft_labels': 0.1, 'self_training.source_share': 0.5,
                                       'self_training.rounds': 1, 'self_training.source_max': 1.0})
    rounds = adapt(cfg)
    training = rounds.training_config(1)
    assert training.val_dataloader is None and training.test_dataloader is None and training.test_evaluator is None
    assert training.train_dataloader.dataset.datasets[0].share == 0.5
    assert Path(rounds.weights(1)).is_file()
    loss, = training.model.decode_head.loss_decode
    assert (loss.type, loss.distance, loss.sigma) == ('SoftLabelLoss', 'log_depth', 0.1)


@pytest.mark.long
def test_features_are_made_alike_while_pseudo_labels_teach(config, tmp_path):
    rounds = adapt(config(tmp_path / 'work', **{'model.adaptation': dict(type='DAN', target_labels=True)}))
    # Checkpoints keep what was logged.
    assert all(b'loss_mmd' in Path(rounds.weights(number)).read_bytes() for number in (1, 2))


@pytest.mark.parametrize(('options', 'message'), [
    ({'self_training': None}, 'the config says nothing of self-training'),
    ({'self_training.portion': 2}, 'self_training.portion: expected'),
    ({'self_training.potion': 2}, "Is 'portion' meant"),
    ({'self_training.num_groups': 72}, 'the model has 71 bins'),
    ({'model.type': 'EncoderDecoder'}, 'expected model.type DepthClassifier'),
    ({'model.adaptation': dict(type='DeepCORAL')}, "'DeepCORAL' looks at no labels of the target.*target_labels=True"),
    ({'load_from': None}, 'give --checkpoint FILE.pth'),
    ({'load_from': 'https://example.org/a.pth'}, r'a file, not https'),
    ({'train_dataloader.dataset': dict(_delete_=True, type='MiniDriveDataset')}, "got 'MiniDriveDataset'"),
    ({'train_dataloader.batch_sampler': None}, 'train_dataloader.batch_sampler: expected'),
    ({'train_dataloader.batch_sampler.source': 2}, 'a batch needs samples of the target too'),
    ({'train_dataloader.dataset.datasets.1.type': 'CityscapesDataset'}, "'CityscapesDataset' is no DepthDataset"),
    ({'train_dataloader.dataset.datasets.1.pipeline': []}, 'LoadDepth is missing'),
    ({'train_dataloader.dataset.datasets.1.split': 'test'}, 'are in the test_dataloader too'),
    ({'self_training.lr': None, 'optim_wrapper.optimizer.lr': None}, 'has no lr')])
def test_mistakes_are_answered_before_anything_begins(config, tmp_path, options, message):
    cfg = config(tmp_path / 'work')
    cfg.merge_from_dict(options)
    with pytest.raises((UsageError, ValueError), match=message):
        AdaptationPlan(cfg).check_data()


@pytest.mark.parametrize(('options', 'message'), [
    ({'load_from': 'other.pth'}, 'other.pth: The checkpoint does not hold this model: missing backbone'),
    ({'model.decoder': dict(type='RegressionDecoder'), 'model.decode_head.loss_decode': [
        dict(type='RegressionSILogLoss')]}, 'a regression says no probabilities')])
def test_a_model_that_cannot_begin_leaves_the_work_folder_to_others(config, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    torch.save(dict(state_dict={'a': torch.zeros(3)}), 'other.pth')
    cfg = config(tmp_path / 'work')
    cfg.merge_from_dict(options)
    plan = AdaptationPlan(cfg)
    plan.check_data()
    with pytest.raises((UsageError, ValueError), match=message):
        plan.begin()
    assert not (tmp_path / 'work').exists()


def test_what_a_base_config_has_left_over_is_found_before_anything_is_labelled(config, tmp_path):
    plan = AdaptationPlan(config(tmp_path / 'work', **{'train_dataloader.dataset.data_root': 'data'}))
    with pytest.raises(TypeError, match="unexpected keyword argument 'data_root'") as caught:
        plan.check_data()
    assert '_delete_=True' in answer_of(caught.value)


def test_a_folder_of_other_weights_says_so_in_words(config, start, tmp_path, undisturbed):
    plan = AdaptationPlan(config(tmp_path / 'work'))
    plan.check_data()
    plan.begin()
    plan.start = tmp_path / 'later.pth'
    plan.start.write_bytes(Path(start).read_bytes() + b' ')
    with pytest.raises(UsageError, match=r'with other weights to begin with \(--checkpoint\). Name another --work-dir'):
        plan.begin()


def test_the_source_is_no_target(config, tmp_path, minidrive, monkeypatch):
    monkeypatch.setenv('MINIDRIVE_TARGET_ROOT', minidrive)
    plan = AdaptationPlan(config(tmp_path / 'work'))
    with pytest.raises(ValueError, match='of the target are of the source too'):
        plan.check_data()


def test_nothing_kept_and_more_than_asked_for_are_said():
    row = dict(kept_share=0.6)
    record = dict(round=1, kept_share=0.0, portion=0.2)
    assert 'no pixel is kept' in describe(record)
    record = dict(record, kept_share=0.6, bands=[dict(row, **{'from': 0.0, 'to': 10.0})], mean_depth=3.0,
                  kept_mean_depth=2.0, images=3, images_without_label=1)
    assert 'more than the portion' in describe(record) and '0-10 m 60 %' in describe(record)


def test_synthia_to_kitti_as_a_person_runs_it(tmp_path, builders, monkeypatch):
    """The shipped config on small trees of both, with a small network."""
    builders.kitti(tmp_path / 'kitti', frames=(0, 1, 2))
    builders.synthia(tmp_path / 'synthia', range(3))
    assert not (tmp_path / 'kitti/annotated').exists()
    for path in (tmp_path / 'kitti').rglob('*.bin'):
        path.unlink()  # images are enough
    monkeypatch.setenv('KITTI_ROOT', str(tmp_path / 'kitti'))
    monkeypatch.setenv('SYNTHIA_ROOT', str(tmp_path / 'synthia'))

    def build(folder):
        cfg = Config.fromfile(CONFIGS / 'cbst_deeplabv2_r101_synthia_to_kitti.py')
        cfg.merge_from_dict({
            'model.backbone': dict(depth=18, base_channels=8, init_cfg=None), 'model.decode_head.in_channels': 64,
            'model.backbone.norm_cfg.requires_grad': True, 'self_training.rounds': 1, 'self_training.epochs': 1,
            'train_dataloader.num_workers': 0, 'train_dataloader.persistent_workers': False,
            'train_dataloader.dataset.datasets.0.focal_px': 32.0,  # of small images
            **{f'train_dataloader.dataset.datasets.{number}.split': None for number in (0, 1)}})
        for leaf in cfg.train_dataloader.dataset.datasets:
            for step in leaf.pipeline:
                if 'crop_size' in step:
                    step.crop_size = (16, 48)
        cfg.work_dir, cfg.launcher, cfg.load_from = str(folder), 'none', str(tmp_path / 'start.pth')
        return cfg

    with DefaultScope.overwrite_default_scope('mmseg'):
        torch.save(dict(state_dict=MODELS.build(build(tmp_path).model).state_dict()), tmp_path / 'start.pth')
    rounds = adapt(build(tmp_path / 'work'))
    record = rounds.record(1)
    assert record['images'] == 3 and record['settings']['ignore_top'] == 0.3 and not record['transductive']
    assert Path(rounds.weights(1)).is_file()
    labels = sorted((tmp_path / 'work/round_1/labels/depth').rglob('*.png'))
    assert len(labels) == 3
    # A drive of the test is refused, and may be taken if that is said.
    builders.kitti(tmp_path / 'kitti', frames=(0, ), with_depth=(), drive='2011_09_26_drive_0002')
    with pytest.raises(ValueError, match='1 of the 4 images of the target are of the test drives'):
        AdaptationPlan(build(tmp_path / 'other')).check_data()
    cfg = build(tmp_path / 'other')
    cfg.self_training.transductive = True
    AdaptationPlan(cfg).check_data()


def test_records_are_plain(config, expected):
    for name, content in expected[0].items():
        if name.endswith('.json'):
            record = json.loads(content)
            assert np.isfinite([row['pixels'] for row in record['groups']]).all() and 'time' not in record
            assert sum(row['kept'] for row in record['groups']) == record['kept'] == sum(
                row['kept'] for row in record['bands'])
