"""Stop a training without losing what it has learned."""
from __future__ import annotations

import multiprocessing
import os
import os.path as osp
import signal
import sys
import threading
import time
from contextlib import contextmanager
from typing import Any

import torch
from mmengine.dist import get_world_size, is_main_process
from mmengine.hooks import CheckpointHook, EMAHook, Hook
from mmengine.runner import BaseLoop, Runner
from mmseg.registry import HOOKS

from ..compat.saves import STOPPED

SIGNALS = tuple(getattr(signal, name) for name in ('SIGINT', 'SIGTERM', 'SIGHUP') if hasattr(signal, name))
REPEATED = 3.0  # s in which launchers of several processes send a signal again


@HOOKS.register_module()
class StopHook(Hook):
    """End a training that is told to end (Ctrl-C, ``scancel``, a closed terminal): finish the step, save a checkpoint,
    say so in a line, and leave with status 130, 143 or 129.

    Before the first step, and in a validation, it ends at once: the last checkpoint is what there is. A second signal
    ends it at once wherever it is. All processes of a distributed training stop after the same step. A signal that is
    ignored already (``nohup``) or that the program handles itself is left alone.

    Raises:
        SystemExit: in place of what the training would do next.
    """

    priority = 'LOWEST'  # what a step leaves behind is complete, and saved if it is its turn

    def __init__(self) -> None:
        self._runner: Runner | None = None
        self._signal, self._since, self._at_once, self._ending = 0, 0.0, True, False
        self._former: dict = {}
        self._group = None
        self._stops_after_epoch, self._saved = False, 0

    def before_run(self, runner: Runner) -> None:
        """Begin to listen, if this is a training."""
        if not isinstance(runner._train_loop, BaseLoop) or self._former:
            return
        self._runner, self._signal, self._at_once, self._ending, self._saved = runner, 0, True, False, 0
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                there = signal.getsignal(number)
                if there in (signal.SIG_DFL, signal.default_int_handler) or getattr(there, 'gives_way', False):
                    self._former[number] = signal.signal(number, self._hear)

    def before_train(self, runner: Runner) -> None:
        """Have a way to agree that asks no device."""
        if get_world_size() > 1 and self._group is None:
            self._group = torch.distributed.new_group(backend='gloo')

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """From here on a step is worth finishing."""
        self._at_once = False

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None,
                         outputs: dict | None = None) -> None:
        """Stop here if some process was told to."""
        agreed = self._agreed()
        if not agreed:  # what has been heard meanwhile is agreed on after the next step
            return
        self._signal = agreed
        loop = runner.train_loop
        # Then what the other hooks do after an epoch comes first.
        self._stops_after_epoch = hasattr(loop, 'run_epoch') and batch_idx + 1 == len(loop.dataloader)
        if not self._stops_after_epoch:
            self._save(runner.iter + 1, runner.epoch)
            self._leave(runner.iter + 1)

    def after_train_epoch(self, runner: Runner) -> None:
        """Stop after an epoch that has just been completed."""
        if self._stops_after_epoch:
            self._save(runner.iter, runner.epoch + 1)
            self._leave(runner.iter)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Note what has been saved; the best ones are none to go on from."""
        if 'optimizer' in checkpoint:
            self._saved = checkpoint['meta']['iter']

    def before_val(self, runner: Runner) -> None:
        """Nothing of a validation is kept."""
        self._at_once = self._runner is not None
        if self._signal and self._at_once and self._group is None:
            self._leave_validation()

    def after_val(self, runner: Runner) -> None:
        """What the validation led to is saved."""
        if self._runner is None:
            return
        self._at_once = False
        if self._signal and self._group is None:
            self._leave_validation()

    def after_run(self, runner: Runner) -> None:
        """End the program, if it was told to by the end of the training."""
        heard = self._signal and self._runner is not None and not self._ending
        self.end_run(runner)
        if heard:
            self._runner = runner
            self._leave(runner.iter)

    def end_run(self, runner: Runner) -> None:
        """Listen no more, however the training has ended."""
        former, self._former = self._former, {}
        for number, handler in former.items():
            signal.signal(number, handler)
        self._runner = None

    def _hear(self, number, frame):
        if self._signal or self._ending:
            if get_world_size() == 1 or time.monotonic() - self._since > REPEATED:
                _end_at_once(number)
            return
        self._signal, self._since = number, time.monotonic()
        saving = any(getattr(hook, 'is_saving', False) for hook in self._runner.hooks)
        if self._at_once and not saving:
            self._leave_validation()
        if sys.stderr.isatty():
            self._say('Finishing this step and saving a checkpoint; once more ends at once.')

    _hear.gives_way = True  # type: ignore[attr-defined]  # to another training, where this one has ended

    def _agreed(self):
        """The signal that any process has heard."""
        if self._group is None:
            return self._signal
        heard = torch.tensor([self._signal])
        torch.distributed.all_reduce(heard, torch.distributed.ReduceOp.MAX, group=self._group)
        return int(heard)

    def _save(self, iteration, epoch):
        """Save what can be gone on from, unless it is saved: so many steps and whole epochs have been done."""
        hook = next((hook for hook in self._runner.hooks if isinstance(hook, CheckpointHook)), None)
        if hook is None or self._saved == iteration:
            return
        meta = dict(epoch=epoch, iter=iteration)
        if not hook.by_epoch:
            hook._save_checkpoint_with_step(self._runner, iteration, meta)
            return
        # Within an epoch: a checkpoint of its own, which the next one replaces.
        with _changed(hook, by_epoch=False, filename_tmpl='iter_{}.pth', max_keep_ckpts=-1):
            self._runner.message_hub.update_info(STOPPED, hook.filename_tmpl.format(iteration))
            hook._save_checkpoint_with_step(self._runner, iteration, meta)

    def _leave_validation(self):
        """End the program between two steps; the averaged weights of a validation are not the model's."""
        runner = self._runner
        if runner.iter and not any(isinstance(hook, EMAHook) for hook in runner.hooks) and self._group is None:
            self._save(runner.iter, runner.epoch)
        self._leave(runner.iter)

    def _leave(self, iteration):
        """End the program."""
        runner, number, self._ending = self._runner, self._signal, True
        path = runner.message_hub.runtime_info.get('last_ckpt')
        if path and osp.exists(path):
            rest = f'{osp.relpath(path)} is complete, and --resume goes on from it'
        elif iteration:
            rest = 'No checkpoint is saved'
        else:
            rest = 'Nothing was trained yet'
        self._say(f'Stopped by {signal.Signals(number).name} after iteration {iteration}. {rest}.')
        runner.call_hook('after_run')
        self._runner = None
        raise SystemExit(128 + number)

    def _say(self, text):
        if is_main_process():
            print(text, file=sys.stderr, flush=True)


def _end_at_once(number):
    for child in multiprocessing.active_children():
        child.kill()
    if is_main_process():
        print(f'{signal.Signals(number).name} once more: ended at once.', file=sys.stderr, flush=True)
    os._exit(128 + number)


@contextmanager
def _changed(hook, **attributes):
    former = {name: getattr(hook, name) for name in attributes}
    vars(hook).update(attributes)
    try:
        yield
    finally:
        vars(hook).update(former)
