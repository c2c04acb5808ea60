"""What a network says of images, with all that is needed to read it. Pure. Shapes: N images, K bins, H x W pixels."""
from typing import NamedTuple

import torch

from .image_bins import ImageBins

LOGITS = 'logits'
LOG_PROBABILITIES = 'log_probabilities'


class BinLogits(NamedTuple):
    """Logits of bins, and which bins these are: what goes from the network to whatever reads metres of it.

    Args:
        logits (Tensor): (N, K, H, W), or (K, H, W) of one image.
        image_bins (ImageBins, optional): of the images, that the logits are of. None: the model's.
        kind (str): 'logits' as a head gives them, or 'log_probabilities' (up to a constant and a temperature) of a
            softmax that was averaged or sharpened, which only decoders of a softmax can read.
    """
    logits: torch.Tensor
    image_bins: ImageBins | None = None
    kind: str = LOGITS

    def split(self) -> list['BinLogits']:
        """Those of each image."""
        bins = [None] * len(self.logits) if self.image_bins is None else self.image_bins.split()
        return [BinLogits(logits, own, self.kind) for logits, own in zip(self.logits, bins, strict=True)]

    def flip(self, dim: int) -> 'BinLogits':
        """The same with the pixels mirrored along a dimension."""
        return self._replace(logits=self.logits.flip(dim))
