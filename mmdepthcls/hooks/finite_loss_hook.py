"""Stop a run whose numbers are no longer numbers."""
from __future__ import annotations

import logging
from typing import Any

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.hooks import CheckpointHook, Hook, LoggerHook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from ..count_text import some_of
from .step_guard import FiniteRecord, StepGuard, unfinite_names, weights_and_buffers

POLICIES = ('stop', 'skip')
SHOWN = 24  # names of files in a message
REMEDY = "lower the learning rate, clip gradients (optim_wrapper.clip_grad), or look at these images"


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Make no step whose loss or gradient is NaN or infinite, and stop the run; MMEngine would train on, and save
    weights that are all NaN.

    What a step finds stays on the device; it is read every ``interval`` iterations and before each checkpoint, which is
    not written then. Weights and buffers are looked at then, too (a learning rate run wild), and before a validation or
    a test. Under automatic mixed precision an overflow that makes the scaler take a smaller scale is no error.

    Args:
        policy: 'stop': end the run at the next look; 'skip': go on without the steps, and say how many there were.
            Weights that are not finite end a run in any case.
        interval: iterations between looks; None: those of ``LoggerHook``.

    Raises:
        FloatingPointError: names the iteration and the image files of its batch, or the weights.
        ValueError: for settings without sense.
    """

    # Before CheckpointHook, so that no checkpoint of broken weights is written.
    priority = 'VERY_HIGH'

    def __init__(self, policy: str = 'stop', interval: int | None = None) -> None:
        if policy not in POLICIES:
            raise ValueError(f'FiniteLossHook: expected policy {" or ".join(POLICIES)}, got {policy!r}')
        if interval is not None and (not isinstance(interval, int) or interval < 1):
            raise ValueError(f'FiniteLossHook: expected an interval from 1 on, got {interval!r}')
        self.policy, self.interval = policy, interval
        self.skipped = 0
        self._record = FiniteRecord()
        self._guards: list[StepGuard] = []
        self._files: dict[int, list[str]] = {}  # iteration -> images, since the last look
        self._by_design: set[str] = set()

    def before_train(self, runner: Runner) -> None:
        """Stand before the optimizers."""
        self.after_train(runner)
        # Buffers may be infinite by design, such as masks of attention.
        self._by_design = set(unfinite_names(dict(_model(runner).named_buffers())))
        several = getattr(runner.optim_wrapper, 'optim_wrappers', None)
        wrappers = list(several.values()) if several else [runner.optim_wrapper]
        self._guards = [StepGuard(wrapper, self._record, get_world_size() > 1) for wrapper in wrappers
                        if isinstance(wrapper, OptimWrapper)]

    def after_train(self, runner: Runner) -> None:
        """Leave the optimizers as they were."""
        while self._guards:
            self._guards.pop().remove()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Remember the files of a batch."""
        for guard in self._guards:
            guard.iteration = runner.iter + 1
        self._files[runner.iter + 1] = _files(data_batch)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None,
                         outputs: dict | None = None) -> None:
        """Look, if it is time."""
        loss = (outputs or {}).get('loss')
        if not self._guards and isinstance(loss, torch.Tensor):  # an optimizer wrapper that is nobody's
            self._record.note(~torch.isfinite(loss.detach()).all(), runner.iter + 1)
        if self._is_due(runner):
            self._look(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Look: a checkpoint may follow."""
        self._look(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse a checkpoint that is not finite, whoever saves it."""
        names = [name for name in unfinite_names(checkpoint.get('state_dict', {})) if name not in self._by_design]
        if names:
            raise FloatingPointError(f'No checkpoint is written at iteration {runner.iter}: {_weights(names)}.')

    def before_val(self, runner: Runner) -> None:
        """Refuse to score weights that are not finite."""
        self._check_weights(runner)

    def before_test(self, runner: Runner) -> None:
        """Refuse to score weights that are not finite."""
        self._check_weights(runner)

    def _is_due(self, runner):
        done = runner.iter + 1
        if self.interval is None:
            self.interval = next((hook.interval for hook in runner.hooks if isinstance(hook, LoggerHook)), 50)
        if done % self.interval == 0 or done == runner.max_iters:
            return True
        return any(not hook.by_epoch and hook.every_n_train_iters(runner, hook.interval) for hook in runner.hooks
                   if isinstance(hook, CheckpointHook) and hook.interval > 0)

    def _look(self, runner):
        number, first = self._record.take()
        files, self._files = self._files, {}
        if get_world_size() > 1:
            everywhere = torch.tensor([number], device=next(runner.model.parameters()).device)
            all_reduce(everywhere)
            number, first = int(everywhere), first if number else 0
        names = [name for name in unfinite_names(weights_and_buffers(_model(runner))) if name not in self._by_design]
        if not number and not names:
            return
        seen = _named(name for each in files.values() for name in each)
        if not number:
            raise FloatingPointError(
                f'At iteration {max(files, default=runner.iter)} {_weights(names)}: a step was too large. All batches '
                f'since the last look: {seen}. Please {REMEDY}.')
        where = f'first at iteration {first}, {_named(files.get(first, []))}' if first else 'in another process'
        text = f'loss or gradient was not finite in {number} of {len(files)} iterations: {where}'
        if self.policy == 'skip' and not names:
            self.skipped += number
            print_log(f'The {text}. These steps were left out; {self.skipped} so far.', logger='current',
                      level=logging.WARNING)
            return
        weights = f' Then {_weights(names)}.' if names else ''
        raise FloatingPointError(
            f'The {text}. These steps were not made.{weights} All batches since the last look: {seen}. '
            f"Please {REMEDY}. (custom_hooks: dict(type='FiniteLossHook', policy='skip') goes on without such steps.)")

    def _check_weights(self, runner):
        model = _model(runner)
        names = unfinite_names({name: value for name, value in weights_and_buffers(model).items()
                                if name not in dict(model.named_buffers()) or 'running_' in name})
        if names:
            of = f' of {runner._load_from}' if runner._load_from and not self._guards else ''
            raise FloatingPointError(f'Nothing is scored: {_weights(names)}{of}. Take an earlier checkpoint.')


def _model(runner):
    return runner.model.module if is_model_wrapper(runner.model) else runner.model


def _weights(names):
    return f'weights or buffers are not finite: {some_of(names, 3)}'


def _files(batch):
    samples = batch.get('data_samples') if isinstance(batch, dict) else None
    return [str(getattr(sample, 'img_path', '')) for sample in samples] if isinstance(samples, (list, tuple)) else []


def _named(names):
    return some_of(dict.fromkeys(filter(None, names)), SHOWN) or 'whose files are not known'
