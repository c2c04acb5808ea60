"""Bins of an image's own: the fixed bins with widths changed. Pure. Shapes: N images, K bins, H x W pixels."""
from typing import NamedTuple

import torch


class ImageBins(NamedTuple):
    """Edges (N, K + 1) and centers (N, K) of N images, or (K + 1, ) and (K, ) of one; float32 metres."""
    edges: torch.Tensor
    centers: torch.Tensor

    def detach(self):
        """The same without gradient."""
        return ImageBins(self.edges.detach(), self.centers.detach())

    def split(self):
        """list[ImageBins]: those of each image."""
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
    def of_bins(values):
        return torch.as_tensor(values.copy(), dtype=torch.float64)

    edges, centers = of_bins(bins.edges), of_bins(bins.centers)
    places = (centers - edges[:-1]) / edges.diff()
    scaled = edges.log() if space == 'log' else edges
    shares = (scaled.diff() / (scaled[-1] - scaled[0])).to(changes.device, torch.float32)
    with torch.autocast(changes.device.type, enabled=False):
        widths = floor * shares + (1 - floor) * (shares.log() + changes.float()).softmax(dim=1)
        inner = scaled[0].item() + (scaled[-1] - scaled[0]).item() * widths.cumsum(dim=1)[:, :-1]
        inner = inner.exp() if space == 'log' else inner
        first, last = (inner.new_full((len(inner), 1), edge) for edge in (bins.min_depth, bins.max_depth))
        edges = torch.cat([first, inner, last], dim=1)
        return ImageBins(edges, edges[:, :-1] + places.to(edges) * edges.diff(dim=1))


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
