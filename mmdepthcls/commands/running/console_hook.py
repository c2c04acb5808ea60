"""The lines of a run: what it works on, how far it is, what came out."""
import os.path as osp
import textwrap

import torch
from mmengine.device import get_device
from mmengine.dist import get_world_size, is_main_process
from mmengine.hooks import Hook, LoggerHook

from ...count_text import counted
from ...evaluation.errors import PRINTED_NAMES
from ...evaluation.metrics_table import summary_table
from ...parallel import ProgressLine, time_text

WIDTH = 79
SHORT = ('abs_rel', 'rmse', 'd1', 'mIoU', 'mAcc', 'aAcc')
SHOWN = PRINTED_NAMES  # what fits into WIDTH
DOING = {'val': 'Validation', 'test': 'Test'}


class ConsoleHook(Hook):
    """Print, in the first process, what a person reads of a run. Registered by a quiet runner, not by configs.

    Args:
        title (str, optional): of a test of which only the progress is told.
    """

    def __init__(self, title=None):
        self._title, self._speaks = title, is_main_process()
        self._progress = self._metrics = None
        self._interval, self._training = 50, False

    def before_train(self, runner):
        """Say what is trained."""
        self._training = True
        self._interval = next((hook.interval for hook in runner.hooks if isinstance(hook, LoggerHook)), self._interval)
        loop = runner.train_loop
        data = [f'{_dataset(loop.dataloader)} to train on']
        if runner.val_loop is not None:
            data.append(f'{_dataset(runner.val_loop.dataloader)} to validate on')
        self._describe(runner, data)
        loader = loop.dataloader
        batch = getattr(loader, 'batch_size', None) or getattr(
            getattr(loader, 'batch_sampler', None), 'batch_size', None)
        of = f' of {counted(batch * get_world_size(), "sample")}' if batch else ''
        begun = f', from iteration {runner.iter} on' if runner.iter else ''
        self._say('Train', f'{counted(runner.max_iters, "iteration")}{of}{begun}')

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        """Say how far it is."""
        done = runner.iter + 1
        if done % self._interval and done not in (1, runner.max_iters):
            return
        scalars = runner.message_hub.log_scalars
        parts = [f'{done:{len(str(runner.max_iters))}}/{runner.max_iters}']
        if 'train/loss' in scalars:
            parts.append(f'loss {scalars["train/loss"].mean(self._interval):.4g}')
        rate = next((name for name in ('train/lr', 'train/base_lr') if name in scalars), None)
        if rate:
            parts.append(f'lr {scalars[rate].current():.3g}')
        if 'train/time' in scalars:
            seconds = scalars['train/time'].mean(self._interval)
            parts.append(f'{seconds:.3g} s/iteration')
        if torch.cuda.is_available():
            parts.append(f'{torch.cuda.max_memory_allocated() / 2**30:.1f} GB')
        if 'train/time' in scalars:
            parts.append(f'{time_text(seconds * (runner.max_iters - done))} left')
        self._print('  '.join(parts))

    def before_val_epoch(self, runner):
        """Begin a progress line."""
        self._begin_evaluation(runner, runner.val_loop.dataloader, 'val')

    def before_test_epoch(self, runner):
        """Begin a progress line."""
        self._begin_evaluation(runner, runner.test_loop.dataloader, 'test')

    def after_val_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        """Go on with the progress line."""
        if self._progress:
            self._progress.advance()

    after_test_iter = after_val_iter

    def after_val_epoch(self, runner, metrics=None):
        """Say the errors in short."""
        self._metrics = metrics
        numbers = {name: value for name, value in (metrics or {}).items() if isinstance(value, float)}
        short = [name for name in SHORT if name in numbers] or list(numbers)[:3]
        if self._training and short:
            self._print(f'Validation at iteration {runner.iter}: '
                        + ', '.join(f'{name} {numbers[name]:.4g}' for name in short[:3]))

    def after_train(self, runner):
        """Show the errors of the last validation, and say where the weights are."""
        if any(isinstance(value, float) for value in (self._metrics or {}).values()):
            self._print(f'\n{summary_table(self._metrics, "last validation", SHOWN)}\n')
        kept = {name: runner.message_hub.runtime_info.get(f'{name}_ckpt') for name in ('best', 'last')}
        kept = {name: path for name, path in kept.items() if path}
        if kept:
            self._say('Weights', ', '.join(f'{name}: {osp.relpath(path)}' for name, path in kept.items()))

    def _begin_evaluation(self, runner, loader, kind):
        if not self._training and self._title is None:
            self._describe(runner, [f'{_dataset(loader)} to {"validate" if kind == "val" else "test"} on'])
        if self._speaks:
            unit = 'images' if getattr(loader, 'batch_size', None) == 1 else 'batches'
            self._progress = ProgressLine(self._title or DOING[kind], len(loader), unit)

    def _describe(self, runner, data):
        """What, on what, where."""
        model = runner.model
        while hasattr(model, 'module'):  # wrapped for several processes, or for several views of an image
            model = model.module
        self._say('Data', ', '.join(data))
        self._say('Model', _model(model))
        losses = _losses(model)
        if losses and self._training:
            self._say('Losses', losses)
        self._say('Device', device_text())
        self._say('Logs', osp.relpath(runner.log_dir))

    def _say(self, label, text):
        self._print(textwrap.fill(text, WIDTH, initial_indent=f'{label:<8}', subsequent_indent=' ' * 8,
                                  break_long_words=False, break_on_hyphens=False))

    def _print(self, text):
        if self._speaks:
            print(text, flush=True)


def device_text():
    """str: what torch computes on."""
    count = f'{get_world_size()} x ' if get_world_size() > 1 else ''
    return count + (torch.cuda.get_device_name() if torch.cuda.is_available() else get_device().upper())


def _dataset(loader):
    """Number of samples, class and folder of a loader's data set."""
    dataset = loader.dataset
    return f'{counted(len(dataset), "sample")} ({"; ".join(dict.fromkeys(_parts(dataset)))})'


def _parts(dataset):
    """Names of the data sets that one consists of, each with its folder."""
    inner = getattr(dataset, 'datasets', None) or [part for part in [getattr(dataset, 'dataset', None)] if part]
    return [name for part in inner for name in _parts(part)] or [f'{type(dataset).__name__}{_folder(dataset)}']


def _folder(dataset):
    prefix = getattr(dataset, 'data_prefix', None) or {}
    folder = getattr(dataset, 'data_root', None) or prefix.get('img_path')
    split = getattr(dataset, 'split', None)
    return (f', {folder}' if folder else '') + (f', {split}' if isinstance(split, str) else '')


def _model(model):
    parts = [f'{type(part).__name__}' for name in ('backbone', 'neck', 'decode_head')
             if (part := getattr(model, name, None)) is not None]
    text = f'{type(model).__name__} of {" + ".join(parts)}' if parts else type(model).__name__
    of_model = [each.numel() for key, each in model.named_parameters() if not key.startswith('adaptation.')]
    text += f', {sum(of_model) / 1e6:.1f} million parameters'
    bins = getattr(model, 'bins', None)
    if bins is not None:
        text += f', {bins.num_bins} bins from {bins.min_depth:g} to {bins.max_depth:g} m ({type(bins).__name__})'
    method = getattr(model, 'adaptation', None)
    return text if method is None else f'{text}, adapted by {type(method).__name__}'


def _losses(model):
    """Names of the losses of all heads, with weights other than 1."""
    texts = {}
    for name in ('decode_head', 'auxiliary_head'):
        heads = getattr(model, name, None)
        for head in heads if isinstance(heads, torch.nn.ModuleList) else [heads]:
            losses = getattr(head, 'loss_decode', None)
            losses = losses if isinstance(losses, torch.nn.ModuleList) else [losses] if losses is not None else []
            texts.setdefault(name, []).extend(map(_loss, losses))
    auxiliary = texts.get('auxiliary_head')
    return ' + '.join(texts.get('decode_head', [])) + (f'; auxiliary {" + ".join(auxiliary)}' if auxiliary else '')


def _loss(loss):
    weight = getattr(loss, 'loss_weight', 1)
    return f'{weight:g} x {type(loss).__name__}' if isinstance(weight, (int, float)) and weight != 1 \
        else type(loss).__name__
