"""KITTI, SYNTHIA and one's own data in one training of several processes: real runners, which share a training as under
a launcher, are stopped, go on, and score each set."""
import contextlib
import copy
import os
from collections import Counter

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

import mmdepthcls.registration  # noqa: F401  (in the other processes)
from mmdepthcls.camera import canonical_range
from mmdepthcls.datasets.weighted_set_sampler import WeightedSetSampler

FOCALS = dict(kitti=40.0, synthia=50.0, own=60.0)
WEIGHTS = dict(kitti=2, synthia=1, own=1)
CANONICAL, DEPTHS = 45.0, (1.0, 80.0)
SEED, STOP = 3, 3
# Dropout and paths that are dropped: random numbers of each process's own, in each step.
MODEL = dict(
    backbone=dict(
        type='MixVisionTransformer', embed_dims=8, num_stages=4, num_layers=[1] * 4, num_heads=[1] * 4,
        patch_sizes=[7, 3, 3, 3], sr_ratios=[8, 4, 2, 1], out_indices=(0, 1, 2, 3), mlp_ratio=2, drop_rate=0.1,
        drop_path_rate=0.4),
    decode_head=dict(type='SegformerHead', in_channels=[8] * 4, in_index=[0, 1, 2, 3], channels=8, dropout_ratio=0.2,
                     norm_cfg=dict(type='BN')))
TRAIN = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'),
         dict(type='RandomDepthWarp', crop_size=(32, 64), scale_range=(1.0, 1.5), flip_prob=0.5),
         dict(type='RandomColorGain'), dict(type='PackDepthInputs')]
TEST = [dict(type='LoadImageFromFile'), dict(type='Resize', scale=(64, 32), keep_ratio=False), dict(type='LoadDepth'),
        dict(type='PackDepthInputs')]


class Steps(Hook):
    """Keeps what each step has seen, and ends the training, as it were, when a step has been saved."""

    priority = 'LOWEST'

    def __init__(self, stop=None):
        self.stop, self.values = stop, {}

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.values[runner.iter + 1] = outputs['loss'].item(), [
            sample.img_path for sample in data_batch['data_samples']]
        if runner.iter + 1 == self.stop:
            raise Interrupted


class Interrupted(Exception):
    """Raised in place of a kill."""


@pytest.fixture
def data(builders, tmp_path):
    """Each set in its own format: five frames, three and four."""
    builders.kitti(tmp_path / 'kitti', (5, 6, 7, 8, 9), (5, 6, 7, 8, 9))
    builders.synthia(tmp_path / 'synthia', [400, 401, 450])
    builders.pairs(tmp_path / 'own', 4)
    return tmp_path


def config(root, folder, model_cfg, by_epoch=False, workers=0, iterations=4, **changes):
    sets = [dict(type='KITTIDepthDataset', set_name='kitti', data_root=f'{root}/kitti', split=None),
            dict(type='SYNTHIADepthDataset', set_name='synthia', data_root=f'{root}/synthia', split=None,
                 focal_px=FOCALS['synthia']),
            dict(type='DepthFolderDataset', set_name='own', data_root=f'{root}/own', ann_file='split.txt',
                 focal_px=FOCALS['own'])]
    low, high = canonical_range(DEPTHS, list(FOCALS.values()), CANONICAL)
    model = copy.deepcopy(model_cfg)
    model.update(canonical_focal_px=CANONICAL, depth_range=DEPTHS)
    model['bins'].update(min_depth=low, max_depth=high)
    model['data_preprocessor']['size'] = (32, 64)
    loader = dict(batch_size=2, num_workers=workers, persistent_workers=workers > 0)
    sampler = dict(type='WeightedSetSampler', weights=WEIGHTS, **(dict(epoch_size=8) if by_epoch else {}))
    loop = dict(by_epoch=True, max_epochs=2) if by_epoch else dict(type='IterBasedTrainLoop', max_iters=iterations)
    return Config(dict(
        default_scope='mmseg', work_dir=f'{root}/{folder}', model=model, log_level='ERROR', experiment_name=folder,
        train_dataloader=dict(loader, sampler=sampler, dataset=dict(
            type='ConcatDataset', datasets=[dict(each, pipeline=TRAIN) for each in sets])),
        val_dataloader=dict(batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
                            dataset=dict(type='ConcatDataset', datasets=[
                                dict(each, pipeline=TEST, test_mode=True) for each in sets])),
        val_evaluator=dict(type='PerSetEvaluator', sets=dict(kitti=dict(crop='garg'), synthia={}, own={})),
        train_cfg=dict(loop, val_interval=1 if by_epoch else 2), val_cfg=dict(),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.05, momentum=0.9)),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1, save_best='abs_rel',
                                           rule='less')),
        custom_hooks=[dict(type='WorkFolderHook')], randomness=dict(seed=SEED)) | changes)


def train(rank, world_size, root, model_cfg, options, resumes):
    """One of several processes: a whole training, and perhaps one that is broken off and goes on."""
    torch.set_num_threads(1)
    os.environ.update(LOCAL_RANK=str(rank), RANK=str(rank), WORLD_SIZE=str(world_size))
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{root}/meeting', rank=rank, world_size=world_size)
    found = {}
    runs = [('whole', 'whole', None, False), ('begun', 'parts', STOP, False), ('rest', 'parts', None, True)]
    for name, folder, stop, resume in runs if resumes else runs[:1]:
        cfg = config(root, folder, model_cfg, **options, launcher='pytorch', resume=resume,
                     model_wrapper_cfg=dict(
                         type='MMDistributedDataParallel', broadcast_buffers=False, device_ids=None))
        cfg.experiment_name = name
        runner, steps = Runner.from_cfg(cfg), Steps(stop)
        runner.register_hook(steps, 'LOWEST')
        with contextlib.suppress(Interrupted):
            runner.train()
        history = {tag: scalar.data[0].tolist() for tag, scalar in runner.message_hub.log_scalars.items()
                   if tag.startswith('val/') and not tag.endswith('time')}
        found[name] = steps.values, runner.model.module.state_dict(), history
    torch.save(found, f'{root}/rank{rank}.pth')
    torch.distributed.destroy_process_group()


@pytest.mark.long  # slices: test_run_state_hook, and the processes of test_depth_evaluator
@pytest.mark.timeout(600)
@pytest.mark.skipif(not torch.distributed.is_available(), reason='this torch has no distributed package')
@pytest.mark.parametrize('world_size, options, resumes', [
    (2, dict(iterations=2), False), (2, {}, True), (3, dict(by_epoch=True, workers=2), True),
    (2, dict(workers=1), True)], ids=['slice', 'two', 'three by epochs', 'workers'])
def test_several_processes_train_several_sets(world_size, options, resumes, data, small_model_cfg, monkeypatch,
                                              mmseg_scope):
    monkeypatch.chdir(data)  # MMEngine collects through files below the working directory
    model_cfg = small_model_cfg(**copy.deepcopy(MODEL))
    torch.multiprocessing.start_processes(
        train, (world_size, str(data), model_cfg, options, resumes), nprocs=world_size, start_method='forkserver')
    ranks = [torch.load(data / f'rank{rank}.pth', weights_only=False) for rank in range(world_size)]
    for rank in ranks:
        if resumes:
            check_resuming(rank, exact=world_size == 2)
        for key, value in rank['whole'][1].items():  # the last validation has brought buffers together too
            assert torch.equal(value, ranks[0]['whole'][1][key]), key
    assert ranks[0]['whole'][0] != ranks[1]['whole'][0]
    check_draws([rank['whole'][0] for rank in ranks], config(str(data), 'alone', model_cfg, **options))
    check_scores(ranks[0]['whole'][2], config(str(data), 'alone', model_cfg, **options), data)


def check_resuming(rank, exact):
    """The same losses and samples in each step, weights and scores as if nothing had been broken off; of more than two
    processes but for rounding: DistributedDataParallel adds their gradients in another order in its first step."""
    tolerance = 0 if exact else 1e-5
    assert list(rank['begun'][0]) == list(range(1, STOP + 1))
    rest = {**rank['begun'][0], **rank['rest'][0]}
    assert [paths for _, paths in rest.values()] == [paths for _, paths in rank['whole'][0].values()]
    assert [loss for loss, _ in rest.values()] == pytest.approx([loss for loss, _ in rank['whole'][0].values()],
                                                                rel=tolerance, abs=0)
    for key, value in rank['whole'][1].items():
        torch.testing.assert_close(rank['rest'][1][key], value, rtol=tolerance, atol=tolerance, msg=key)
    for tag, values in rank['rest'][2].items():
        assert rank['whole'][2][tag][-len(values):] == pytest.approx(values, rel=tolerance, abs=0)


def check_draws(steps, cfg):
    """Together they have what one would have drawn; none of a set twice before all of it were had."""
    dataset = Runner.build_dataloader(dict(cfg.val_dataloader)).dataset
    paths = [dataset.get_data_info(index)['img_path'] for index in range(len(dataset))]
    sampler = WeightedSetSampler(dataset, WEIGHTS, cfg.train_dataloader.sampler.get('epoch_size'), seed=SEED)
    drawn = []
    for number in sorted(steps[0]):
        batches = [rank[number][1] for rank in steps]
        drawn += [path for each in zip(*batches, strict=True) for path in each]
    epochs = [drawn] if sampler.endless else [drawn[start:start + len(drawn) // 2] for start in (0, len(drawn) // 2)]
    for number, epoch in enumerate(epochs):
        sampler.set_epoch(number)
        stream = iter(sampler._stream())
        assert epoch == [paths[next(stream)] for _ in epoch]
        for name in FOCALS:
            mine = [path for path in epoch if f'/{name}/' in path]
            size = sum(f'/{name}/' in path for path in paths)
            for start in range(0, len(mine), size):
                assert max(Counter(mine[start:start + size]).values()) == 1


def check_scores(history, cfg, data):
    """One process scores what is saved as the several did: each set, and their mean."""
    newest = max(data.glob('whole/iter_*.pth'), key=lambda path: int(path.stem.split('_')[1]))
    cfg.update(load_from=str(newest), test_dataloader=cfg.val_dataloader, test_evaluator=cfg.val_evaluator,
               test_cfg=dict(), experiment_name='tested')
    metrics = Runner.from_cfg(cfg).test()
    for name in ('abs_rel', *(f'{name}/{metric}' for name in FOCALS for metric in ('abs_rel', 'd1', 'num_images'))):
        assert history[f'val/{name}'][-1] == pytest.approx(metrics[name], rel=1e-6)
    assert [metrics[f'{name}/num_images'] for name in FOCALS] == [5, 3, 4]
