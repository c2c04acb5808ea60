"""Reads metres from the logits that ``OrdinalLoss`` trains, which are no softmax."""
from __future__ import annotations

import torch
from mmseg.registry import MODELS

from .decoders import Decoder


@MODELS.register_module()
class OrdinalDecoder(Decoder):
    """Center of the bin that the yes-or-no questions of :class:`mmdepthcls.models.losses.OrdinalLoss` lead to: its
    index is the number of k with P(label > k) > 0.5, as in DORN (Fu et al., 2018), and K - 1 at the most.

    Test mode 'slide' and test-time augmentation average softmax probabilities, from which thresholds cannot be read:
    both refuse this decoder.
    """
    of_softmax = False
    family = 'ordinal'

    def decode(self, logits: torch.Tensor, centers: torch.Tensor, edges: torch.Tensor | None) -> torch.Tensor:
        """See :class:`Decoder`."""
        index = (logits > 0).sum(dim=1, keepdim=True).clamp_max(logits.shape[1] - 1)
        return centers.expand(logits.shape[0], -1, *logits.shape[2:]).gather(1, index)
