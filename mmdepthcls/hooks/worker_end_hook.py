"""Ends the processes that load data with the run that they load for."""
from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS


@HOOKS.register_module()
class WorkerEndHook(Hook):
    """Where one program runs several models, what is left of a run is found by the garbage collector, in the middle of
    the next. The processes that loaded data cannot be told to end any more then, and each is waited for 5 s."""

    priority = 'LOWEST'

    def after_run(self, runner: Runner) -> None:
        """End them, whatever ran: a training, a validation, a test."""
        for loop in (runner._train_loop, runner._val_loop, runner._test_loop):
            end_workers(loop)


def end_workers(loop: Any) -> None:
    """End the processes that load data for a loop; another run of it starts others.

    Args:
        loop (BaseLoop or dict): of a runner; those that were never built have none.
    """
    loader: Any = getattr(loop, 'dataloader', None)
    kept: Any = getattr(loader, '_iterator', None)
    if kept is not None:  # of persistent workers, for the next run
        loader._iterator = None
    endless: Any = getattr(getattr(loop, 'dataloader_iterator', None), '_iterator', None)
    for iterator in (kept, endless):
        if hasattr(iterator, '_shutdown_workers'):  # it has processes
            iterator._shutdown_workers()
            for worker in iterator._workers:
                if worker.is_alive():  # it hangs, in a file system that does not answer
                    worker.kill()
