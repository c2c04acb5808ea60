"""SILog, the scale-invariant error of log depth: of the depth that bins are decoded to, or of plain regression."""
from __future__ import annotations

from typing import Any

import torch
from mmseg.registry import MODELS

from ...bins import DepthBins
from ..distribution import check_space
from ..regression_decoder import check_range, regressed_depth
from .depth_loss import DepthLoss, mean_over_processes

# Logarithms of depth are taken from here on, m, unless the bins begin nearer.
MIN_DEPTH = 1e-3


class LogDepthLoss(DepthLoss):
    """Scale-invariant logarithmic error (Eigen et al., 2014) of what :meth:`predicted` makes of the logits.

    With g the difference of the logarithms of predicted and true depth at a pixel, it is
    ``sqrt(mean(g**2) - variance_focus * mean(g)**2 + eps) - sqrt(eps)``. Without eps its gradient at a perfect
    prediction is NaN. The true depth is the measured one where a :class:`mmdepthcls.models.DepthClassifier` has it in
    the batch, else the center of the label's bin.

    Args:
        variance_focus: 0..1: 0 is the root mean square logarithmic error; 1 does not care for the scale. Default 0.85.
        eps: > 0. Default 1e-6: errors of 0.1 % are small.
        **kwargs: see :class:`DepthLoss`.

    Raises:
        ValueError: for arguments out of range; in training, without bins and for a head with a pixel sampler.
    """

    sum_of_pixels = False

    def __init__(self, variance_focus: float = 0.85, eps: float = 1e-6, loss_weight: float = 1.0,
                 loss_name: str = 'loss_silog') -> None:
        super().__init__(loss_weight, loss_name)
        if not (0 <= variance_focus <= 1 and eps > 0):
            raise ValueError(f'{type(self).__name__}: expected variance_focus in [0, 1] and eps > 0, got '
                             f'variance_focus={variance_focus}, eps={eps}')
        self.variance_focus, self.eps = variance_focus, eps
        self.scale_free = variance_focus == 1

    def predicted(self, logits: torch.Tensor, centers: torch.Tensor) -> torch.Tensor:
        """Metres (P, ) of logits (P, K) for bin centers (K, )."""
        raise NotImplementedError

    def per_pixel(self, logits: torch.Tensor, label: torch.Tensor, depth: torch.Tensor | None = None,
                  centers: torch.Tensor | None = None) -> torch.Tensor:
        """g of each pixel, see the class; arguments as in :class:`DepthLoss`, and the centers (K, ) of an image's own
        bins. Default: the model's."""
        centers = self.need_bins(logits) if centers is None else centers.to(logits.dtype)
        truth = centers[label] if depth is None else depth.to(logits.dtype)
        nearest = centers.detach().min().clamp_max(MIN_DEPTH)
        return self.predicted(logits, centers).clamp_min(nearest).log() - truth.clamp_min(nearest).log()

    def reduce(self, values: torch.Tensor, weight: torch.Tensor | None = None) -> torch.Tensor:
        """See :class:`DepthLoss`."""
        if weight is not None:
            raise ValueError(f'{type(self).__name__}: it is no sum over pixels, so a sampler cannot weight them. Take '
                             'the sampler out of the head.')
        variance = mean_over_processes(values**2) - self.variance_focus * mean_over_processes(values)**2
        # Rounding may take the difference below 0.
        return self.loss_weight * ((variance.clamp_min(0) + self.eps).sqrt() - self.eps**0.5)


@MODELS.register_module()
class ExpectationSILogLoss(LogDepthLoss):
    """Regression of the expected depth, to be mixed with a classification::

        loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]

    Args:
        space: of the expectation, as in :class:`mmdepthcls.models.ExpectationDecoder`: 'depth' or 'log'. docs/study.md
            compares them.
        **kwargs: see :class:`LogDepthLoss`.

    Raises:
        ValueError: for another ``space``, and as :class:`LogDepthLoss`.
    """
    of_image_bins = trains_bins = True

    def __init__(self, space: str = 'depth', **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.space = check_space(self, space)
        self.expectation_in = self.space

    def predicted(self, logits: torch.Tensor, centers: torch.Tensor) -> torch.Tensor:
        """See :class:`LogDepthLoss`."""
        probabilities = logits.softmax(dim=1)
        if self.space == 'log':
            return (probabilities @ centers.log()).exp()
        return probabilities @ centers


@MODELS.register_module()
class RegressionSILogLoss(LogDepthLoss):
    """The same error of a plain regression: of what :class:`mmdepthcls.models.RegressionDecoder` makes of one logit a
    pixel. Arguments and errors: see :class:`LogDepthLoss`."""

    num_logits = 1
    family = 'regression'

    def set_bins(self, bins: DepthBins) -> None:
        """See :class:`~mmdepthcls.models.BinsUser`.

        Raises:
            ValueError: for bins that begin at 0 m.
        """
        check_range(bins.min_depth)
        super().set_bins(bins)

    def predicted(self, logits: torch.Tensor, centers: torch.Tensor) -> torch.Tensor:
        """See :class:`LogDepthLoss`; logits (P, 1)."""
        assert self.bins is not None  # per_pixel has asked for them
        edges, _ = self.bins.tensors(logits.device, logits.dtype)
        return regressed_depth(logits[:, 0], edges[0], edges[-1])
