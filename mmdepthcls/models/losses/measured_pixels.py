"""The logits of a network at the pixels whose depth was measured, and nowhere else.

Ground truth of a laser covers 4 % of the pixels of an image. Upsampling all K maps to the size of the labels, as heads
do, computes and keeps 25 times more than a loss looks at. Shapes: N images, K bins, h x w logits, H x W labels, P
measured pixels.
"""
from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F

# Pixels at a time: their logits (2.3 MB at K = 71) stay in the cache of a CPU core.
CHUNK = 8192


class MeasuredPixels:
    """The P pixels of a batch that have a label, in order of image, row and column.

    Args:
        logits: (N, K, h, w), any floating type. Interpolated in float32, or float64 if they are.
        label: (N, H, W) int64.
        ignore_index: label of pixels that were not measured.
        align_corners: as in :func:`torch.nn.functional.interpolate`.
        depth: (N, H, W) metres.
        number: P, if it is known. Counting waits for the device.

    Attributes:
        mask (Tensor): (N, H, W) bool, the pixels that have a label.
        index (Tensor): (P, ) int64, which of the N * H * W pixels these are.
        label (Tensor): (P, ) int64.
        label_map (Tensor): (N, H, W) int64, -1 where nothing was measured.
        depth (Tensor or None): (P, ) metres.
        num_bins (int): K.
    """

    def __init__(self, logits: torch.Tensor, label: torch.Tensor, ignore_index: int = 255,
                 align_corners: bool = False, depth: torch.Tensor | None = None, number: int | None = None) -> None:
        self.mask = label != ignore_index
        self.index = positions(self.mask, number)
        self.label = label.flatten().index_select(0, self.index)
        self.label_map = label.masked_fill(~self.mask, -1)
        self.depth = None if depth is None else depth.flatten().index_select(0, self.index)
        self.num_bins = logits.shape[1]
        self._logits = logits if logits.dtype == torch.float64 else logits.float()
        self._align_corners = align_corners

    @property
    def share(self) -> float:
        """Measured pixels among all."""
        return len(self.label) / max(self.mask.numel(), 1)

    def upsampled(self) -> torch.Tensor:
        """Logits of all pixels, measured or not: (N, K, H, W)."""
        size = self.mask.shape[1:]
        if size == self._logits.shape[2:]:
            return self._logits
        with torch.autocast(self._logits.device.type, enabled=False):
            return F.interpolate(self._logits, size, mode='bilinear', align_corners=self._align_corners)

    def chunks(self) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]]:
        """Go through the pixels, a chunk at a time.

        Yields:
            tuple: logits (p, K) as bilinear upsampling gives them, with gradient, label (p, ) and depth (p, ) or None.
            Without a measured pixel one empty chunk, so that the gradient exists and is 0.
        """
        table = self._logits.permute(0, 2, 3, 1).reshape(-1, self.num_bins)
        indices, weights = corners(
            self.index, self.mask.shape[1:], self._logits.shape[2:], self._align_corners, table.dtype)
        # A chunk's gradient is a table too: more chunks than tables of pixels would cost more than they save.
        size = max(CHUNK, len(table))
        for start in range(0, max(len(self.label), 1), size):
            part = slice(start, start + size)
            with torch.autocast(table.device.type, enabled=False):
                logits = F.embedding_bag(indices[part], table, mode='sum', per_sample_weights=weights[part])
            yield logits, self.label[part], None if self.depth is None else self.depth[part]


def positions(mask: torch.Tensor, number: int | None = None) -> torch.Tensor:
    """Where a mask is true.

    Args:
        mask: bool, any shape.
        number: P, how often it is true, if that is known: then nothing waits for the device.

    Returns:
        (P, ) int64, increasing: which of its numbers.
    """
    flat = mask.flatten()
    if number is None:
        return flat.nonzero()[:, 0]
    if number in (0, len(flat)):
        return torch.arange(number, device=flat.device)
    if flat.device.type == 'cpu' and hasattr(torch, 'nonzero_static'):
        return torch.nonzero_static(flat, size=number)[:, 0]
    # On a GPU nonzero_static exists from PyTorch 2.7 on only.
    return torch.searchsorted(flat.cumsum(0), torch.arange(1, number + 1, device=flat.device))


def corners(index, size, low_size, align_corners, dtype=torch.float32):
    """The four low-resolution pixels that each pixel is interpolated from, as :func:`torch.nn.functional.interpolate`
    does in mode 'bilinear'.

    Args:
        index (Tensor): (P, ) int64, which of N * H * W pixels.
        size (tuple[int]): H, W.
        low_size (tuple[int]): h, w.
        align_corners (bool): whether the centers of the corner pixels coincide, or their outer corners.
        dtype (torch.dtype): of the weights.

    Returns:
        tuple[Tensor]: (P, 4) int64 indices into the N * h * w pixels, and (P, 4) weights that sum to 1.
    """
    row = index.div(size[1], rounding_mode='floor')
    column, image = index - row * size[1], row.div(size[0], rounding_mode='floor')
    row = row - image * size[0]
    height, width = low_size
    top, bottom, down = _neighbours(row, height, size[0], align_corners, dtype)
    left, right, across = _neighbours(column, width, size[1], align_corners, dtype)
    top, bottom = (image * height + top) * width, (image * height + bottom) * width
    indices = torch.stack([top + left, top + right, bottom + left, bottom + right], dim=1)
    weights = torch.stack([(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across], dim=1)
    return indices, weights


def _neighbours(position, num_in, num_out, align_corners, dtype):
    """Index before, index after and the share of the latter, along one axis."""
    position = position.to(dtype)
    if align_corners:
        source = position * ((num_in - 1) / (num_out - 1) if num_out > 1 else 0.0)
    else:
        source = ((position + 0.5) * (num_in / num_out) - 0.5).clamp_min(0)
    before = source.long().clamp_max(num_in - 1)
    return before, (before + 1).clamp_max(num_in - 1), (source - before).clamp(0, 1)
