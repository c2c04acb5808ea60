"""From the logits of depth bins to metres: chosen by ``model.decoder``, also at test time on one checkpoint.

Shapes: N images, K bins, H x W pixels.
"""
from __future__ import annotations

import torch
from mmseg.registry import MODELS
from torch import nn

from .distribution import by_rows, check_space, mean, per_channel, quantiles


class Decoder(nn.Module):
    """Base of decoders, which look at each pixel by itself. A subclass has :meth:`decode`, says by the attributes below
    what it reads, and becomes a ``type`` of ``model.decoder`` by ``MODELS.register_module()``::

        @MODELS.register_module()
        class HarmonicDecoder(Decoder):
            def decode(self, logits, centers, edges):
                return 1 / (logits.softmax(dim=1) / centers).sum(dim=1, keepdim=True)
    """
    #: Needs the edges of the bins beside their centers.
    uses_edges: bool = False
    #: Reads the logits of a softmax, from which alone a model's uncertainty follows, and which can be averaged.
    of_softmax: bool = True
    #: What the logits are if they are of no softmax: the name that losses carry which train them (:mod:`.loss_family`).
    family: str | None = None
    #: Logits a pixel; None: one a bin.
    num_logits: int | None = None

    def forward(self, logits: torch.Tensor, centers: torch.Tensor, edges: torch.Tensor | None = None) -> torch.Tensor:
        """Decode, over blocks of rows.

        Args:
            logits: (N, K, H, W), any floating type.
            centers: bin centers in metres, (K,), or (N, K, 1, 1) where they differ per image, or a shape between.
            edges: bin edges in metres, likewise, K + 1 of them. Needed if ``uses_edges``.

        Returns:
            (N, 1, H, W) float32 metres, between the least and the greatest center (quantiles: edge).

        Raises:
            ValueError: if edges are needed and there are none.
        """
        if self.uses_edges and edges is None:
            raise ValueError(f'{type(self).__name__} needs the edges of the bins: forward(logits, centers, edges)')
        centers, edges = per_channel(centers), None if edges is None else per_channel(edges)
        return by_rows(lambda part: self.decode(part, centers, edges), logits)

    def decode(self, logits: torch.Tensor, centers: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """(N, 1, h, W) metres of a block of rows, all arguments in float32, (1 or N, K or K + 1, 1, 1)."""
        raise NotImplementedError


@MODELS.register_module()
class ExpectationDecoder(Decoder):
    """Expected depth: the bin centers weighted with the probabilities (soft-argmax).

    Args:
        space: 'depth', or 'log' for the exponential of the expected log depth: the geometric mean, which is never the
            greater one.

    Raises:
        ValueError: for another ``space``.
    """

    def __init__(self, space: str = 'depth') -> None:
        super().__init__()
        self.space = check_space(self, space)

    def decode(self, logits: torch.Tensor, centers: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """See :class:`Decoder`."""
        return mean(logits.softmax(dim=1), centers, self.space)


@MODELS.register_module()
class ArgmaxDecoder(Decoder):
    """Center of the most probable bin, of the first where there are several.

    Args:
        center: 'arithmetic' or 'geometric' middle of its edges. Default: the bins' own center.

    Raises:
        ValueError: for another ``center``.
    """

    def __init__(self, center: str | None = None) -> None:
        super().__init__()
        if center not in (None, 'arithmetic', 'geometric'):
            raise ValueError(f"ArgmaxDecoder: center must be 'arithmetic', 'geometric' or None, got {center!r}")
        self.center = center
        self.uses_edges = center is not None

    def decode(self, logits: torch.Tensor, centers: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """See :class:`Decoder`."""
        if self.center is not None and edges is not None:
            low, high = edges[:, :-1], edges[:, 1:]
            centers = (low + high) / 2 if self.center == 'arithmetic' else (low * high).sqrt()
        return _at(centers, logits.argmax(dim=1, keepdim=True))


@MODELS.register_module()
class LocalExpectationDecoder(Decoder):
    """Expectation over the most probable bin and its neighbours alone: no depth between two separate modes.

    Args:
        radius: neighbours on each side, > 0.
        space: see :class:`ExpectationDecoder`.

    Raises:
        ValueError: for other arguments.
    """

    def __init__(self, radius: int = 2, space: str = 'depth') -> None:
        super().__init__()
        if isinstance(radius, bool) or not isinstance(radius, int) or radius < 1:
            raise ValueError(f'LocalExpectationDecoder: radius must be an integer > 0, got {radius!r}')
        self.radius = radius
        self.space = check_space(self, space)

    def decode(self, logits: torch.Tensor, centers: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """See :class:`Decoder`."""
        offsets = torch.arange(-self.radius, self.radius + 1, device=logits.device).view(1, -1, 1, 1)
        index = logits.argmax(dim=1, keepdim=True) + offsets
        inside = index.clamp(0, logits.shape[1] - 1)
        window = logits.gather(1, inside).masked_fill(index != inside, -torch.inf)
        return mean(window.softmax(dim=1), _at(centers, inside), self.space)


@MODELS.register_module()
class QuantileDecoder(Decoder):
    """Depth below which a share of the probability lies; the median by default, which has the least expected error.

    Within a bin the distribution is taken to be uniform: in depth, or in log depth for geometric centers.

    Args:
        level: the share, in (0, 1).

    Raises:
        ValueError: for another ``level``.
    """
    uses_edges = True

    def __init__(self, level: float = 0.5) -> None:
        super().__init__()
        if not 0 < level < 1:
            raise ValueError(f'QuantileDecoder: expected 0 < level < 1, got {level!r}')
        self.level = level

    def decode(self, logits: torch.Tensor, centers: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """See :class:`Decoder`."""
        return quantiles(logits.softmax(dim=1), (self.level, ), centers, edges)


def _at(centers, index):
    """Centers (1 or N, K, 1, 1) at (N, C, H, W) indices."""
    return centers.expand(index.shape[0], -1, *index.shape[2:]).gather(1, index)


def log_probabilities(probabilities: torch.Tensor) -> torch.Tensor:
    """Logits of (averaged) probabilities: their logarithms, finite also for 0.

    Args:
        probabilities: any shape, float32.

    Returns:
        The same shape.
    """
    return probabilities.clamp_min(torch.finfo(probabilities.dtype).tiny).log_()
