"""Optimizer steps that are not made where loss or gradient is not finite, without waiting for the device that knows."""
from __future__ import annotations

from typing import Any

import torch
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

# A scaler divides its scale by two at each overflow. From here on the gradient itself is not finite.
SMALLEST_SCALE = 1.0


class FiniteRecord:
    """How often, and when first, something was not finite: kept on the device, read when somebody looks."""

    def __init__(self) -> None:
        self._marks: dict[torch.device, tuple[Tensor, Tensor]] = {}

    def note(self, bad: Tensor, iteration: int) -> None:
        """Keep what a step has found.

        Args:
            bad: () bool, on any device.
            iteration: its number, from 1 on.
        """
        if bad.device not in self._marks:
            marks = torch.zeros(2, dtype=torch.int64, device=bad.device)
            self._marks[bad.device] = marks[0], marks[1]
        number, first = self._marks[bad.device]
        first.masked_fill_(bad & (number == 0), iteration)
        number.add_(bad)

    def take(self) -> tuple[int, int]:
        """Number of bad steps since the last time, and iteration of the first, 0 for none. Waits for the device."""
        found = [(int(number), int(first)) for number, first in self._marks.values()]
        self._marks.clear()
        bad = [each for each in found if each[0]]
        return sum(number for number, _ in bad), min((first for _, first in bad), default=0)


class StepGuard:
    """Stands before an optimizer wrapper: a step whose loss or gradient is not finite is not made, and recorded.

    On a GPU nothing is waited for: the step is made, and weights and the optimizer's state are set back where it was
    bad, for which a second copy of them is kept while the step runs. (Counters of the optimizer that lie on the CPU
    count it.) Where a loss is scaled, its scaler skips steps and finds another scale; that is no error.

    Args:
        wrapper: whose ``step`` and ``update_params`` are replaced.
        record: takes what was found.
        together: several processes step with one gradient: only that, which they have in common, decides.
        waits: read the finding before the step, which costs nothing on a CPU; None: on a CPU only.
    """

    def __init__(self, wrapper: OptimWrapper, record: FiniteRecord, together: bool = False,
                 waits: bool | None = None) -> None:
        self.iteration = 0
        self._wrapper, self._record, self._together, self._waits = wrapper, record, together, waits
        self._update, self._step = wrapper.update_params, wrapper.step
        self._bad_loss: Tensor | None = None  # since the last step
        wrapper.update_params, wrapper.step = self.update_params, self.step

    def remove(self) -> None:
        """Give the wrapper its own methods back."""
        for name in ('update_params', 'step'):
            self._wrapper.__dict__.pop(name, None)

    def update_params(self, loss: Tensor, *args: Any, **kwargs: Any) -> None:
        """See :meth:`mmengine.optim.OptimWrapper.update_params`."""
        bad = ~torch.isfinite(loss.detach()).all()
        self._bad_loss = bad if self._bad_loss is None else self._bad_loss | bad
        if not self._wrapper_steps():
            self._record.note(bad, self.iteration)
        self._update(loss, *args, **kwargs)

    def step(self, **kwargs: Any) -> None:
        """See :meth:`mmengine.optim.OptimWrapper.step`."""
        bad_loss, self._bad_loss = self._bad_loss, None
        optimizer = self._wrapper.optimizer
        weights = [weight for group in optimizer.param_groups for weight in group['params'] if weight.grad is not None]
        if not weights:
            self._step(**kwargs)
            return
        bad_gradient = ~are_finite([weight.grad for weight in weights])
        scaler: Any = getattr(self._wrapper, 'loss_scaler', None)
        scales = scaler is not None and scaler.is_enabled()
        if scales and getattr(scaler, '_scale', None) is not None:
            bad_gradient = bad_gradient & (scaler._scale <= SMALLEST_SCALE)
        bad = bad_gradient if bad_loss is None else bad_gradient | bad_loss.to(bad_gradient.device)
        self._record.note(bad, self.iteration)
        skips = bad_gradient if self._together else bad
        if scales:
            self._step(**kwargs)
        elif skips.device.type == 'cpu' if self._waits is None else self._waits:
            if not skips:
                self._step(**kwargs)
        else:
            self._step_unless(skips, optimizer, weights, kwargs)

    def _wrapper_steps(self):
        """Whether the update that begins ends with a step, which notes what the update has found."""
        counts, every = self._wrapper._inner_count + 1, self._wrapper._accumulative_counts
        return counts % every == 0 or counts == self._wrapper._max_counts

    def _step_unless(self, skips, optimizer, weights, kwargs):
        with torch.no_grad():
            before = _of_step(optimizer, weights)
            # A copy by few kernels; a product with 1 is exact.
            copies = dict(zip(map(id, before), torch._foreach_mul(before, 1) if before else (), strict=True))
        self._step(**kwargs)
        with torch.no_grad():
            for value in _of_step(optimizer, weights):
                kept = copies.get(id(value))  # what the first step makes begins with zeros
                value.copy_(torch.where(skips, torch.zeros_like(value) if kept is None else kept, value))


def are_finite(tensors: list[Tensor]) -> Tensor:
    """() bool, on their device: whether all are finite. Extremes tell: they do not overflow as sums do; NaN is one."""
    values = [tensor._values() if tensor.is_sparse else tensor for tensor in tensors]
    values = [value.detach() for value in values if value.numel()]
    if not values:
        return torch.ones((), dtype=torch.bool, device=tensors[0].device)
    if values[0].device.type == 'cpu':  # where this is twelve times quicker
        extremes = [extreme for value in values for extreme in torch.aminmax(value)]
    else:
        extremes = list(torch._foreach_norm(values, float('inf')))
    return torch.isfinite(torch.stack([each.to(extremes[0].device, torch.float32) for each in extremes])).all()


def unfinite_names(tensors: dict[str, Tensor]) -> list[str]:
    """Names of tensors that hold NaN or infinite numbers. Waits for the device."""
    floating = {name: value for name, value in tensors.items() if isinstance(value, Tensor)
                and value.is_floating_point() and value.numel()}
    if not floating or all(bool(are_finite(group)) for group in _by_device(floating.values())):
        return []
    return [name for name, value in floating.items() if not bool(torch.isfinite(value).all())]


def weights_and_buffers(model: nn.Module) -> dict[str, Tensor]:
    """All tensors that a model predicts with, by name."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def _by_device(tensors):
    groups = {}
    for tensor in tensors:
        groups.setdefault(tensor.device, []).append(tensor)
    return groups.values()


def _of_step(optimizer, weights):
    """Tensors that a step changes, where the weights are."""
    found = list(weights)
    for weight in weights:
        found += [value for value in optimizer.state.get(weight, {}).values() if isinstance(value, Tensor)
                  and value.is_floating_point() and value.device == weight.device]
    return found
