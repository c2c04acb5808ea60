"""From the logits of an ordinal regression to metres."""
import torch
from mmseg.registry import MODELS

from .decoders import Decoder


@MODELS.register_module()
class OrdinalDecoder(Decoder):
    """Center of the bin that the yes-or-no questions of :class:`mmdepthcls.models.losses.OrdinalLoss` lead to: its
    index is the number of k with P(label > k) > 0.5, as in DORN (Fu et al., 2018), and K - 1 at the most.

    Raises:
        ValueError: for logarithms of softmax probabilities, which is what the windows of test mode 'slide' and
            test-time augmentation are averaged to. Thresholds cannot be read from them.
    """
    of_softmax = False

    def decode(self, logits, centers, edges):
        """See :class:`Decoder`."""
        # One row tells: that all its pixels have probabilities which sum to 1 is no accident.
        first_row = logits[:, :, :1]
        if first_row.numel() and torch.logsumexp(first_row, dim=1).abs().max() < 1e-3:
            raise ValueError("OrdinalDecoder: got averaged softmax probabilities (test mode 'slide' or test-time "
                             'augmentation), which have no thresholds. Predict whole images instead.')
        index = (logits > 0).sum(dim=1, keepdim=True).clamp_max(logits.shape[1] - 1)
        return centers.expand(logits.shape[0], -1, *logits.shape[2:]).gather(1, index)
