"""Trainings that are killed at any moment, and what they leave in their work folder."""
import importlib
import os
import random
import select
import shutil
import signal
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import torch
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from ...checkpoint_writer import not_finite
from ...hooks.resume_point import damage_of, resume_point

BEGIN, SAVE, SAVED = b'b', b's', b'f'  # what a training tells: it trains; it saves; it has saved
PATIENCE = 120  # s for a training to say something


@dataclass
class Tally:
    """What was found after each kill.

    Args:
        kills (Counter): 'aimed at a save' and 'at any moment' -> how many.
        during_a_save (int): those that struck while a checkpoint was being saved.
        without (int): states without a loadable, finite checkpoint to go on from.
        lost (int): states in which a checkpoint that had been finished was gone, or not gone on from.
        lost_best (int): states in which a best one had been finished, and none was there.
        anew (int): trainings that did not go on from where the one before was.
        finished (int): checkpoints that were finished in all.
        bytes (int): of the largest.
    """

    kills: Counter = field(default_factory=Counter)
    during_a_save: int = 0
    without: int = 0
    lost: int = 0
    lost_best: int = 0
    anew: int = 0
    finished: int = 0
    bytes: int = 0


def kill_trainings(folder, kills, size, seed=0, progress=lambda: None):
    """Start a training, kill it, look at what it has left, go on from there.

    Args:
        folder (Path): work folder; emptied where nothing is left to go on from.
        kills (int): how many; every second one is aimed at a save.
        size (int): bytes of weights.
        seed (int): of the moments.
        progress (callable): called after each kill.

    Returns:
        Tally
    """
    importlib.import_module('matplotlib.backends.backend_agg')  # once, and not in each process
    moments, tally, reached, best = random.Random(seed), Tally(), 0, False
    for index in range(kills):
        aimed = index % 2 == 0
        tally.kills['aimed at a save' if aimed else 'at any moment'] += 1
        story = _killed(folder, size, moments, aimed)
        tally.during_a_save += story.saving
        tally.finished += len(story.finished)
        tally.anew += story.begun != reached
        reached, best = max([reached, *story.finished]), best or bool(story.best)
        left, there = _latest(folder), _best_is_there(folder)
        tally.without += left is None
        tally.lost += (left or 0) < reached
        tally.lost_best += best and not there
        tally.bytes = max([tally.bytes, *(path.stat().st_size for path in Path(folder).glob('*.pth'))])
        if left is None:
            shutil.rmtree(folder)
        reached, best = left or 0, there
        progress()
    return tally


@dataclass
class _Story:
    """What a training has told before it was killed."""
    begun: int = -1
    finished: list = field(default_factory=list)
    best: int = 0
    saving: bool = False


def _killed(folder, size, moments, aimed):
    """_Story: of a training in a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        _train(folder, size, write)
    os.close(write)
    story, deadline = _Story(), None
    lines = _lines(read)
    # One of the next saves, or some time after the first step: most of the time is spent in saves anyway.
    saves, begin, wait = moments.randrange(1, 6), time.monotonic(), moments.uniform(0, 1)
    try:
        while deadline is None or time.monotonic() < deadline:
            line = lines(PATIENCE if deadline is None else max(0, deadline - time.monotonic()))
            if line is None:
                break
            if not line:
                raise RuntimeError(f'a training ended by itself; its log is in {folder}')
            _note(story, line)
            if line.startswith(SAVE):
                saves, begin = saves - 1, time.monotonic()
                if aimed and not saves:
                    deadline = begin + wait * _duration(size)
            elif not aimed and deadline is None:
                deadline = time.monotonic() + wait * 6 * _duration(size)
        if deadline is None:
            raise RuntimeError(f'a training said nothing for {PATIENCE} s; its log is in {folder}')
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while line := lines(0):  # what it had still said
            _note(story, line)
        os.close(read)
    return story


def _duration(size):
    """float: seconds that a save takes, about."""
    return 0.05 + size / 2e8


def _note(story, line):
    kind, _, rest = line.partition(b' ')
    number, *best = map(int, rest.split())
    if kind == BEGIN:
        story.begun = number
    story.saving = kind == SAVE
    if kind == SAVED:
        if best[0]:
            story.best = number
        else:
            story.finished.append(number)


def _lines(file):
    """Function that takes seconds and returns the next line; None after that time, nothing at the end."""
    waiting = bytearray()

    def line(seconds):
        end = time.monotonic() + seconds
        while b'\n' not in waiting:
            if not select.select([file], [], [], max(0, end - time.monotonic()))[0]:
                return None
            content = os.read(file, 4096)
            if not content:
                return b''
            waiting.extend(content)
        first, _, rest = bytes(waiting).partition(b'\n')
        waiting[:] = rest
        return first

    return line


def _latest(folder):
    """int or None: the iteration that a training would go on from; None without a loadable, finite checkpoint."""
    path = resume_point(folder).path
    checkpoint = path and _load(path)
    return checkpoint['meta']['iter'] if checkpoint and 'optimizer' in checkpoint else None


def _best_is_there(folder):
    return any(_load(path) for path in Path(folder).glob('best_*.pth'))


def _load(path):
    """dict or None: a checkpoint that is whole and finite."""
    if damage_of(path):
        return None
    try:
        checkpoint = torch.load(path, map_location='cpu', weights_only=False)  # we have written it
    except Exception:
        return None
    return None if not_finite(checkpoint['state_dict']) else checkpoint


def _train(folder, size, file):
    """The process that is killed: MMEngine's runner, with a checkpoint and a better one in every iteration."""
    try:
        log = os.open(f'{folder}.log', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        for target in (1, 2):
            os.dup2(log, target)
        warnings.simplefilter('ignore')
        runner = _runner(folder, size)
        runner.register_hook(_Teller(file))
        runner.train()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def _runner(folder, size):
    def loader(number):
        return DataLoader(_Numbers(number), batch_size=1)

    model = _Weights(size // 4)
    return Runner(
        model, str(folder), train_dataloader=loader(10**6), val_dataloader=loader(1),
        val_evaluator=Evaluator(_Better()), val_cfg=dict(), resume=True,
        train_cfg=dict(type='IterBasedTrainLoop', max_iters=10**6, val_interval=1),
        optim_wrapper=OptimWrapper(torch.optim.SGD(model.parameters(), lr=1e-3)), default_scope='mmseg',
        experiment_name=f'{Path(folder).name}_{os.getpid()}', default_hooks=dict(
            logger=None, checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=1, max_keep_ckpts=1,
                                         save_best='score', rule='greater')))


class _Teller(Hook):
    """Tells the process that kills what the training does."""

    priority = 'LOWEST'

    def __init__(self, file):
        self._file = file

    def _tell(self, kind, *numbers):
        os.write(self._file, kind + b' ' + ' '.join(map(str, numbers)).encode() + b'\n')

    def before_train(self, runner):
        self._tell(BEGIN, runner.iter)
        # What has no hook: the end of a save.
        stock = runner.save_checkpoint

        def save(*args, **options):
            name = options.get('filename') or args[1]
            self._tell(SAVE, runner.iter)
            stock(*args, **options)
            best = name.startswith('best_')
            self._tell(SAVED, int(name.rpartition('_')[2].removesuffix('.pth')), int(best))

        runner.save_checkpoint = save


class _Weights(BaseModel):
    """As many weights as a checkpoint of some size has, and a step that changes few of them."""

    def __init__(self, count):
        super().__init__()
        self.weights = torch.nn.Parameter(torch.zeros(count))
        self.register_buffer('steps', torch.zeros(1))

    def forward(self, inputs, mode='tensor'):
        self.steps += mode == 'loss'
        return dict(loss=(self.weights[:100] - inputs).square().sum()) if mode == 'loss' else [self.steps.clone()]


class _Numbers(torch.utils.data.Dataset):
    """No end of samples to train on: MMEngine pauses for 2 s at the end of each epoch."""

    def __init__(self, number):
        self._number = number

    def __len__(self):
        return self._number

    def __getitem__(self, index):
        return dict(inputs=torch.ones(1))


class _Better(BaseMetric):
    """A score that grows with every validation."""

    default_prefix = None

    def process(self, data_batch, data_samples):
        self.results.append(float(data_samples[0]))

    def compute_metrics(self, results):
        return dict(score=results[-1])
