"""A training in a process group of its own, which tests send signals to."""
import os
import signal
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import torch
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from torch.utils.data import Dataset

import mmdepthcls.registration  # noqa: F401  (mends the host)

LIMIT = 200  # s


class Training:
    """One in another process.

    Args:
        folder (Path): its work folder; beside it are what it prints and what it has reached.
        rank (int, optional): one of two processes that train together.
        **options: see :func:`train`; ``nohup``: started so.
    """

    def __init__(self, folder, rank=None, **options):
        beside = str(folder) if rank is None else f'{folder}{rank}'
        self.folder, self.log, self.steps = folder, Path(f'{beside}.log'), Path(f'{beside}.steps')
        self.steps.unlink(missing_ok=True)
        self.process = get_context('forkserver').Process(target=_become, args=(str(folder), beside, rank, options))
        self.process.start()

    def wait_for(self, text):
        """Until it has reached something: 'begin', 'load', 'val', 'iteration 3'."""
        end = time.monotonic() + LIMIT
        while text not in self.reached():
            if time.monotonic() > end or not self.process.is_alive():
                self.process.kill()
                self.process.join()
                raise AssertionError(f'{text} is not reached: {self.reached()}, {self.text()}')
            time.sleep(0.01)
        return self

    def reached(self):
        return self.steps.read_text().splitlines() if self.steps.exists() else []

    def send(self, number, group=True):
        (os.killpg if group else os.kill)(self.process.pid, number)
        return self

    def status(self):
        """Exit status, once it has ended."""
        self.process.join(LIMIT)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
            raise AssertionError(f'it does not end: {self.reached()}, {self.text()}')
        return self.process.exitcode

    def text(self):
        return self.log.read_text() if self.log.exists() else ''

    def workers(self):
        """Numbers of the processes that load data."""
        return [int(line.split()[1]) for line in self.reached() if line.startswith('worker ')]


def lives(pid):
    try:
        return 'Z' not in Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[:1]
    except FileNotFoundError:
        return False


def _become(folder, beside, rank, options):
    os.setpgid(0, 0)
    log = os.open(f'{beside}.log', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for target in (1, 2):
        os.dup2(log, target)
    # As in the foreground of a terminal: what a shell runs in the background ignores some of them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if options.pop('nohup', False) else signal.SIG_DFL)
    if rank is not None:
        torch.distributed.init_process_group('gloo', f'file://{folder}.store', rank=rank, world_size=2)
    train(folder, beside=beside, **options).train()
    sys.exit(0)


class Numbers(Dataset):
    """Samples that take a while."""

    def __init__(self, note, length, load):
        self.note, self.length, self.load = note, length, load

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        if self.load:
            self.note('load')
            time.sleep(self.load)
        return dict(inputs=torch.full((1, ), float(index)))


class Model(BaseModel):
    """A few weights and a buffer; steps take a while."""

    def __init__(self, note, step, val):
        super().__init__()
        self.note, self.step, self.val = note, step, val
        self.layer, self.norm = torch.nn.Linear(1, 1), torch.nn.BatchNorm1d(1)

    def forward(self, inputs, mode='tensor'):
        if mode == 'loss':
            time.sleep(self.step)
            return dict(loss=self.norm(self.layer(inputs)).square().mean() + self.layer(inputs).square().mean())
        self.note('val')
        time.sleep(self.val)
        return [torch.zeros(1)]


class Score(BaseMetric):
    """Each validation is better than the one before."""

    validations = 0

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        self.validations += 1
        return dict(score=float(self.validations))


class Steps(Hook):
    """Notes how far it is."""

    priority = 'VERY_HIGH'

    def __init__(self, note):
        self.note = note

    def before_train(self, runner):
        self.note(f'begin {runner.epoch} {runner.iter}')

    def after_train_iter(self, runner, **_):
        self.note(f'iteration {runner.iter + 1}')


def train(folder, by_epoch=False, workers=0, step=0.0, load=0.0, val=0.0, resume=False, length=100, most=10**6,
          hooks=(), interval=10**6, beside=None, **checkpoint):
    """Runner of a tiny model.

    Args:
        folder (str): work folder.
        by_epoch (bool): loop and checkpoints.
        workers (int): processes that load data.
        step, load, val (float): seconds of a training step, of loading a sample, of a validation's step; 0 for
            ``val``: no validation.
        resume (bool): go on.
        length (int): samples of an epoch.
        most (int): iterations or epochs.
        hooks (sequence): of the runner.
        interval (int): of checkpoints.
        beside (str, optional): begins the name of the file that says what it has reached.
        **checkpoint: of CheckpointHook.
    """
    def note(text):
        with open(f'{beside or folder}.steps', 'a') as file:
            file.write(f'{text}\n')

    def loader(workers):
        built = Runner.build_dataloader(dict(
            dataset=Numbers(note, length, load), batch_size=2, num_workers=workers, persistent_workers=bool(workers),
            sampler=dict(type='DefaultSampler', shuffle=False), collate_fn=dict(type='default_collate')))
        if workers:
            built.worker_init_fn.then = lambda worker: note(f'worker {os.getpid()}')
        return built

    torch.manual_seed(0)
    model = Model(note, step, val)
    kind = dict(type='EpochBasedTrainLoop', max_epochs=most) if by_epoch else dict(
        type='IterBasedTrainLoop', max_iters=most)
    validation = dict(val_dataloader=loader(0), val_cfg=dict(), val_evaluator=Evaluator(Score())) if val else {}
    return Runner(
        model, folder, train_dataloader=loader(workers), train_cfg=dict(**kind, val_interval=1 if by_epoch else 3),
        optim_wrapper=OptimWrapper(torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)), default_scope='mmseg',
        default_hooks=dict(logger=None, checkpoint=dict(
            type='CheckpointHook', by_epoch=by_epoch, interval=interval, **checkpoint)), **validation,
        custom_hooks=[Steps(note), *hooks], resume=resume, experiment_name=f'{Path(folder).name}{time.time_ns()}',
        log_level='WARNING')
