"""Let a resumed training be the training that was broken off."""
from __future__ import annotations

import logging
from typing import Any

import torch
from mmengine.dist import broadcast
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmengine.runner.base_loop import BaseLoop
from mmseg.registry import HOOKS

from ..compat.loops import advance, is_numbered
from ..generators import generators_state, seed_generators, set_generators
from .data_identity import data_identity, differences
from .resume_changes import ResumeMismatchError, accepted_changes, how_to_go_on

# Of a checkpoint: what it holds beyond MMEngine's, as plain values and tensors.
KEY = 'mmdepthcls'
VALIDATION = 2  # the last number of a seed, beside those of loading


@HOOKS.register_module()
class RunStateHook(Hook):
    """Save what MMEngine's checkpoints lack, and go on from it: the random generators of the process, gradients that
    are being accumulated, what the data are.

    A resumed training takes the losses and weights that it would have had, on the CPU bit for bit: its loader is
    brought to the sample where it was broken off, also within an epoch, without loading what was had; the validation
    that was due when the process ended is made first; validations draw random numbers of their own. Of several
    processes the first one's generators are saved, and the others seed theirs anew for each step; all validate the
    model that is saved, with the running statistics of the first. The seed is the checkpoint's where the config has
    none. Checkpoints of MMEngine alone are resumed too, as far as they go.

    Raises:
        ResumeMismatchError: if data or seed are not those that the training began with, unless the config's
            ``accept_changes`` has 'data' or 'seed'; says what differs.
    """

    # Last: the validation that is due needs what the other hooks make before a training.
    priority = 'LOWEST'

    def __init__(self) -> None:
        self._training_state: dict[str, Any] | None = None  # while a validation runs
        self._stored: dict[str, Any] = {}  # of the checkpoint that is resumed
        self._resumes = self._restores_late = False
        self._identity: dict[str, Any] | None = None

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add what is needed to go on."""
        if not isinstance(runner._train_loop, BaseLoop):
            return
        state = checkpoint.setdefault(KEY, {})
        state.update(generators=self._training_state or generators_state(), data=self._data(runner))
        if 'optimizer' in checkpoint:
            gradients = _accumulated(runner)
            if gradients:
                state['gradients'] = gradients

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare what the training began with, where a training is resumed."""
        if not runner._resume or not isinstance(runner._train_loop, BaseLoop):
            return
        self._resumes, self._stored = True, checkpoint.get(KEY) or {}
        accepted = accepted_changes(runner.cfg)
        found = differences(self._stored.get('data') or {}, self._data(runner))
        if found:
            text = f'the training data are not those that it began with: {"; ".join(found)}'
            if 'data' not in accepted:
                raise ResumeMismatchError(f'Cannot resume: {text}. {how_to_go_on("data")}.')
            print_log(f'Resuming although {text}', logger='current', level=logging.WARNING)
        self._take_seed(runner, checkpoint.get('meta', {}), 'seed' in accepted)

    def _take_seed(self, runner, meta, changes):
        """Go on with the seed of the checkpoint, from which MMEngine has not made the loader."""
        stored, own = meta.get('seed'), (runner.cfg.get('randomness') or {}).get('seed')
        if stored is None or stored == own:
            return
        if own is not None and not changes:
            raise ResumeMismatchError(f'Cannot resume: the training began with seed {stored}, and the config has '
                                      f'randomness.seed={own}. {how_to_go_on("seed")}.')
        if own is not None:
            meta['seed'] = own  # MMEngine goes back to the seed that it finds here
            self._stored.pop('generators', None)
            seed_generators(own)
        for loop in (runner.train_loop, runner.val_loop) if own is None else ():
            if is_numbered(loop):
                loop.dataloader.seed_with(stored)

    def before_train(self, runner: Runner) -> None:
        """Bring a resumed training to where it was broken off."""
        loop = runner.train_loop
        if not self._resumes or not loop.iter and not loop.epoch:
            return
        if is_numbered(loop):
            advance(loop)
        else:
            self._restores_late = True
            print_log('What was trained on is loaded again to pass over it, and random augmentation differs from that '
                      'of an uninterrupted training: samples are not numbered (data without an index, a loop of its '
                      'own, or MMDEPTHCLS_HOST_PATCHES=0).',
                      logger='current', level=logging.WARNING)
        if _is_validation_due(runner):
            print_log(f'The validation that was due at iteration {runner.iter} is made first.', logger='current')
            runner.val_loop.run()
        self._go_on(runner)

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Set the generators again, where loading draws from them; in all processes but the first, in each step."""
        if self._restores_late:
            self._restores_late = False
            self._go_on(runner)
        if runner.rank > 0 and isinstance(runner.seed, int):
            seed_generators(runner.seed, runner.rank, runner.iter, device=True)

    def before_val(self, runner: Runner) -> None:
        """Draw from other generators while a training is validated: the same in each validation."""
        if isinstance(runner._train_loop, BaseLoop) and isinstance(runner.seed, int):
            self._training_state = generators_state()
            seed_generators(runner.seed, VALIDATION)
        if isinstance(runner._train_loop, BaseLoop) and runner.world_size > 1:
            for _, values in _model(runner).named_buffers():
                broadcast(values)  # BatchNorm's: of the first process, which saves them

    def after_val(self, runner: Runner) -> None:
        """Go on with the training's generators."""
        if self._training_state is not None:
            set_generators(self._training_state)
            self._training_state = None

    def _go_on(self, runner):
        generators = self._stored.get('generators')
        if generators is not None and runner.rank == 0:
            set_generators(generators)
        gradients = self._stored.pop('gradients', None)
        if gradients:
            _accumulate(runner, gradients)

    def _data(self, runner):
        if self._identity is None:
            loader = runner.train_loop.dataloader
            self._identity = data_identity(loader.dataset, loader.sampler)
        return self._identity


def _is_validation_due(runner):
    """Whether a training that goes on had come to a validation: checkpoints are saved before it."""
    loop = runner.train_loop
    if runner.val_loop is None:
        return False
    by_iterations = hasattr(loop, 'dataloader_iterator')
    done, last = (loop.iter, loop.max_iters) if by_iterations else (loop.epoch, loop.max_epochs)
    within = not by_iterations and loop.iter > loop.epoch * len(loop.dataloader)
    if within or done < max(loop.val_begin, 1):
        return False
    loop._decide_current_val_interval()
    return done % loop.val_interval == 0 or done == last


def _model(runner):
    return runner.model.module if is_model_wrapper(runner.model) else runner.model


def _wrappers(runner):
    """The optimizer wrappers that a training steps with."""
    several = getattr(runner.optim_wrapper, 'optim_wrappers', None)
    return list(several.values()) if several else [runner.optim_wrapper]


def _accumulated(runner):
    """dict[str, Tensor]: gradients by their weights' names, within a cycle of accumulation; else none."""
    wrappers = [wrapper for wrapper in _wrappers(runner) if isinstance(wrapper, OptimWrapper)]
    if all(wrapper._inner_count % wrapper._accumulative_counts == 0 for wrapper in wrappers):
        return {}
    return {name: weight.grad.detach().cpu().clone() for name, weight in _model(runner).named_parameters()
            if weight.grad is not None}


def _accumulate(runner, gradients):
    weights = dict(_model(runner).named_parameters())
    for name, gradient in gradients.items():
        if name in weights and weights[name].shape == gradient.shape:
            weights[name].grad = torch.as_tensor(gradient).to(weights[name])
