"""``model.crf``: the fully connected CRF between the network's logits and the decoder."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmseg.registry import MODELS
from torch import nn

from ..crf.dense_crf import dense_crf
from .bin_logits import LOG_PROBABILITIES, BinLogits
from .data_preprocessor import DepthDataPreProcessor
from .decoders import Decoder, log_probabilities


@MODELS.register_module()
class DenseCRF(nn.Module):
    """Mean field of a fully connected CRF on the bins' probabilities, see :func:`mmdepthcls.crf.dense_crf.dense_crf`::

        model = dict(crf=dict(type='DenseCRF'))

    It has no weights: any checkpoint can be tested with it. The defaults are those that DeepLab v2 (Chen et al., 2018)
    used with ResNet-101 on PASCAL VOC; ``tools/tune_crf.py`` finds others on a validation split.

    Args:
        iterations: of the mean field.
        smoothness_weight, smoothness_width, appearance_weight, appearance_width, color_width: of the two kernels;
            widths in pixels of the network's input and grey levels.
        compatibility: 'potts', 'linear', 'log', or K x K costs.
        truncation: of 'linear' (bins) and 'log' (natural logarithms).

    Raises:
        ValueError: for arguments out of range.
    """

    def __init__(self, iterations: int = 10, smoothness_weight: float = 3.0, smoothness_width: float = 1.0,
                 appearance_weight: float = 4.0, appearance_width: float = 67.0, color_width: float = 3.0,
                 compatibility: str | Sequence[Sequence[float]] | torch.Tensor = 'potts',
                 truncation: float | None = None) -> None:
        super().__init__()
        if not isinstance(compatibility, str):
            compatibility = torch.as_tensor(compatibility)
        self.settings: dict[str, Any] = dict(
            iterations=iterations, smoothness_weight=smoothness_weight, smoothness_width=smoothness_width,
            appearance_weight=appearance_weight, appearance_width=appearance_width, color_width=color_width,
            compatibility=compatibility, truncation=truncation)
        self._try()

    def _try(self):
        """One pixel, so that wrong settings are known before an epoch of training has passed."""
        bins = 2 if isinstance(self.settings['compatibility'], str) else len(self.settings['compatibility'])
        try:
            self(torch.zeros(bins, 1, 1), torch.zeros(3, 1, 1), torch.arange(1.0, bins + 1))
        except ValueError as error:
            raise ValueError(f'model.crf: {error}') from error

    def forward(self, logits: torch.Tensor, image: torch.Tensor, centers: torch.Tensor) -> torch.Tensor:
        """Sharpen one image.

        Args:
            logits: (K, H, W) of the bins.
            image: (3, H, W) RGB in 0..255.
            centers: (K, ) bin centers, m.

        Returns:
            (K, H, W) float32, logarithms of the marginals.
        """
        needed = centers.cpu() if self.settings['compatibility'] == 'log' else None
        probabilities = logits[None].float().softmax(1)
        return log_probabilities(dense_crf(probabilities, image[None], centers=needed, **self.settings)[0])


def check_crf(crf: nn.Module | None, decoder: Decoder, test_cfg: Any, data_preprocessor: nn.Module) -> None:
    """Refuse what does not go together.

    Raises:
        ValueError: for logits that are not of a softmax, or smaller than the image; for images that cannot be had.
    """
    if crf is None:
        return
    if not decoder.of_softmax:
        raise ValueError(f'model.crf is of the probabilities of bins, which the logits for {type(decoder).__name__} '
                         'are not. Set crf=None.')
    if test_cfg['decode_at'] == 'logits':
        raise ValueError("model.crf works at the size of the image. Set test_cfg.decode_at='input' or 'output'.")
    if not isinstance(data_preprocessor, DepthDataPreProcessor):
        raise ValueError(f'model.crf needs the images as they were loaded, which {type(data_preprocessor).__name__} '
                         "does not give back. Set data_preprocessor.type='DepthDataPreProcessor'.")


def refine(crf: nn.Module, logits: BinLogits, images: torch.Tensor, metainfos: list[dict],
           centers: torch.Tensor) -> BinLogits:
    """Logits of a batch after a CRF, each image without its padding.

    Args:
        crf (DenseCRF)
        logits: (N, K, H, W); not changed.
        images: (N, 3, H, W) RGB in 0..255.
        metainfos: of the images.
        centers: (K, ) m of the model's bins, for images without bins of their own.

    Returns:
        Log-probabilities (N, K, H, W) float32; in the padding as it was.
    """
    refined = logits.logits.to(torch.float32, copy=True)
    for index, (each, metainfo) in enumerate(zip(logits.split(), metainfos, strict=True)):
        left, right, top, bottom = metainfo.get('img_padding_size', metainfo.get('padding_size', (0, 0, 0, 0)))
        inside = (slice(None), slice(top, refined.shape[2] - bottom), slice(left, refined.shape[3] - right))
        own = centers if each.image_bins is None else each.image_bins.centers
        refined[index][inside] = crf(refined[index][inside], images[index][inside], own)
    return BinLogits(refined, logits.image_bins, LOG_PROBABILITIES)
