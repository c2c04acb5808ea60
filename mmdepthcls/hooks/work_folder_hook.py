"""Keep a resumed training inside its work folder."""
from __future__ import annotations

import logging
import os.path as osp
from pathlib import Path

from mmengine.hooks import CheckpointHook, Hook
from mmengine.logging import print_log
from mmengine.runner import BaseLoop, Runner
from mmseg.registry import HOOKS

from ..count_text import counted, some_of
from .resume_point import checkpoint_folder, file_name, resume_point


@HOOKS.register_module()
class WorkFolderHook(Hook):
    """Resume a work folder that was moved, renamed or copied, or whose newest checkpoint is damaged.

    MMEngine follows the absolute paths that it wrote: a moved folder cannot be resumed, one without ``last_checkpoint``
    begins anew without a word, and the next best checkpoint of a copy deletes the best one of the original. See
    :func:`~.resume_point.resume_point`.

    Raises:
        NothingGoodError: if there are checkpoints, and all are damaged.
    """

    def before_run(self, runner: Runner) -> None:
        """Name the checkpoint to resume from, before MMEngine looks for it."""
        if not runner._resume or runner._load_from is not None or not isinstance(runner._train_loop, BaseLoop):
            return
        point = resume_point(runner.work_dir, _out_dir(runner)).needed()
        runner._load_from, runner._resume = point.path, point.path is not None
        print_log(str(point), logger='current', level=logging.WARNING if point.remark else logging.INFO)

    def before_train(self, runner: Runner) -> None:
        """Look for the best checkpoint, which the next better one replaces, in this folder."""
        folder = checkpoint_folder(runner.work_dir, _out_dir(runner))
        for key, path in dict(runner.message_hub.runtime_info).items():
            if key.startswith('best_ckpt') and isinstance(path, str) and '://' not in folder:
                runner.message_hub.update_info(key, osp.join(folder, file_name(path)))
        former = sorted(path.name for path in Path(folder).glob('*.pth'))
        if former and not runner.iter:
            print_log(f'{folder} holds {counted(len(former), "checkpoint")} of an earlier training '
                      f'({some_of(former)}), and this one begins anew: those of the same name will be replaced, others '
                      'stay beside the new ones. --resume would go on from the latest; another --work-dir keeps the '
                      'two apart', logger='current', level=logging.WARNING)


def _out_dir(runner):
    """``out_dir`` of the runner's CheckpointHook, as its config gives it."""
    hook = next((hook for hook in runner.hooks if isinstance(hook, CheckpointHook)), None)
    return getattr(hook, 'out_dir', None)
