"""What a depth classifier gives for an image, from its logits: maps by the name of their field; and the settings in
``test_cfg`` that say which."""
from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from mmengine.config import ConfigDict
from mmseg.models.utils import resize

from ..bins import DepthBins
from .bin_logits import LOG_PROBABILITIES, BinLogits
from .decoders import Decoder, log_probabilities
from .image_bins import ImageBins, onto_centers
from .uncertainty import confidence, entropy, interval, standard_deviation

# What test_cfg['outputs'] may ask for beside the depth map.
OUTPUTS = ('bins', 'confidence', 'entropy', 'interval', 'logits', 'std', 'views')
OF_SOFTMAX = {'confidence', 'entropy', 'interval', 'std'}
DECODE_AT = ('output', 'input', 'logits')


def complete_test_cfg(test_cfg: dict | None) -> ConfigDict:
    """``test_cfg`` of a depth classifier with everything it may say.

    Args:
        test_cfg: not changed.

    Raises:
        ValueError: for unknown ``outputs`` and ``decode_at``; for what does not go together.
    """
    test_cfg = ConfigDict(copy.deepcopy(test_cfg) if test_cfg else {})
    for key, value in dict(mode='whole', outputs=(), flip=False, decode_at='output').items():
        test_cfg.setdefault(key, value)
    unknown = set(test_cfg['outputs']) - set(OUTPUTS)
    if unknown:
        raise ValueError(f"test_cfg['outputs'] may hold {', '.join(OUTPUTS)}, got {sorted(unknown)}")
    if test_cfg['decode_at'] not in DECODE_AT:
        raise ValueError(f"test_cfg['decode_at'] must be one of {DECODE_AT}, got {test_cfg['decode_at']!r}")
    if test_cfg['decode_at'] == 'logits' and test_cfg['mode'] == 'slide':
        raise ValueError("test_cfg: decode_at='logits' does not go with mode='slide', which averages windows at the "
                         "size of the input. Set decode_at='input'.")
    if test_cfg['flip'] and 'views' not in test_cfg['outputs']:
        test_cfg['outputs'] = (*test_cfg['outputs'], 'views')
    return test_cfg


def check_decoder(decoder: Decoder, test_cfg: dict, adaptive: bool = False) -> None:
    """Refuse what does not follow from the logits that a decoder is for.

    Args:
        decoder: the model's.
        test_cfg: complete.
        adaptive: whether images have bins of their own, whose logits are those of a softmax.

    Raises:
        ValueError: for outputs of a softmax, for sliding windows, whose softmax probabilities are averaged, and for
            adaptive bins.
    """
    if decoder.of_softmax:
        return
    name = type(decoder).__name__
    if adaptive:
        raise ValueError(f'AdaptiveBinsHead trains a softmax over the bins, from which {name} cannot read depth. Set '
                         "model.decoder=dict(type='ExpectationDecoder').")
    asked = sorted(OF_SOFTMAX & set(test_cfg['outputs']))
    if asked:
        raise ValueError(f"test_cfg['outputs']: {', '.join(asked)} are of a softmax over the bins, which the logits "
                         f'for {name} are not')
    if test_cfg['mode'] == 'slide':
        raise ValueError(f"test_cfg['mode']='slide' averages the softmax probabilities of windows, from which {name} "
                         "cannot read depth. Set mode='whole'.")


def check_readable(logits: BinLogits, decoder: Decoder) -> None:
    """Refuse probabilities for a decoder that reads none.

    Raises:
        ValueError: names the decoder.
    """
    if logits.kind == LOG_PROBABILITIES and not decoder.of_softmax:
        raise ValueError(f'{type(decoder).__name__} reads logits as the head gives them, and no probabilities of bins '
                         "(of windows, a CRF or test-time augmentation). Set test_cfg.mode='whole' and crf=None, or "
                         'take a decoder of a softmax.')


def predict_maps(logits: BinLogits, bins: DepthBins, decoder: Decoder,
                 outputs: Sequence[str]) -> dict[str, torch.Tensor]:
    """Maps of one image.

    Args:
        logits: (K, H, W), any floating type.
        bins: the model's. Labels are always theirs.
        decoder: from logits, centers and edges to metres.
        outputs: of :data:`OUTPUTS`.

    Returns:
        Field -> (C, H, W); ``pred_depth_map`` always, float32, but for labels (int64).

    Raises:
        ValueError: for logits that the decoder cannot read.
    """
    check_readable(logits, decoder)
    own, values = logits.image_bins, logits.logits[None]
    edges, centers = _of_model(bins, values.device) if own is None else own
    with torch.autocast(values.device.type, enabled=False):
        maps = {'pred_depth_map': decoder(values, centers, edges)}
        if 'confidence' in outputs:
            maps['pred_confidence'] = confidence(values)
        if 'entropy' in outputs:
            maps['pred_entropy'] = entropy(values)
        if 'std' in outputs:
            maps['pred_std'] = standard_deviation(values, centers)
        if 'interval' in outputs:
            maps['pred_interval'] = interval(values, centers, edges)
        if 'bins' in outputs:
            maps['pred_sem_seg'] = _labels(values, maps['pred_depth_map'], bins, decoder, own)
    return {name: each[0] for name, each in maps.items()}


def probabilities_of_model_bins(logits: BinLogits, bins: DepthBins) -> torch.Tensor:
    """Softmax of logits; where they are of images' own bins, given to the model's bins (:func:`.onto_centers`).

    Args:
        logits: (N, K, H, W), any floating type.
        bins: the model's.

    Returns:
        (N, K, H, W) float32.
    """
    probabilities = logits.logits.float().softmax(dim=1)
    if logits.image_bins is None:
        return probabilities
    return onto_centers(probabilities, logits.image_bins.centers, _of_model(bins, probabilities.device).centers)


def logits_of_model_bins(logits: BinLogits, bins: DepthBins) -> torch.Tensor:
    """Logits (K, H, W) of the model's bins, which every reader of ``seg_logits`` takes them to be; arguments as of
    :func:`probabilities_of_model_bins`, of one image."""
    if logits.image_bins is None:
        return logits.logits
    own = ImageBins(*(values[None] for values in logits.image_bins))
    return log_probabilities(probabilities_of_model_bins(BinLogits(logits.logits[None], own), bins))[0]


def _of_model(bins, device):
    # Not buffers: model.half() would round the metres.
    return ImageBins(*bins.tensors(device, torch.float32))


def _labels(logits, depth, bins, decoder, image_bins):
    """Labels of the model's bins (N, 1, H, W): of the best class, or where there are no classes of the depth."""
    if decoder.of_softmax:
        index = logits.argmax(dim=1, keepdim=True)
        return index if image_bins is None else bins.encode(image_bins.centers)[index]
    return torch.bucketize(depth, _of_model(bins, depth.device).edges[1:-1], right=True)


def resized(values, size, align_corners):
    """A map of another size, by bilinear interpolation (labels: nearest); the map itself where that is its size.

    Args:
        values (Tensor): (C, h, w).
        size (tuple[int, int]): H, W.
        align_corners (bool): see :func:`torch.nn.functional.interpolate`.

    Returns:
        Tensor: (C, H, W); float32, or the labels' type.
    """
    if tuple(values.shape[1:]) == tuple(size):
        return values
    if values.is_floating_point():
        return resize(values[None].float(), tuple(size), mode='bilinear', align_corners=align_corners, warning=False)[0]
    return resize(values[None].double(), tuple(size), mode='nearest', warning=False)[0].to(values.dtype)
