"""Bins of an image's own: the fixed bins with widths changed. Pure. Shapes: N images, K bins, H x W pixels."""
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from ..bins import on_device


class ImageBins(NamedTuple):
    """Edges (N, K + 1) and centers (N, K) of N images, or (K + 1, ) and (K, ) of one; float32 metres."""
    edges: torch.Tensor
    centers: torch.Tensor

    def detach(self) -> 'ImageBins':
        """The same without gradient."""
        return ImageBins(self.edges.detach(), self.centers.detach())

    def split(self) -> list['ImageBins']:
        """Those of each image."""
        return [ImageBins(*each) for each in zip(self.edges, self.centers, strict=True)]


def change_widths(changes, bins, space='depth', floor=0.01):
    """The bins of images from changes of the fixed bins' widths: 0 changes nothing.

    A width is a share of the range, ``floor * w + (1 - floor) * softmax(log(w) + change)`` for a fixed bin's share w.
    The first and last edge stay. A center stays at its place within its bin (the middle, for arithmetic centers).

    Args:
        changes (Tensor): (N, K), any floating type.
        bins (DepthBins): K fixed bins.
        space (str): shares of 'depth', or of 'log' depth.
        floor (float): least width of a bin, as a share of its fixed width.

    Returns:
        ImageBins: with gradient; edges increase, strictly unless a width is below the precision of float32.
    """
    shares, places = (on_device(bins, values_of, changes.device, torch.float32)
                      for values_of in (_SHARES[space], _places))
    first, last = (np.log(bins.edges[[0, -1]]) if space == 'log' else bins.edges[[0, -1]]).tolist()
    with torch.autocast(changes.device.type, enabled=False):
        widths = floor * shares + (1 - floor) * (shares.log() + changes.float()).softmax(dim=1)
        inner = first + (last - first) * widths.cumsum(dim=1)[:, :-1]
        inner = inner.exp() if space == 'log' else inner
        nearest, farthest = (inner.new_full((inner.shape[0], 1), edge) for edge in (bins.min_depth, bins.max_depth))
        edges = torch.cat([nearest, inner, farthest], dim=1)
        return ImageBins(edges, edges[:, :-1] + places * edges.diff(dim=1))


def _places(bins):
    """Where in its bin each center is, 0..1."""
    return (bins.centers - bins.edges[:-1]) / np.diff(bins.edges)


def _shares(bins, scale):
    edges = scale(bins.edges)
    return np.diff(edges) / (edges[-1] - edges[0])


# Functions that are found again: the tensors that they make are kept by them.
_SHARES = {'depth': partial(_shares, scale=np.asarray), 'log': partial(_shares, scale=np.log)}


def encode(depth, edges):
    """Bin of each depth; what lies outside the range belongs to the first or last bin.

    Args:
        depth (Tensor): any shape, m.
        edges (Tensor): (K + 1, ) m, increasing.

    Returns:
        Tensor: the same shape, int64 in [0, K).
    """
    return torch.searchsorted(edges[1:-1].contiguous(), depth.contiguous(), right=True)


def onto_centers(probabilities, centers, fixed):
    """Probabilities of an image's own bins, given to fixed bins, so that those of several images can be averaged.

    Each bin's probability goes to the two fixed centers around its own center, in shares that keep the expected depth
    (but below the first and above the last fixed center, where it goes to that one).

    Args:
        probabilities (Tensor): (N, K, H, W) float32.
        centers (Tensor): (N, K) m.
        fixed (Tensor): (J, ) m, increasing, J > 1.

    Returns:
        Tensor: (N, J, H, W).
    """
    above = torch.searchsorted(fixed, centers.contiguous()).clamp(1, len(fixed) - 1)
    share = ((centers - fixed[above - 1]) / (fixed[above] - fixed[above - 1])).clamp(0, 1)
    matrix = centers.new_zeros((*centers.shape, len(fixed)))
    matrix.scatter_(2, above[..., None], share[..., None])
    matrix.scatter_(2, above[..., None] - 1, 1 - share[..., None])
    with torch.autocast(probabilities.device.type, enabled=False):
        return torch.einsum('nkhw,nkj->njhw', probabilities, matrix)
