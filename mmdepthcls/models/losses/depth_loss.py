"""What the losses of depth bins share. Shapes: N images, K bins, h x w logits, H x W labels, P measured pixels."""
from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from mmengine.dist import all_reduce, get_world_size
from torch import nn

from ..bins_user import BinsUser
from .measured_pixels import MeasuredPixels

# From this share of measured pixels on, upsampling everything is as fast as picking them.
DENSE = 0.6


class DepthLoss(BinsUser, nn.Module):
    """A loss that looks at measured pixels only, in float32 also under autocast.

    It is the mean over all measured pixels of the batch, of all processes in distributed training: the gradient is that
    of one process with the whole batch, and a process without a measured pixel has gradient 0. Where a batch has none
    the loss is 0, with a gradient. In distributed training every process must compute it.

    A head of :class:`mmdepthcls.models.DepthClassifier` gives such a loss its logits before upsampling (see
    :mod:`mmdepthcls.models.head_loss`). Any other head of MMSegmentation calls it as its own losses.

    A subclass has :meth:`per_pixel`, says by the attributes below what it is, and becomes a ``type`` of ``loss_decode``
    by ``MODELS.register_module()``::

        @MODELS.register_module()
        class SquaredLoss(DepthLoss):
            def per_pixel(self, logits, label, depth=None):
                return (1 - logits.softmax(dim=1).gather(1, label[:, None])[:, 0])**2

    ``self.bins`` are the model's bins; :meth:`need_bins` gives their centers. It may add arguments of its own,
    :meth:`start_batch` and :meth:`reduce`. What waits for the device (``.item()``, ``nonzero()``, indexing by a mask)
    slows training down on a GPU.

    Args:
        loss_weight: factor. Default 1.
        loss_name: name in the logs; starts with 'loss'.
    """
    #: :meth:`per_pixel` also takes (N, K, H, W) logits and (N, H, W) labels.
    takes_maps: bool = False
    #: Logits a pixel; None: one a bin.
    num_logits: int | None = None
    #: What the logits are, as a decoder must read them (:mod:`mmdepthcls.models.loss_family`).
    family: str = 'softmax'
    #: Is a mean of what each pixel costs, so that a head's sampler can choose pixels.
    sum_of_pixels: bool = True
    #: Goes with bins that differ from image to image (:class:`mmdepthcls.models.ImageBinsHead`).
    of_image_bins: bool = False
    #: :meth:`per_pixel` also takes the centers (K, ) of the image's own bins, and gives them a gradient.
    trains_bins: bool = False
    #: 'depth' or 'log': trains the expectation in this space, and nothing else of the distribution.
    expectation_in: str | None = None
    #: Does not care for the scale of depth.
    scale_free: bool = False

    def __init__(self, loss_weight: float = 1.0, loss_name: str = 'loss_depth') -> None:
        super().__init__()
        self.loss_weight = loss_weight
        self.loss_name = loss_name

    def forward(self, logits: torch.Tensor, label: torch.Tensor, weight: torch.Tensor | None = None,
                ignore_index: int = 255, align_corners: bool = False, depth: torch.Tensor | None = None,
                reduction_override: str | None = None) -> torch.Tensor:
        """The loss of a batch.

        Args:
            logits: (N, K, h, w), upsampled bilinearly where h x w is not H x W.
            label: (N, H, W) int64, in [0, K) or ``ignore_index``.
            weight: (N, H, W) factors of the pixels, of a head's sampler.
            ignore_index: label of pixels that were not measured.
            align_corners: as in :func:`torch.nn.functional.interpolate`.
            depth: (N, H, W) metres.
            reduction_override: 'none' for what each pixel costs, as ``OHEMPixelSampler`` asks for it.

        Returns:
            0-dimensional; with 'none' (N, H, W), 0 where nothing was measured.

        Raises:
            ValueError: for another ``reduction_override``, and for 'none' where the loss is no sum over pixels.
        """
        if reduction_override not in ((None, 'none') if self.sum_of_pixels else (None, )):
            raise ValueError(f'{type(self).__name__}: no reduction_override={reduction_override!r}')
        pixels = MeasuredPixels(logits, label, ignore_index, align_corners, depth)
        if reduction_override == 'none':
            with torch.autocast(pixels.mask.device.type, enabled=False):
                values, = _values([self], pixels, None)
            costs = values.new_zeros(pixels.mask.numel()).index_copy(0, pixels.index, self.loss_weight * values)
            costs = costs.view(pixels.mask.shape)
            return costs if weight is None else costs * weight
        return of_pixels([self], pixels, weight)[0]

    def start_batch(self, label: torch.Tensor, num_bins: int) -> None:
        """Look at all labels (P, ) of a batch before :meth:`per_pixel`."""

    def per_pixel(self, logits: torch.Tensor, label: torch.Tensor, depth: torch.Tensor | None = None) -> torch.Tensor:
        """The loss of each pixel.

        Args:
            logits: (P, K) float32 or float64.
            label: (P, ) int64 in [0, K).
            depth: (P, ) metres, where the batch has it.

        Returns:
            (P, )
        """
        raise NotImplementedError

    def reduce(self, values: torch.Tensor, weight: torch.Tensor | None = None) -> torch.Tensor:
        """The loss of all pixels.

        Args:
            values: (P, ) what :meth:`per_pixel` gives.
            weight: (P, ) factors.

        Returns:
            0-dimensional.
        """
        return self.loss_weight * mean_over_processes(values if weight is None else values * weight)

    def need_bins(self, logits: torch.Tensor) -> torch.Tensor:
        """Bin centers (K, ) in metres, in the type of the logits.

        Raises:
            ValueError: if nobody gave bins, or bins of another number.
        """
        if self.bins is None or (self.num_logits or self.bins.num_bins) != logits.shape[1]:
            raise ValueError(f'{type(self).__name__}: {logits.shape[1]} logits a pixel, but the bins are '
                             f'{self.bins!r}. DepthClassifier gives its losses its bins; elsewhere call '
                             'set_bins(bins) first.')
        return self.bins.tensors(logits.device, logits.dtype)[1]


def of_pixels(losses: Sequence[DepthLoss], pixels: MeasuredPixels, weight: torch.Tensor | None = None,
              look: Callable[[torch.Tensor, torch.Tensor], None] | None = None) -> list[torch.Tensor]:
    """Several losses of the same pixels, which are interpolated once.

    Args:
        losses: L losses.
        pixels: of the batch.
        weight: (N, H, W) factors of the pixels.
        look: called with the logits (P, K) or (N, K, H, W) without gradient and the labels (P, ) or (N, H, W), -1 where
            nothing was measured; in parts.

    Returns:
        L losses, 0-dimensional.
    """
    with torch.autocast(pixels.mask.device.type, enabled=False):
        for loss in losses:
            loss.start_batch(pixels.label, pixels.num_bins)
        weight = None if weight is None else weight.flatten().index_select(0, pixels.index)
        return [loss.reduce(values, weight)
                for loss, values in zip(losses, _values(losses, pixels, look), strict=True)]


def of_images(losses: Sequence[DepthLoss], images: Sequence[MeasuredPixels], centers: Sequence[torch.Tensor],
              look: Callable[[torch.Tensor, torch.Tensor], None] | None = None) -> list[torch.Tensor]:
    """Several losses of the pixels of a batch whose images have bins of their own.

    Args:
        losses: L losses, whose ``of_image_bins`` is true.
        images: of each image, N > 0; labels by its own bins.
        centers: (K, ) m, of each image.
        look: see :func:`of_pixels`.

    Returns:
        L losses, 0-dimensional.
    """
    with torch.autocast(centers[0].device.type, enabled=False):
        values = [_values(losses, pixels, look, own) for pixels, own in zip(images, centers, strict=True)]
        return [loss.reduce(torch.cat(parts)) for loss, parts in zip(losses, zip(*values, strict=True), strict=True)]


def _values(losses, pixels, look, centers=None):
    """Each loss of each pixel: L tensors (P, )."""
    values = [[] for _ in losses]
    dense = pixels.share > DENSE and all(loss.takes_maps for loss in losses)
    for logits, label, depth in [(pixels.upsampled(), pixels.label_map, None)] if dense else pixels.chunks():
        for loss, parts in zip(losses, values, strict=True):
            own = (centers, ) if loss.trains_bins and centers is not None else ()
            each = loss.per_pixel(logits, label.clamp_min(0), depth, *own)
            parts.append(each.flatten().index_select(0, pixels.index) if dense else each)
        if look is not None:
            look(logits.detach(), label)
    return [torch.cat(parts) for parts in values]


def mean_over_processes(values: torch.Tensor) -> torch.Tensor:
    """Mean of the values of all processes, 0 where there is none.

    Distributed training averages the gradients of its processes. Each process therefore gives its own values a gradient
    of (processes / all values): the average is the gradient of the mean of all.

    Args:
        values: (P, ), P may be 0 and differ between processes.

    Returns:
        0-dimensional, the same in all processes.
    """
    total, processes = values.sum(), get_world_size()
    if processes == 1:
        return total / max(len(values), 1)
    everywhere = torch.stack([total.detach(), total.new_full((), len(values))])
    all_reduce(everywhere)
    return (everywhere[0] + processes * (total - total.detach())) / everywhere[1].clamp_min(1)
