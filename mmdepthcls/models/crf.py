"""The fully connected CRF as a part of a depth classifier."""
import torch
from mmseg.registry import MODELS
from torch import nn

from ..crf.dense_crf import dense_crf
from .decoders import log_probabilities


@MODELS.register_module()
class DenseCRF(nn.Module):
    """Mean field of a fully connected CRF on the bins' probabilities, see :func:`mmdepthcls.crf.dense_crf.dense_crf`::

        model = dict(crf=dict(type='DenseCRF'))

    It has no weights: any checkpoint can be tested with it. The defaults are those that DeepLab v2 (Chen et al., 2018)
    used with ResNet-101 on PASCAL VOC; ``tools/tune_crf.py`` finds others on a validation split.

    Args:
        iterations (int): of the mean field.
        smoothness_weight, smoothness_width, appearance_weight, appearance_width, color_width (float): of the two
            kernels; widths in pixels of the network's input and grey levels.
        compatibility (str or list): 'potts', 'linear', 'log', or K x K costs.
        truncation (float, optional): of 'linear' (bins) and 'log' (natural logarithms).

    Raises:
        ValueError: for arguments out of range.
    """

    def __init__(self, iterations=10, smoothness_weight=3.0, smoothness_width=1.0, appearance_weight=4.0,
                 appearance_width=67.0, color_width=3.0, compatibility='potts', truncation=None):
        super().__init__()
        if not isinstance(compatibility, str):
            compatibility = torch.as_tensor(compatibility)
        self.settings = dict(
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

    def forward(self, logits, image, centers):
        """Sharpen one image.

        Args:
            logits (Tensor): (K, H, W) of the bins.
            image (Tensor): (3, H, W) RGB in 0..255.
            centers (Tensor): (K, ) bin centers, m.

        Returns:
            Tensor: (K, H, W) float32, logarithms of the marginals.
        """
        needs = dict(centers=centers.cpu()) if self.settings['compatibility'] == 'log' else {}
        return log_probabilities(dense_crf(logits[None].float().softmax(1), image[None], **self.settings, **needs)[0])


def check_crf(crf, decoder, test_cfg, data_preprocessor):
    """Refuse what does not go together.

    Raises:
        ValueError: for logits that are not of a softmax, or smaller than the image; for images that cannot be had.
    """
    if crf is None:
        return
    if not getattr(decoder, 'of_softmax', True):
        raise ValueError(f'model.crf is of the probabilities of bins, which the logits for {type(decoder).__name__} '
                         'are not. Set crf=None.')
    if test_cfg['decode_at'] == 'logits':
        raise ValueError("model.crf works at the size of the image. Set test_cfg.decode_at='input' or 'output'.")
    if not hasattr(data_preprocessor, 'pixel_values'):
        raise ValueError(f'model.crf needs the images as they were loaded, which {type(data_preprocessor).__name__} '
                         "does not give back. Set data_preprocessor.type='DepthDataPreProcessor'.")


def refine(crf, logits, inputs, metainfos, data_preprocessor, centers):
    """Logits of a batch after the CRF, each image without its padding.

    Args:
        crf (DenseCRF)
        logits (Tensor): (N, K, H, W).
        inputs (Tensor): (N, 3, H, W), what the network saw.
        metainfos (list[dict]): of the images.
        data_preprocessor (DepthDataPreProcessor): that normalised the images.
        centers (list[Tensor]): (K, ) m of each image.

    Returns:
        Tensor: (N, K, H, W) float32; in the padding as it was.
    """
    logits = logits.float()
    images = data_preprocessor.pixel_values(inputs)
    for index, metainfo in enumerate(metainfos):
        left, right, top, bottom = metainfo.get('img_padding_size', metainfo.get('padding_size', (0, 0, 0, 0)))
        inside = (slice(None), slice(top, logits.shape[2] - bottom), slice(left, logits.shape[3] - right))
        logits[index][inside] = crf(logits[index][inside], images[index][inside], centers[index])
    return logits
