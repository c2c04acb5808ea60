"""Refuse data loaders that never end where a loop waits for their end, and those that have nothing to give."""
from __future__ import annotations

from mmengine.dataset import InfiniteSampler
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop, Runner
from mmseg.registry import HOOKS

from ..config.loader_check import empty_message, endless_message


@HOOKS.register_module()
class FiniteLoaderHook(Hook):
    """Refuse a sampler that never ends in a loop of epochs, a validation or a test, which would not end either, and a
    loader without a batch, which would train or score nothing without a word. Every run has it.

    Raises:
        ValueError: names the loader, and what to set.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Look at the training's loader, whose end matters if epochs are counted."""
        loop = runner.train_loop
        _check('train', runner.train_dataloader, type(loop).__name__, isinstance(loop, EpochBasedTrainLoop))

    def before_val(self, runner: Runner) -> None:
        """Look at the validation's loader."""
        _check('val', runner.val_dataloader, type(runner.val_loop).__name__)

    def before_test(self, runner: Runner) -> None:
        """Look at the test's loader."""
        _check('test', runner.test_dataloader, type(runner.test_loop).__name__)


def _check(split, loader, loop, ends=True):
    samplers = (getattr(each, 'sampler', None) for each in (loader, getattr(loader, 'batch_sampler', None)))
    endless = next((each for each in samplers if isinstance(each, InfiniteSampler) or getattr(each, 'endless', False)),
                   None)
    if endless is not None and ends:
        raise ValueError(endless_message(split, type(endless).__name__, loop))
    if endless is None and getattr(loader, 'drop_last', False) and not len(loader):
        raise ValueError(empty_message(split, loader))
