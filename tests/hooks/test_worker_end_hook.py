import gc
import multiprocessing
import time

import pytest
from mmengine.config import Config

import mmdepthcls  # noqa: F401  (imported only to register)
from mmdepthcls.commands.running import console

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]


@pytest.mark.parametrize('persistent', [True, False])
def test_processes_that_load_data_end_with_the_run(persistent, small_model_cfg, minidrive, tmp_path, mmseg_scope):
    def loader(split):
        return dict(batch_size=2, num_workers=1, persistent_workers=persistent,
                    sampler=dict(type='InfiniteSampler' if split == 'train' else 'DefaultSampler', shuffle=False),
                    dataset=dict(type='MiniDriveDataset', data_root=minidrive, split=split, pipeline=LOAD))

    cfg = Config(dict(
        model=small_model_cfg(), work_dir=str(tmp_path), default_scope='mmseg', log_level='WARNING',
        train_dataloader=loader('train'), train_cfg=dict(type='IterBasedTrainLoop', max_iters=2, val_interval=1),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)), experiment_name=f'workers{persistent}',
        val_dataloader=loader('val'), val_cfg=dict(type='ValLoop'), val_evaluator=dict(type='DepthEvaluator'),
        test_dataloader=loader('test'), test_cfg=dict(type='TestLoop'), test_evaluator=dict(type='DepthEvaluator')))
    others = set(multiprocessing.active_children())  # of tests before
    runner = console.build_runner(cfg, lines=False, tables=False)
    runner.train()
    assert not set(multiprocessing.active_children()) - others
    first = runner.test()
    assert not set(multiprocessing.active_children()) - others and runner.test() == first
    runner.val()
    assert not set(multiprocessing.active_children()) - others
    del runner
    begin = time.monotonic()
    gc.collect()
    assert time.monotonic() - begin < 4  # a process that is waited for takes 5 s
