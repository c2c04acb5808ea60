"""Stop a run whose loss is no longer a number."""
from __future__ import annotations

import math
from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Raise as soon as the loss is NaN or infinite; MMEngine would train on and save weights that are all NaN.

    Raises:
        FloatingPointError: names the iteration and the losses.
    """

    # Before CheckpointHook, so that no checkpoint of broken weights is written.
    priority = 'VERY_HIGH'

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None,
                         outputs: dict | None = None) -> None:
        """Check the losses of one iteration."""
        losses = {name: float(torch.as_tensor(value).detach()) for name, value in (outputs or {}).items()}
        if not math.isfinite(losses.get('loss', 0.0)):
            raise FloatingPointError(f'The loss is not finite at iteration {runner.iter + 1}: {losses}. Lower the '
                                     'learning rate, clip gradients, or look at the data of this iteration.')
