"""Test-time augmentation: one depth from the predictions for several views of an image."""
from __future__ import annotations

import torch
from mmengine.model import BaseTTAModel
from mmseg.registry import MODELS
from torch import nn

from ..bins import BINS_SCALE
from .bin_logits import LOG_PROBABILITIES, BinLogits
from .decoders import log_probabilities
from .image_bins import onto_centers
from .view_blending import blend_ramp

FLIPS = ('mean', 'blend')


@MODELS.register_module()
class DepthTTAModel(BaseTTAModel):
    """Average the bin probabilities of augmented views of an image (mirrored, scaled), then decode once. With a
    canonical camera scaled views are brought to the metres of the first before.

    Args:
        module: a :class:`DepthClassifier`; its logits are asked for.
        data_preprocessor: see :class:`mmengine.model.BaseTTAModel`.
        flip: how mirrored views count: 'mean': as all others; 'blend': at the left border only they, at the right
            border only the others, with ramps between 5 and 10 % of the width (Godard et al., 2017, for disparity: what
            is hidden at the border of a view is seen in the other).

    Raises:
        ValueError: for another ``flip`` and a decoder that is not of a softmax (``OrdinalDecoder``); while testing, if
            'blend' misses the mirrored or the plain views.
    """

    def __init__(self, module: dict | nn.Module, data_preprocessor: dict | nn.Module | None = None,
                 flip: str = 'mean') -> None:
        if flip not in FLIPS:
            raise ValueError(f'DepthTTAModel: flip must be one of {FLIPS}, got {flip!r}')
        super().__init__(module, data_preprocessor)
        if not self.module.decoder.of_softmax:
            raise ValueError('DepthTTAModel averages softmax probabilities of bins, from which '
                             f'{type(self.module.decoder).__name__} cannot read depth. Test without --tta.')
        self.flip = flip
        self.asked_for_logits = 'logits' in self.module.test_cfg['outputs']
        self.module.test_cfg['outputs'] = tuple(self.module.test_cfg['outputs']) + ('logits', )

    def merge_preds(self, data_samples_list: list[list]) -> list:
        """Merge the views of each image.

        Args:
            data_samples_list: for each image its views, at the original size and unflipped.

        Returns:
            One an image, as :class:`DepthClassifier` returns them.
        """
        return [self._merge(views) for views in data_samples_list]

    def _merge(self, views):
        self._to_first_camera(views)
        logits = log_probabilities(self._average(views))
        merged = views[0].clone()
        for name in ('pred_depth_view', 'pred_depth_view_flipped'):  # of one view only
            merged.pop(name, None)
        merged.seg_logits.data = logits
        self.module.decode_result(merged, BinLogits(logits, kind=LOG_PROBABILITIES))
        if not self.asked_for_logits:
            del merged.seg_logits
        return merged

    def _to_first_camera(self, views):
        """Views of other focal lengths (scaled ones) give other canonical metres of one scene: their probabilities are
        given to the bins as the first view's camera has them."""
        bins, first = self.module.bins, views[0].get(BINS_SCALE)
        for view in views[1:]:
            scale = view.get(BINS_SCALE) / first
            if scale != 1:
                logits = view.seg_logits.data[None]
                centers = bins.tensors(logits.device, torch.float32)[1]
                moved = onto_centers(logits.float().softmax(dim=1), scale * centers[None], centers)
                view.seg_logits.data = log_probabilities(moved)[0]

    def _average(self, views):
        """(K, H, W) probabilities."""
        if self.flip == 'mean':
            return _mean(views)
        mirrored = [view for view in views if view.metainfo.get('flip')]
        plain = [view for view in views if not view.metainfo.get('flip')]
        if not mirrored or not plain:
            raise ValueError(f"DepthTTAModel: flip='blend' needs mirrored and other views, the tta_pipeline gives "
                             f'{len(mirrored)} and {len(plain)}. Add RandomFlip with prob=0.0 and prob=1.0.')
        plain, mirrored = _mean(plain), _mean(mirrored)
        at_left = torch.as_tensor(blend_ramp(plain.shape[-1]), dtype=plain.dtype, device=plain.device)
        at_right = at_left.flip(0)
        return at_right * plain + at_left * mirrored + (1 - at_left - at_right) * (plain + mirrored) / 2


def _mean(views):
    """Mean of the views' probabilities, one view after the other: K x H x W is large."""
    total = views[0].seg_logits.data.softmax(dim=0)
    for view in views[1:]:
        total += view.seg_logits.data.softmax(dim=0)
    return total / len(views)
