"""Refuse data loaders that never end where a loop waits for their end."""
from __future__ import annotations

from mmengine.dataset import InfiniteSampler
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmseg.registry import HOOKS

from ..config.config_check import endless_message


@HOOKS.register_module()
class FiniteLoaderHook(Hook):
    """Refuse a sampler that never ends in a loop of epochs, a validation or a test, which would not end either; for
    runs that are not started by mmdepthcls's tools, which look at the config first.

    Raises:
        ValueError: names the loader, and what to set.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Look at the training's loader, if epochs are counted."""
        if isinstance(runner.train_loop, EpochBasedTrainLoop):
            _check('train', runner.train_dataloader, type(runner.train_loop).__name__)

    def before_val(self, runner: Runner) -> None:
        """Look at the validation's loader."""
        _check('val', runner.val_dataloader, type(runner.val_loop).__name__)

    def before_test(self, runner: Runner) -> None:
        """Look at the test's loader."""
        _check('test', runner.test_dataloader, type(runner.test_loop).__name__)


def _check(split, loader, loop):
    for sampler in (loader.sampler, getattr(loader.batch_sampler, 'sampler', None)):
        if isinstance(sampler, InfiniteSampler) or getattr(sampler, 'endless', False):
            raise ValueError(endless_message(split, type(sampler).__name__, loop))
