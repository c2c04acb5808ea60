"""Loaders that never end, that have nothing to give, or that say what no worker reads."""
import itertools

import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import DefaultSampler, InfiniteSampler
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop

from mmdepthcls.config.config_check import check_config
from mmdepthcls.config.loader_check import check_loops, mend_batches, mend_workers

ENDLESS = ['InfiniteSampler', 'mmengine.InfiniteSampler', 'mmengine.dataset.InfiniteSampler', InfiniteSampler]


def loops(split='train', loop=None, sampler=None):
    cfg = {f'{split}_cfg': loop or {}}
    cfg[f'{split}_dataloader'] = dict(dataset=dict(), sampler=sampler)
    return Config(cfg)


@pytest.mark.parametrize('sampler', ENDLESS)
def test_an_endless_epoch(sampler):
    for loop in (dict(type='EpochBasedTrainLoop', max_epochs=1), dict(type=EpochBasedTrainLoop, max_epochs=1),
                 dict(by_epoch=True, max_epochs=1)):
        with pytest.raises(ValueError, match='EpochBasedTrainLoop waits.*InfiniteSampler.*DefaultSampler.*or train'):
            check_loops(loops('train', loop, dict(type=sampler)))
    for split, name in (('val', 'ValLoop'), ('test', 'TestLoop')):
        for loop in (dict(type=name), {}):
            with pytest.raises(ValueError, match=f"{name} waits for the end of the {split}_dataloader"):
                check_loops(loops(split, loop, dict(type=sampler)))


def test_loops_that_end():
    by_iterations = (dict(type='IterBasedTrainLoop', max_iters=1), dict(type=IterBasedTrainLoop), dict(by_epoch=False))
    for loop, sampler in itertools.product(by_iterations, ENDLESS):
        check_loops(loops('train', loop, dict(type=sampler)))
    for loop in (dict(type='EpochBasedTrainLoop'), dict(type='IterBasedTrainLoop')):
        check_loops(loops('train', loop, dict(type=DefaultSampler)))
    check_loops(Config(dict(train_cfg=None, val_cfg=None, test_cfg=None, train_dataloader=None)))


@pytest.mark.parametrize('settings', [
    dict(persistent_workers=True), dict(prefetch_factor=2), dict(timeout=5), dict(multiprocessing_context='fork'),
    dict(persistent_workers=True, prefetch_factor=4, pin_memory=True)])
def test_loaders_without_workers(settings):
    def load(loader):
        return sum(batch.sum().item() for batch in torch.utils.data.DataLoader(torch.arange(4), **loader))

    cfg = Config(dict(val_dataloader=dict(num_workers=0, **settings), train_dataloader=dict(num_workers=2, **settings)))
    with pytest.raises((ValueError, AssertionError)):
        load(cfg.val_dataloader)
    said = mend_workers(cfg)
    assert len(said) == 1 and all(name in said[0] for name in settings if name != 'pin_memory')
    assert load(cfg.val_dataloader) == 6
    assert cfg.train_dataloader == dict(num_workers=2, **settings)
    assert not check_config(cfg)


@pytest.mark.parametrize('number', [-1, 1.5, '2', True, None])
def test_numbers_of_workers(number):
    with pytest.raises(ValueError, match='train_dataloader.num_workers: expected a whole number'):
        mend_workers(Config(dict(train_dataloader=dict(num_workers=number))))


@pytest.mark.parametrize('size', [0, -1, 2.0, '2', True, None])
def test_sizes_of_batches(size):
    with pytest.raises(ValueError, match='val_dataloader.batch_size: expected a whole number from 1 on'):
        mend_batches(Config(dict(val_dataloader=dict(batch_size=size))))


def test_every_image_is_scored():
    loader = dict(batch_size=2, drop_last=True)
    cfg = Config(dict(train_dataloader=loader, val_dataloader=loader, test_dataloader=dict(batch_size=2)))
    assert mend_batches(cfg) == ['val_dataloader: drop_last left out, since every image is scored']
    assert cfg.train_dataloader.drop_last and cfg.val_dataloader == cfg.test_dataloader == dict(batch_size=2)
    assert mend_batches(cfg) == mend_batches(Config(dict(train_dataloader=None, val_dataloader={}))) == []


@pytest.mark.parametrize('interval', [0, -1, 1.5, None, True])
def test_an_interval_of_validations_that_is_none(interval):
    loop = dict(type='IterBasedTrainLoop', max_iters=1, val_interval=interval)
    with pytest.raises(ValueError, match='train_cfg.val_interval: expected a whole number from 1 on.*to None'):
        check_loops(dict(train_cfg=loop, val_dataloader=dict(dataset={})))
    check_loops(dict(train_cfg=loop, val_dataloader=None))
    check_loops(dict(train_cfg=dict(loop, val_interval=3), val_dataloader=dict(dataset={})))
