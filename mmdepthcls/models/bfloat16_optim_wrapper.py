"""Automatic mixed precision without a GPU."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.optim import OptimWrapper
from mmseg.registry import OPTIM_WRAPPERS
from torch import nn


@OPTIM_WRAPPERS.register_module()
class Bfloat16OptimWrapper(OptimWrapper):
    """Train under autocast to bfloat16 on CPUs, where MMEngine's ``AmpOptimWrapper`` refuses to. bfloat16 has float32's
    range, so that no loss is scaled. Args: those of :class:`mmengine.optim.OptimWrapper`."""

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """See :meth:`mmengine.optim.OptimWrapper.optim_context`."""
        with super().optim_context(model), torch.autocast('cpu', torch.bfloat16):
            yield
