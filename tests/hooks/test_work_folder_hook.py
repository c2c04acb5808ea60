"""Work folders that were moved, renamed or copied, and loaders that never end, with MMEngine's real runner."""
import argparse
import shutil

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from mmdepthcls.commands.train.start_of_training import choose_start
from mmdepthcls.hooks.resume_point import NothingGoodError

HOOKS = [dict(type='WorkFolderHook'), dict(type='FiniteLoaderHook')]


@pytest.fixture
def config(minidrive, small_model_cfg):
    """The function that makes the config of a training."""
    def make(work_dir, iterations=2, **changes):
        pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
        loader, sampler = dict(batch_size=2, num_workers=0), dict(type='DefaultSampler', shuffle=False)
        data = dict(type='MiniDriveDataset', data_root=minidrive, pipeline=pipeline)
        return Config(dict(
            default_scope='mmseg', work_dir=str(work_dir), model=small_model_cfg(),
            train_dataloader=dict(**loader, dataset=dict(**data, split='train'), sampler=dict(type='InfiniteSampler')),
            val_dataloader=dict(**loader, dataset=dict(**data, split='val', test_mode=True), sampler=sampler),
            train_cfg=dict(type='IterBasedTrainLoop', max_iters=iterations, val_interval=1), val_cfg=dict(),
            val_evaluator=dict(type='DepthEvaluator'), custom_hooks=HOOKS,
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=1e-3)), experiment_name=f'test_{id(make)}_{iterations}',
            default_hooks=dict(checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1, save_best='abs_rel',
                                               rule='less')), **changes))
    return make


def names(folder):
    return sorted(path.name for path in folder.glob('*.pth'))


@pytest.mark.parametrize('move', [shutil.move, shutil.copytree])
def test_a_resumed_folder_keeps_to_itself(config, tmp_path, move):
    Runner.from_cfg(config(tmp_path / 'old')).train()
    assert list((tmp_path / 'old').glob('best_*.pth'))
    saved = torch.load(tmp_path / 'old/iter_2.pth', weights_only=False)
    saved['message_hub']['runtime_info']['best_score'] = 1e9  # so that the next is better
    torch.save(saved, tmp_path / 'old/iter_2.pth')
    before = {path.name: path.read_bytes() for path in (tmp_path / 'old').glob('*.pth')}
    move(str(tmp_path / 'old'), str(tmp_path / 'new'))
    runner = Runner.from_cfg(config(tmp_path / 'new', iterations=3, resume=True))
    runner.train()
    assert runner.iter == 3 and 'iter_3.pth' in names(tmp_path / 'new')
    # Its score is forgotten, so the validation that was due at iteration 2, or the next, finds a better one.
    assert [name for name in names(tmp_path / 'new') if name.startswith('best_')] in (
        ['best_abs_rel_iter_2.pth'], ['best_abs_rel_iter_3.pth'])
    if move is shutil.copytree:  # the best checkpoint of the original is still there
        assert {path.name: path.read_bytes() for path in (tmp_path / 'old').glob('*.pth')} == before
    else:
        assert not (tmp_path / 'old').exists()


def test_nothing_to_resume(config, tmp_path, capfd):
    runner = Runner.from_cfg(config(tmp_path / 'new', iterations=1, resume=True))
    runner.train()
    assert runner.iter == 1 and 'NOTHING TO RESUME' in ''.join(capfd.readouterr())


def test_loaders_that_never_end_stop_other_programs_too(config, tmp_path):
    cfg = config(tmp_path)
    cfg.train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=1)
    with pytest.raises(ValueError, match='EpochBasedTrainLoop waits for the end of the train_dataloader'):
        Runner.from_cfg(cfg).train()
    cfg = config(tmp_path)
    cfg.val_dataloader.sampler = dict(type='InfiniteSampler')
    with pytest.raises(ValueError, match='ValLoop waits for the end of the val_dataloader'):
        Runner.from_cfg(cfg).val()


def choose(cfg, resume=False, **options):
    return choose_start(cfg, argparse.Namespace(resume=resume, cfg_options=options, config='configs/mine.py'))


def test_what_a_training_starts_from(tmp_path):
    for name in ('weights.pth', 'iter_1.pth'):
        torch.save({}, tmp_path / name)
    weights, latest, empty = (str(tmp_path / name) for name in ('weights.pth', 'iter_1.pth', 'empty'))

    def start(work_dir, flag, named=None, **keys):
        cfg = Config(dict(work_dir=work_dir, **keys))
        cfg.merge_from_dict({} if named is None else dict(load_from=named))
        remark = choose(cfg, flag, **({} if named is None else dict(load_from=named)))
        assert [hook.type for hook in cfg.custom_hooks] == ['WorkFolderHook']
        return cfg.get('load_from'), cfg.resume, (remark or '').partition(' (')[0]

    assert start(str(tmp_path), False) == (None, False, '')
    assert start(str(tmp_path), True) == (latest, True, f'Resuming from {latest}')
    assert start(str(tmp_path), False, resume=True) == (latest, True, f'Resuming from {latest}')
    # A fine-tuning that goes on must not start again from what it was started from.
    assert start(str(tmp_path), True, load_from=weights) == (latest, True, f'Resuming from {latest}')
    assert start(empty, True, load_from=weights) == (weights, False, 'NOTHING TO RESUME')
    assert start(empty, True) == (None, False, 'NOTHING TO RESUME')
    # MMEngine's meaning of the two keys together, and MMSegmentation's of the two options.
    assert start(empty, False, load_from=weights, resume=True) == (
        weights, True, f'Resuming from {weights}, the load_from of the config')
    assert start(str(tmp_path), True, weights) == (weights, True, '')


def test_load_from_a_file_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match='load_from=a.pth: there is no such file'):
        choose(Config(dict(work_dir='w', load_from='a.pth')))
    (tmp_path / 'configs').mkdir()
    torch.save({}, tmp_path / 'configs/a.pth')
    with pytest.raises(ValueError, match='There is configs/a.pth: name it so'):
        choose(Config(dict(work_dir='w', load_from='a.pth')))
    choose(Config(dict(work_dir='w', load_from='https://host/a.pth')))


def test_damaged_checkpoints_are_never_begun_anew(config, tmp_path, capfd):
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run/iter_7.pth').write_bytes(b'')
    with pytest.raises(NothingGoodError, match='iter_7.pth is empty'):
        choose(Config(dict(work_dir=str(tmp_path / 'run'))), True)
    with pytest.raises(NothingGoodError, match='iter_7.pth is empty'):
        Runner.from_cfg(config(tmp_path / 'run', resume=True)).train()
    assert (tmp_path / 'run/iter_7.pth').exists()
    (tmp_path / 'run/best_AbsRel_iter_4.pth').write_bytes(b'')
    Runner.from_cfg(config(tmp_path / 'run')).train()
    assert ('holds 2 checkpoints of an earlier training (best_AbsRel_iter_4.pth, iter_7.pth), and this one begins anew'
            in ''.join(capfd.readouterr()))
