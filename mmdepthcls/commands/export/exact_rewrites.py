"""What a trace would freeze at the size that it saw, written so that sizes stay symbols; exactly the same numbers.

A tracer follows one picture. Where a layer computes with the size of its input by floating point (``ceil(x / 2)``,
``int(x * 2.0)``) or asks questions about it, the answer for that one picture stands in the file for ever: EfficientNet
pads odd sizes as if they were even, and the metres are wrong. Here such layers compute with whole numbers.
"""
import sys
from contextlib import ExitStack, contextmanager
from unittest import mock

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class CannotExport(ValueError):
    """A part of a model that cannot be put into a file, with what to do about it."""


def refuse_endless(network):
    """Refuse networks whose sizes torch.export does not follow while a person waits.

    Args:
        network (Module): that is to take pictures of any size.

    Raises:
        CannotExport: names the part, and what to do.
    """
    from mmseg.models.backbones.swin import ShiftWindowMSA
    if any(isinstance(part, ShiftWindowMSA) for part in network.modules()):
        raise CannotExport('a Swin transformer divides pictures into windows, and torch.export does not follow how '
                           'many where the size is not known. Export it for pictures of one size: --size HEIGHT WIDTH')


@contextmanager
def exact_rewrites():
    """While this holds, what is traced keeps its sizes as symbols."""
    from mmseg.models.backbones import swin
    from mmseg.models.utils import embed, wrappers
    before = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as stack:
        if 'timm' in sys.modules:
            from timm.layers import padding
            stack.enter_context(mock.patch.object(padding, 'get_same_padding', same_padding))
        stack.enter_context(mock.patch.object(embed.AdaptivePadding, 'forward', _padded))
        stack.enter_context(mock.patch.object(wrappers.Upsample, 'forward', _upsample))
        stack.enter_context(mock.patch.object(swin.ShiftWindowMSA, 'window_reverse', _window_reverse))
        # Its last argument, warning=True: asks of sizes whether they go well together, to warn.
        defaults = (*wrappers.resize.__defaults__[:-1], False)
        stack.enter_context(mock.patch.object(wrappers.resize, '__defaults__', defaults))
        stack.callback(torch.backends.mha.set_fastpath_enabled, before)
        torch.backends.mha.set_fastpath_enabled(False)  # one operator for a layer, which files do not know
        stack.enter_context(_Rewritten())
        yield


def same_padding(size, kernel_size, stride, dilation):
    """Rows (or columns) to add, so that a convolution gives ``ceil(size / stride)`` of them: timm's
    ``get_same_padding`` in whole numbers."""
    reach = (kernel_size - 1) * dilation + 1
    added = ((size + stride - 1) // stride - 1) * stride + reach - size
    return added if reach >= stride else max(added, 0)


def pooling_matrix(size, number, like):
    """Weights (number, size) that make of ``size`` values ``number`` means, as adaptive average pooling does: of the
    values from ``floor(i * size / number)`` until before ``ceil((i + 1) * size / number)``.

    Args:
        size (int): of the input, also a symbol.
        number (int): of the output.
        like (Tensor): type and device.
    """
    index, places = torch.arange(number, device=like.device), torch.arange(size, device=like.device)
    first = (index * size // number)[:, None]
    last = (((index + 1) * size + number - 1) // number)[:, None]
    inside = (places[None] >= first) & (places[None] < last)
    return inside.to(like.dtype) / (last - first).to(like.dtype)


def adaptive_mean(values, output_size):
    """``adaptive_avg_pool2d`` by two products of matrices, for sizes that do not divide."""
    rows, columns = (output_size, output_size) if isinstance(output_size, int) else output_size
    height, width = values.shape[-2:]
    rows, columns = height if rows is None else rows, width if columns is None else columns
    if rows == columns == 1:
        return values.mean(dim=(-2, -1), keepdim=True)
    return pooling_matrix(height, rows, values) @ values @ pooling_matrix(width, columns, values).T


def adaptive_maximum(values, output_size, return_indices=False):
    """``adaptive_max_pool2d`` to one value; refused otherwise."""
    if output_size not in (1, (1, 1), [1, 1]) or return_indices:
        raise CannotExport(f'adaptive maximum pooling to {output_size} has no exact form in a file. Take a head '
                           'without it')
    return values.amax(dim=(-2, -1), keepdim=True)


def interpolate(values, size=None, scale_factor=None, mode='nearest', align_corners=None,
                recompute_scale_factor=None, antialias=False):
    """``interpolate`` by a whole factor as one to a size."""
    if scale_factor is not None:
        factors = list(scale_factor) if isinstance(scale_factor, (tuple, list)) else [scale_factor] * 2
        if all(float(factor).is_integer() for factor in factors):
            size = [length * int(factor) for length, factor in zip(values.shape[-2:], factors, strict=True)]
            scale_factor = recompute_scale_factor = None
    return F.interpolate(values, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)


def permute(values, *dimensions):
    """``permute``, and the values in memory in their new order: else what comes after it asks how they lie."""
    return values.permute(*dimensions).contiguous()


class _Rewritten(TorchFunctionMode):
    """Calls others in place of functions of torch, however they were imported."""

    REWRITES = {F.adaptive_avg_pool2d: adaptive_mean, F.adaptive_max_pool2d: adaptive_maximum,
                F.interpolate: interpolate, torch.Tensor.permute: permute}

    def __torch_function__(self, function, types, args=(), kwargs=None):
        return self.REWRITES.get(function, function)(*args, **(kwargs or {}))


def _upsample(self, values):
    """mmseg's Upsample, whose sizes are ``int(length * factor)``."""
    return F.interpolate(values, self.size or None, None if self.size else self.scale_factor, self.mode,
                         self.align_corners)


def _padded(self, values):
    """mmseg's AdaptivePadding, which asks whether there is anything to pad."""
    down, right = (same_padding(*each) for each in zip(
        values.shape[-2:], self.kernel_size, self.stride, self.dilation, strict=True))
    top, left = (down // 2, right // 2) if self.padding == 'same' else (0, 0)
    return F.pad(values, (left, right - left, top, down - top))


def _window_reverse(self, windows, height, width):
    """mmseg's ShiftWindowMSA.window_reverse, which computes the number of pictures by dividing."""
    side, channels = self.window_size, windows.shape[-1]
    parts = windows.view(-1, height // side, width // side, side, side, channels).permute(0, 1, 3, 2, 4, 5)
    return parts.contiguous().view(-1, height, width, channels)
