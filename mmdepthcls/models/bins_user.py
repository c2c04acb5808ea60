"""Parts of a model that are told its bins. Pure."""
from __future__ import annotations

from ..bins import DepthBins


class BinsUser:
    """Base of losses and heads that need the bins of the model: a ``DepthClassifier`` gives them to each of its parts
    that is one when it is built. To do more with them (to refuse some, say) extend :meth:`set_bins`.

    Attributes:
        bins (DepthBins or None): the model's; None before they are given.
    """
    bins = None

    def set_bins(self, bins: DepthBins) -> None:
        """Take the bins (:class:`mmdepthcls.bins.DepthBins`) of the model."""
        self.bins = bins
