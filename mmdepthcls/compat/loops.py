"""What is mended in MMEngine's loops and runner: samples are numbered, and what cannot be loaded is named."""
from __future__ import annotations

import sys
from functools import wraps

from .loading_failures import LoadingError, failure
from .numbered_loading import NumberedLoading, number_loader


def number_loaders(loops):
    """Let every loop of MMEngine have a numbered loader (:mod:`.numbered_loading`). Idempotent.

    Args:
        loops (module): ``mmengine.runner.loops``.
    """
    stock = loops.BaseLoop.__init__
    if stock.__module__ == __name__:
        return

    @wraps(stock)
    def __init__(self, runner, dataloader):
        stock(self, runner, dataloader)
        seed, rank = getattr(runner, 'seed', None), getattr(runner, 'rank', 0)
        trains = isinstance(self, (loops.EpochBasedTrainLoop, loops.IterBasedTrainLoop))
        if isinstance(seed, int) and 'mmseg' in sys.modules:
            self.dataloader = number_loader(self.dataloader, seed, rank if isinstance(rank, int) else 0, trains)

    __init__.__module__ = __name__
    loops.BaseLoop.__init__ = __init__


def name_failures(runner):
    """Let every run that ends because a process that loads data has died say what it held. Idempotent.

    Args:
        runner (module): ``mmengine.runner.runner``.
    """
    for name in ('train', 'val', 'test'):
        stock = getattr(runner.Runner, name)
        if stock.__module__ != __name__:
            setattr(runner.Runner, name, _naming(stock))


def _naming(stock):
    @wraps(stock)
    def run(self):
        try:
            return stock(self)
        except LoadingError:
            raise
        except RuntimeError as error:  # of a worker that dies, torch tells in the middle of whatever runs
            for loop in (self._train_loop, self._val_loop, self._test_loop):
                message = failure(error, loop.dataloader, anywhere=True) if is_numbered(loop) else None
                if message is not None:
                    raise LoadingError(message) from error
            raise

    run.__module__ = __name__
    return run


def is_numbered(loop):
    """Whether a loop's samples are numbered."""
    return isinstance(getattr(loop, 'dataloader', None), NumberedLoading)


def advance(loop):
    """Bring the loader of a training to where the training goes on, without loading what it has had.

    Args:
        loop (EpochBasedTrainLoop or IterBasedTrainLoop): which has not begun yet; its counters say where it goes on.
            An epoch that was broken off goes on within.
    """
    loader = loop.dataloader
    batches = getattr(loop, 'dataloader_iterator', None)
    if batches is None:
        into = max(loop.iter - loop.epoch * len(loader), 0)
        loader.numbered_indices.begin(loop.epoch, into)
        if into:
            _count_from(loop, into)
    elif not getattr(loop, 'fast_forward_on_resume', False):
        batches._epoch = loader.numbered_indices.advance(loop.iter, loader.set_epoch)
        # One of the hosts asks for each batch that is passed over, the other for all of them at once.
        loop.dataloader_iterator = _AdvancedBatches(batches, 0 if hasattr(batches, 'skip_iter') else loop.iter)


def _count_from(loop, first):
    """Let the batches of the epoch that goes on have the numbers that they would have had."""
    epoch, stock = loop.epoch, loop.run_iter

    def run_iter(idx, data_batch):
        stock(idx + first if loop.epoch == epoch else idx, data_batch)

    loop.run_iter = run_iter


class _AdvancedBatches:
    """Batches of a loader that has been advanced already, for a loop that is about to do it.

    Args:
        batches (iterator): MMEngine's.
        number (int): how many the loop will pass over, one by one.
    """

    def __init__(self, batches, number):
        self._batches, self._number = batches, number

    def __getattr__(self, name):
        if name.startswith('__') or name == '_batches':
            raise AttributeError(name)
        return getattr(self._batches, name)

    def __iter__(self):
        return self

    def __next__(self):
        if self._number:
            self._number -= 1
            return None
        return next(self._batches)

    def skip_iter(self, number):
        """Nothing is left to pass over."""
