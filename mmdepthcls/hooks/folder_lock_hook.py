"""Keep a second training out of a work folder."""
from __future__ import annotations

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import BaseLoop, Runner
from mmseg.registry import HOOKS

from .folder_lock import hold, release

PATIENCE = 30.0  # s that a training which goes on waits for the one before, which may still be saving


@HOOKS.register_module()
class FolderLockHook(Hook):
    """Hold the work folder while a training runs; the first process of it does, for all. See
    :mod:`~.folder_lock`.

    Raises:
        FolderInUseError: if another training is there.
    """

    priority = 'VERY_HIGH'

    def before_run(self, runner: Runner) -> None:
        """Hold it, if this is a training."""
        if isinstance(runner._train_loop, BaseLoop) and is_main_process():
            hold(runner.work_dir, PATIENCE if runner._resume else 0.0, lambda line: print_log(line, logger='current'))

    def after_run(self, runner: Runner) -> None:
        """Let others use it."""
        release(runner.work_dir)

    end_run = after_run
