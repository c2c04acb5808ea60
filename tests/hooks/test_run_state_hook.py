"""A resumed training is the training that was broken off: real runners, stopped by an error at a chosen moment."""
import contextlib
import copy

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.utils.data import RandomSampler

from mmdepthcls.hooks.data_identity import data_identity, differences
from mmdepthcls.hooks.resume_changes import ResumeMismatchError, accepted_changes
from mmdepthcls.models.bin_checkpoint import BinMismatchError

PIPELINE = [
    dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'), dict(type='PackDepthInputs')]
# Dropout, and paths that are dropped.
MODEL = dict(
    backbone=dict(
        type='MixVisionTransformer', embed_dims=8, num_stages=4, num_layers=[1] * 4, num_heads=[1] * 4,
        patch_sizes=[7, 3, 3, 3], sr_ratios=[8, 4, 2, 1], out_indices=(0, 1, 2, 3), mlp_ratio=2, drop_rate=0.1,
        drop_path_rate=0.4),
    decode_head=dict(type='SegformerHead', in_channels=[8] * 4, in_index=[0, 1, 2, 3], channels=8, dropout_ratio=0.2,
                     norm_cfg=dict(type='BN')))
EMA = dict(type='EMAHook', momentum=0.1)
WEIGHTS = dict(dense=3, sparse=1)
FLIPPED = dict(sampler=dict(type='DefaultSampler', shuffle=True))
# Four images, two a batch: two batches a turn or an epoch.
CASES = {
    'workers that stay': dict(loader=dict(FLIPPED, num_workers=2, persistent_workers=True)),
    'within an epoch': dict(by_epoch=True, loader=FLIPPED, stop=3),
    'accumulation': dict(optimizer=dict(accumulative_counts=3), stop=4, hooks=[EMA]),
    'several sets': dict(mixed=True, stop=5),
}
MORE = {
    'no workers': {},
    'two workers': dict(loader=dict(num_workers=2)),
    'turns': dict(loader=FLIPPED, stop=5),
    'between epochs': dict(by_epoch=True, loader=FLIPPED, stop=4),
    'workers within an epoch': dict(by_epoch=True, loader=dict(FLIPPED, num_workers=2), stop=5),
    'epochs of several sets': dict(mixed=True, by_epoch=True, stop=3, loader=dict(
        num_workers=2, sampler=dict(type='WeightedSetSampler', weights=WEIGHTS, epoch_size=4))),
    'a sampler of torch': dict(loader=dict(sampler=dict(type='OfTorch'), batch_size=3), stop=4),
}


class OfTorch(RandomSampler):
    """Shuffles by the process's own generator, where MMEngine's samplers have theirs."""

    def __init__(self, dataset, seed=None):
        super().__init__(dataset)


class Losses(Hook):
    """Keeps the losses, and ends the process, as it were, when an iteration has been saved."""

    priority = 'LOWEST'

    def __init__(self, stop=None):
        self.stop, self.values = stop, {}

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.values[runner.iter + 1] = batch_idx, outputs['loss'].item(), [
            sample.img_path for sample in data_batch['data_samples']]
        if runner.iter + 1 == self.stop:
            raise Interrupted


class Interrupted(Exception):
    """Raised in place of a kill."""


@pytest.fixture(autouse=True)
def sampler(monkeypatch):
    from mmengine.registry import DATA_SAMPLERS
    monkeypatch.setattr('mmengine.runner.loops.time.sleep', lambda seconds: None)  # 2 s where a loader begins anew
    DATA_SAMPLERS.register_module(module=OfTorch, force=True)
    yield
    DATA_SAMPLERS._module_dict.pop('OfTorch')


@pytest.fixture
def train(minidrive, small_model_cfg, tmp_path):
    """Trains in a folder, perhaps to a stop; the losses and the runner."""
    def run(folder, stop=None, by_epoch=False, loader=(), optimizer=(), hooks=(), resume=False, split='train',
            mixed=False, weights=None, **changes):
        loaders = dict(batch_size=2, num_workers=0, sampler=dict(type='InfiniteSampler', shuffle=True))
        loaders.update(loader)
        data = dict(type='MiniDriveDataset', data_root=minidrive)
        loop = dict(by_epoch=True, max_epochs=4) if by_epoch else dict(type='IterBasedTrainLoop', max_iters=7)
        cfg = dict(
            default_scope='mmseg', work_dir=str(tmp_path / folder), model=small_model_cfg(**copy.deepcopy(MODEL)),
            train_dataloader=dict(loaders, dataset=dict(data, split=split, pipeline=PIPELINE)),
            train_cfg=dict(loop, val_interval=1 if by_epoch else 2), val_cfg=dict(),
            val_dataloader=dict(batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
                                dataset=dict(data, split='val', test_mode=True, pipeline=PIPELINE)),
            val_evaluator=dict(type='DepthEvaluator'), log_level='ERROR',
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.05, momentum=0.9), **dict(optimizer)),
            param_scheduler=dict(type='PolyLR', eta_min=1e-3, power=0.9, begin=0, end=7, by_epoch=False),
            default_hooks=dict(checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1, save_best='abs_rel',
                                               rule='less')),
            custom_hooks=[dict(type='WorkFolderHook'), *hooks], experiment_name=f'{folder}{resume}{id(run)}',
            resume=resume, randomness=dict(seed=3))
        if mixed:
            if cfg['train_dataloader']['sampler']['type'] == 'InfiniteSampler':
                cfg['train_dataloader']['sampler'] = dict(type='WeightedSetSampler', weights=weights or WEIGHTS)
            for name in ('train', 'val'):
                dataset = cfg[f'{name}_dataloader']['dataset']
                cfg[f'{name}_dataloader']['dataset'] = dict(type='ConcatDataset', datasets=[
                    dict(dataset, ground_truth=kind, set_name=kind) for kind in WEIGHTS])
            cfg['val_evaluator'] = dict(type='PerSetEvaluator', sets=dict(dense={}, sparse=dict(max_depth=50.0)))
        runner, losses = Runner.from_cfg(Config(dict(cfg, **changes))), Losses(stop)
        runner.register_hook(losses, 'LOWEST')
        with contextlib.suppress(Interrupted):
            runner.train()
        return losses.values, runner
    return run


def state(folder):
    newest = max(folder.glob('*iter_*.pth'), key=lambda path: ('best' not in path.name, int(path.stem.split('_')[-1])))
    return torch.load(newest, weights_only=False)


def assert_same(one, other, place=''):
    """Bit for bit."""
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), place
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), place
        for key in one:
            assert_same(one[key], other[key], f'{place}.{key}')
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(other), place
        for index, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f'{place}.{index}')
    else:
        assert one == other, place


def check(case, train, folder):
    case = dict(case)
    stop = case.pop('stop', 4)
    expected, whole = train('whole', **case)
    begun, _ = train('parts', stop=stop, **case)
    rest, resumed = train('parts', resume=True, **case)
    assert list(begun) == list(range(1, stop + 1)) and list(rest) == list(range(stop + 1, max(expected) + 1))
    assert {**begun, **rest} == expected
    one, two = state(folder / 'whole'), state(folder / 'parts')
    for key in ('state_dict', 'optimizer', 'param_schedulers', 'mmdepthcls', 'ema_state_dict'):
        assert_same(one.get(key), two.get(key), key)
    # What was validated, and what of it was best.
    for tag in ('val/abs_rel', 'train/loss', *(f'val/{name}/abs_rel' for name in WEIGHTS if case.get('mixed'))):
        assert_same(*(run.message_hub.get_scalar(tag).data[0].tolist() for run in (whole, resumed)), tag)
    assert whole.message_hub.get_info('best_score') == resumed.message_hub.get_info('best_score')


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize('name', CASES)
def test_a_resumed_training_is_the_one_that_was_broken_off(name, train, tmp_path):
    check(CASES[name], train, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize('name', MORE)
def test_so_is_one_of_another_kind(name, train, tmp_path):
    check(MORE[name], train, tmp_path)


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize(('changes', 'accepted', 'expected'), [
    (dict(randomness=dict(seed=4)), 'seed', 'began with seed 3, and the config has randomness.seed=4'),
    (dict(split='val'), 'data', '4 -> 2 samples'),
    (dict(mixed=True, weights=dict(dense=1, sparse=1)), 'data', 'dense 0.75, sparse 0.25 -> dense 0.5, sparse 0.5')])
def test_another_training_is_not_gone_on_with(changes, accepted, expected, train):
    train('work', stop=2, mixed=changes.get('mixed', False))
    with pytest.raises(ResumeMismatchError, match=expected) as caught:
        train('work', resume=True, **changes)
    for remedy in (f"accept_changes=\"['{accepted}']\"", f'--accept-changes {accepted}'):
        assert remedy in str(caught.value)
    losses, _ = train('work', resume=True, accept_changes=[accepted], **changes)
    assert list(losses) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(('num_bins', 'accepted', 'expected'), [
    (8, (), 'accept_changes'), pytest.param(9, ['bins'], 'start anew with load_from', marks=pytest.mark.long),
    pytest.param(8, ['bins'], None, marks=pytest.mark.long)])
def test_other_bins_are_not_gone_on_with(num_bins, accepted, expected, train, small_model_cfg):
    """As many of them, if one says so; another number never."""
    model = small_model_cfg(num_bins, **copy.deepcopy(MODEL))
    model['bins']['max_depth'] = 60.0
    train('work', stop=2)
    if expected:
        with pytest.raises(BinMismatchError, match=f'Cannot resume: the training began with 8 bins.*{expected}'):
            train('work', resume=True, accept_changes=accepted, model=model)
    else:
        losses, runner = train('work', resume=True, accept_changes=accepted, model=model)
        assert list(losses) == [3, 4, 5, 6, 7] and runner.model.state_dict()['bin_edges'][-1] == 60.0


def test_what_cannot_be_accepted():
    with pytest.raises(ValueError, match="accept_changes: expected words of data, bins, seed, got 'model'"):
        accepted_changes(dict(accept_changes=['data', 'model']))


def test_data_are_known_by_their_images_wherever_they_are():
    class Data:
        def __init__(self, names):
            self.names = names

        def __len__(self):
            return len(self.names)

        def get_data_info(self, index):
            return dict(img_path=self.names[index])

    one = data_identity(Data(['/data/a/1.png', '/data/b/2.png']))
    assert differences(one, data_identity(Data(['/mnt/kitti/a/1.png', '/mnt/kitti/b/2.png']))) == []
    for other in (['/data/b/2.png', '/data/a/1.png'], ['/data/a/1.png', '/data/b/3.png']):
        assert 'other images or another order' in differences(one, data_identity(Data(other)))[0]
    assert differences(one, data_identity(Data(['/data/a/1.png']))) == ['2 -> 1 samples']
    assert differences(one, data_identity([1, 2])) == ['Data -> list']
    assert differences({}, one) == []


def test_a_seed_that_nobody_has_set_is_that_of_the_checkpoint(train):
    _, begun = train('work', stop=3, randomness=dict(seed=None))
    expected, _ = train('whole', randomness=dict(seed=begun.seed))
    losses, resumed = train('work', resume=True, randomness=dict(seed=None))
    assert resumed.seed == begun.seed and losses == {number: expected[number] for number in (4, 5, 6, 7)}


def test_a_checkpoint_of_mmengine_alone_is_resumed(train, tmp_path):
    train('work', stop=2)
    saved = state(tmp_path / 'work')
    del saved['mmdepthcls']
    torch.save(saved, tmp_path / 'work/iter_2.pth')
    losses, _ = train('work', resume=True)
    assert list(losses) == [3, 4, 5, 6, 7]


def test_what_is_saved_is_read_without_executing_anything(train, tmp_path):
    _, runner = train('work', stop=4, optimizer=dict(accumulative_counts=3))
    stored = state(tmp_path / 'work')['mmdepthcls']
    torch.save(stored, tmp_path / 'own.pth')
    assert_same(torch.load(tmp_path / 'own.pth', weights_only=True), stored)
    assert stored['gradients'].keys() == {name for name, weight in runner.model.named_parameters()}
