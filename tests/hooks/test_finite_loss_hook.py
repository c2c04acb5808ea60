"""Numbers that are none, in real trainings: found, named, never saved."""
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmdepthcls.hooks import FiniteLossHook

PIPELINE = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]


class Spoil(Hook):
    """Makes a gradient, or a weight, NaN in one iteration."""

    def __init__(self, iteration, gradient=True):
        self.iteration, self.gradient = iteration, gradient

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        weight = runner.model.decode_head.parameters().__next__()
        if runner.iter + 1 == self.iteration and self.gradient:
            handle = weight.register_hook(lambda gradient: (handle.remove(), gradient * float('nan'))[1])

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter + 1 == self.iteration and not self.gradient:
            with torch.no_grad():
                next(runner.model.decode_head.parameters()).fill_(float('inf'))


@pytest.fixture
def runner(minidrive, small_model_cfg, tmp_path):
    """Builds a runner of four iterations."""
    def build(policy='stop', interval=10, rate=0.01, logged=50, **changes):
        data = dict(type='MiniDriveDataset', data_root=minidrive, pipeline=PIPELINE)
        sampler = dict(type='DefaultSampler', shuffle=False)
        loaders = {f'{split}_dataloader': dict(batch_size=1, num_workers=0, sampler=sampler,
                                               dataset=dict(data, split=split)) for split in ('train', 'val', 'test')}
        return Runner.from_cfg(Config(dict(
            default_scope='mmseg', work_dir=str(tmp_path), model=small_model_cfg(), **loaders, log_level='ERROR',
            train_cfg=dict(type='IterBasedTrainLoop', max_iters=4, val_interval=10), val_cfg=dict(), test_cfg=dict(),
            val_evaluator=dict(type='DepthEvaluator'), test_evaluator=dict(type='DepthEvaluator'),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=rate)), randomness=dict(seed=0),
            default_hooks=dict(checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=interval),
                               logger=dict(type='LoggerHook', interval=logged)),
            custom_hooks=[dict(type='FiniteLossHook', policy=policy)], experiment_name=f'finite{id(build)}{changes}',
            **changes)))
    return build


def saved(folder):
    return sorted(path.name for path in folder.glob('*.pth'))


def test_a_bad_gradient_ends_the_run_and_names_its_image(runner, tmp_path):
    run = runner()
    run.register_hook(Spoil(2))
    expected = r'1 of 4 iterations: first at iteration 2, \S*train/000001.png'
    with pytest.raises(FloatingPointError, match=expected) as error:
        run.train()
    assert all(f'train/00000{index}.png' in str(error.value) for index in range(4))
    assert saved(tmp_path) == [] and all(torch.isfinite(weight).all() for weight in run.model.parameters())


@pytest.mark.parametrize(('interval', 'logged', 'looked'), [(10, 2, 2), (3, 50, 3), (10, 50, 4)])
def test_it_is_looked_for_at_the_loggers_interval_and_before_saving(runner, tmp_path, interval, logged, looked):
    run = runner(interval=interval, logged=logged)
    run.register_hook(Spoil(2))
    with pytest.raises(FloatingPointError, match=f'1 of {looked} iterations'):
        run.train()
    assert run.iter + 1 == looked and saved(tmp_path) == []


def test_a_policy_goes_on_and_counts(runner, tmp_path, caplog):
    run = runner('skip', interval=4)
    run.register_hook(Spoil(2))
    run.train()
    hook = next(hook for hook in run.hooks if isinstance(hook, FiniteLossHook))
    assert hook.skipped == 1 and saved(tmp_path) == ['iter_4.pth']
    state = torch.load(tmp_path / 'iter_4.pth', weights_only=False)['state_dict']
    assert all(torch.isfinite(value).all() for value in state.values())


@pytest.mark.parametrize('policy', ['stop', 'skip'])
def test_a_learning_rate_run_wild_is_never_saved(runner, tmp_path, policy):
    """A step makes the weights infinite; loss and gradient were not."""
    run = runner(policy, interval=1, rate=1e38)
    with pytest.raises(FloatingPointError, match='weights or buffers are not finite: '):
        run.train()
    for name in saved(tmp_path):
        state = torch.load(tmp_path / name, weights_only=False)['state_dict']
        assert all(torch.isfinite(value).all() for value in state.values())


def test_weights_that_another_hook_spoils_are_not_saved(runner, tmp_path):
    run = runner(interval=3)
    run.register_hook(Spoil(3, gradient=False), 'ABOVE_NORMAL')
    with pytest.raises(FloatingPointError, match='No checkpoint is written at iteration'):
        run.train()
    assert saved(tmp_path) == []


@pytest.mark.parametrize('what', ['weight', 'buffer'])
def test_nothing_is_scored_with_weights_that_are_not_finite(runner, what):
    run = runner()
    part = run.model.backbone.bn1
    (part.weight.data if what == 'weight' else part.running_var)[0] = float('nan')
    for score in (run.val, run.test):
        with pytest.raises(FloatingPointError, match='Nothing is scored: .*backbone.bn1'):
            score()


@pytest.mark.parametrize(('settings', 'expected'), [(dict(policy='ignore'), 'policy stop or skip'),
                                                    (dict(interval=0), 'interval from 1 on')])
def test_settings_without_sense(settings, expected):
    with pytest.raises(ValueError, match=expected):
        FiniteLossHook(**settings)
