"""Windows of an image, whose probabilities are averaged where they overlap."""
from __future__ import annotations

from typing import Any

import torch
from mmseg.models import EncoderDecoder

from .bin_logits import LOG_PROBABILITIES, BinLogits
from .decoded_maps import probabilities_of_model_bins
from .decoders import log_probabilities


class _Windows:
    """What the host's loop over windows asks of a model: here the probabilities of the model's bins, since windows may
    have bins of their own, and the mean of logits means nothing."""

    def __init__(self, model):
        self.model, self.test_cfg, self.out_channels = model, model.test_cfg, model.out_channels

    def encode_decode(self, inputs, batch_img_metas):
        return probabilities_of_model_bins(self.model.whole_inference(inputs, batch_img_metas), self.model.bins)


def averaged_windows(model: Any, inputs: torch.Tensor, batch_img_metas: list[dict]) -> BinLogits:
    """What a model says of images by ``test_cfg`` mode 'slide'.

    Args:
        model (DepthClassifier)
        inputs: (N, 3, H, W) normalised images.
        batch_img_metas: of the images.

    Returns:
        Log-probabilities (N, K, H, W) of the model's bins.
    """
    probabilities = EncoderDecoder.slide_inference(_Windows(model), inputs, batch_img_metas)
    return BinLogits(log_probabilities(probabilities), kind=LOG_PROBABILITIES)
