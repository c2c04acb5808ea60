"""A trial build of a model that somebody else describes: its shapes, without its memory."""
from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

SMALL = 1 << 16  # elements that are made in earnest: constructors compute with them
LARGEST_STEP = 1 << 24  # elements of what is computed from these


class BuildLimitError(ValueError):
    """A model that is larger than its weights."""


def trial_build(build: Callable[[], nn.Module], num_tensors: int, num_elements: int) -> nn.Module:
    """Build a model whose large tensors have a shape and no memory (PyTorch's meta device).

    Args:
        build: makes it.
        num_tensors: how many the weights have.
        num_elements: numbers in all of them.

    Returns:
        The model, to look at, not to use.

    Raises:
        BuildLimitError: if it has many more modules, tensors or numbers than the weights.
    """
    limits = _Limits(10 * num_tensors + 500, 4 * num_elements + (1 << 26))
    with torch.random.fork_rng(devices=[]), _counting(limits), _Meta(limits):
        return build()


class _Limits:
    """What is left of modules, tensors and elements."""

    def __init__(self, parts, elements):
        self.parts, self.elements = parts, elements

    def take_part(self):
        self.parts -= 1
        if self.parts < 0:
            raise BuildLimitError('it describes many more layers than it has weights for')

    def take_elements(self, number):
        self.elements -= number
        if self.elements < 0:
            raise BuildLimitError('it describes many more weights than it holds')


@contextmanager
def _counting(limits: _Limits) -> Iterator[None]:
    """Count what this thread's modules are given."""
    thread = threading.get_ident()

    def count(*_: Any) -> None:
        if threading.get_ident() == thread:
            limits.take_part()

    handles = [register(count) for register in (hooks.register_module_parameter_registration_hook,
                                                hooks.register_module_buffer_registration_hook,
                                                hooks.register_module_module_registration_hook)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _Meta(TorchDispatchMode):
    """Makes large tensors on the meta device, and refuses to compute larger ones of small ones."""

    def __init__(self, limits):
        super().__init__()
        self.limits = limits

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        given = [each for each in tree_leaves((args, kwargs)) if isinstance(each, torch.Tensor)]
        if any(each.is_meta for each in given):
            return func(*args, **kwargs)
        size, made = self._size(func, args, kwargs)
        if not given:
            self.limits.take_elements(size)
            if size > SMALL and made is not None:
                return made
        if size > LARGEST_STEP:
            raise BuildLimitError(f'a layer of it computes {size} numbers when it is built')
        return func(*args, **kwargs)

    def _size(self, func, args, kwargs):
        """Elements of a result, and the result without its memory."""
        args, kwargs = tree_map(_as_meta, (args, kwargs))
        if 'device' in kwargs or not any(isinstance(each, torch.Tensor) for each in tree_leaves((args, kwargs))):
            kwargs = dict(kwargs, device=torch.device('meta'))
        try:
            made = func(*args, **kwargs)
        except (NotImplementedError, RuntimeError, TypeError):  # no result of a size: a number, a flag
            return 0, None
        return max((math.prod(each.shape) for each in tree_leaves(made) if isinstance(each, torch.Tensor)),
                   default=0), made


def _as_meta(value):
    return torch.empty_like(value, device='meta') if isinstance(value, torch.Tensor) else value
