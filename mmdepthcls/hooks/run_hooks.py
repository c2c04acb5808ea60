"""The hooks that keep what a run has reached; every run has them, whatever its config says."""
from __future__ import annotations

from mmengine.runner import Runner
from mmseg.registry import HOOKS

# In the order in which they are called where that matters.
RUN_HOOKS = ('WorkFolderHook', 'FolderLockHook', 'FiniteLossHook', 'ResumeBinsHook', 'StopHook', 'RunStateHook',
             'WorkerEndHook', 'FiniteLoaderHook')


def register_run_hooks(runner: Runner) -> None:
    """Register those that a runner does not have yet."""
    there = {type(hook).__name__ for hook in runner.hooks}
    for name in RUN_HOOKS:
        if name not in there:
            runner.register_hook(HOOKS.build(dict(type=name)))
