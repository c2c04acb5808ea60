"""Cross-entropy that counts rare bins more."""
from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.dist import all_reduce
from mmseg.registry import MODELS

from ...bins import DepthBins
from .depth_loss import DepthLoss


@MODELS.register_module()
class BalancedCrossEntropyLoss(DepthLoss):
    """Cross-entropy weighted by how rare a pixel's bin is.

    With f_k the share of bin k among the measured pixels, mixed with a little of the uniform one,
    ``f_k = (1 - smoothing) * count_k / sum(count) + smoothing / K``, the weight is ``w_k = f_k ** -power / c``, and c
    makes the mean weight of a pixel 1: ``c = sum(f_k ** (1 - power))``. A power of 0 is plain cross-entropy, 1 gives
    all bins the same say.

    Args:
        counts: K pixel counts (or shares) of the training data. Default: counted while training, where an older batch
            counts ``momentum`` times the next; all processes count together. These counts are not saved: they are back
            a few hundred batches after a restart.
        power: 0..1. Default 0.5.
        smoothing: 0..1, > 0 so that no weight is infinite: none exceeds ``(K / smoothing) ** power / c``. Default 0.01.
        momentum: see ``counts``. Default 0.99.
        **kwargs: see :class:`DepthLoss`.

    Raises:
        ValueError: for arguments out of range and counts of another number of bins.
    """

    takes_maps = True

    def __init__(self, counts: Sequence[float] | None = None, power: float = 0.5, smoothing: float = 0.01,
                 momentum: float = 0.99, loss_weight: float = 1.0, loss_name: str = 'loss_balanced_ce') -> None:
        super().__init__(loss_weight, loss_name)
        if not (0 <= power <= 1 and 0 < smoothing <= 1 and 0 <= momentum < 1):
            raise ValueError(f'BalancedCrossEntropyLoss: expected power in [0, 1], smoothing in (0, 1], momentum in '
                             f'[0, 1), got power={power}, smoothing={smoothing}, momentum={momentum}')
        self.counts_as_it_trains = counts is None
        numbers = torch.as_tensor([] if counts is None else counts, dtype=torch.float32)
        if numbers.dim() != 1 or not torch.isfinite(numbers).all() or (numbers < 0).any():
            raise ValueError(f'BalancedCrossEntropyLoss: counts must be one number >= 0 a bin, got {numbers.tolist()}')
        self.power, self.smoothing, self.momentum = power, smoothing, momentum
        # Not saved: checkpoints hold what predicts, whatever the loss was.
        self.register_buffer('counts', numbers, persistent=False)

    def set_bins(self, bins: DepthBins) -> None:
        """See :class:`DepthLoss`."""
        super().set_bins(bins)
        self._fit_counts(bins.num_bins)

    def start_batch(self, label: torch.Tensor, num_bins: int) -> None:
        """See :class:`DepthLoss`."""
        self._fit_counts(num_bins)
        if self.training and self.counts_as_it_trains:
            # Not bincount, which waits for the device to know the greatest label.
            batch = label.new_zeros(num_bins).index_add(0, label, torch.ones_like(label)).to(self.counts)
            all_reduce(batch)
            self.counts.mul_(self.momentum).add_(batch)

    def _fit_counts(self, num_bins):
        if self.counts_as_it_trains and len(self.counts) == 0:
            self.counts = self.counts.new_zeros(num_bins)
        if len(self.counts) != num_bins:
            raise ValueError(f'BalancedCrossEntropyLoss: counts of {len(self.counts)} bins, but there are {num_bins}. '
                             'Count the labels of these bins, or leave counts out.')

    def weights(self) -> torch.Tensor:
        """Weight of each bin (K, ), see the class."""
        share = self.counts / self.counts.sum().clamp_min(torch.finfo(torch.float32).tiny)
        share = (1 - self.smoothing) * share + self.smoothing / len(share)
        # Before anything was counted the shares do not sum to 1.
        share = share / share.sum()
        return share**-self.power / (share**(1 - self.power)).sum()

    def per_pixel(self, logits: torch.Tensor, label: torch.Tensor, depth: torch.Tensor | None = None) -> torch.Tensor:
        """See :class:`DepthLoss`."""
        self._fit_counts(logits.shape[1])
        return F.cross_entropy(logits, label, weight=self.weights().to(logits), reduction='none')
