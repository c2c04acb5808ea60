"""Cross-entropy of depth bins."""
import torch.nn.functional as F
from mmseg.registry import MODELS

from .depth_loss import DepthLoss


@MODELS.register_module()
class SparseCrossEntropyLoss(DepthLoss):
    """Cross-entropy, the same as MMSegmentation's ``CrossEntropyLoss`` with ``avg_non_ignore=True`` on upsampled
    logits, but interpolated only where depth was measured. Where that is more than 60 % of the pixels, everything is
    upsampled as ever, which is faster then. Arguments: see :class:`DepthLoss`."""

    takes_maps = True
    of_image_bins = True

    def __init__(self, loss_weight=1.0, loss_name='loss_ce'):
        super().__init__(loss_weight, loss_name)

    def per_pixel(self, logits, label, depth=None):
        """See :class:`DepthLoss`."""
        return F.cross_entropy(logits, label, reduction='none')
