"""Losses of depth bins in the heads of MMSegmentation.

A head upsamples its logits to the size of the labels before it calls its losses. Where a loss takes the logits of
measured pixels (:class:`mmdepthcls.models.losses.DepthLoss`), they are interpolated there only.
"""
import re
from functools import partial

import torch
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.utils import resize

from .bins_user import BinsUser
from .head_config import EDGE_HEADS
from .image_bins import encode
from .label_census import numbers_of
from .loss_family import check_losses, losses_of
from .losses.center_loss import CenterLoss
from .losses.depth_loss import DepthLoss, of_images, of_pixels
from .losses.measured_pixels import MeasuredPixels


def connect_losses(model, bins):
    """Give the losses of a model its bins, and its heads' losses the logits before upsampling.

    Heads that compute their losses in a way of their own, or sample pixels, and heads without such a loss stay as they
    are. Names in the logs are MMSegmentation's.

    Args:
        model (nn.Module): changed in place.
        bins (DepthBins): given to every part that is a :class:`.BinsUser`.

    Raises:
        ValueError: for losses that train what the decoder does not read, and other pairs of losses, decoders and pixel
            samplers that do not go together (:mod:`.loss_family`); for a loss of bin centers in a head whose bins are
            fixed.
    """
    for name, module in model.named_modules():
        if isinstance(module, BinsUser):
            module.set_bins(bins)
        if isinstance(module, BaseDecodeHead) and type(module).__name__ not in EDGE_HEADS:
            for loss in losses_of(module):
                if isinstance(loss, CenterLoss):
                    raise ValueError(f'{type(module).__name__}: {type(loss).__name__} moves the bins of images, which '
                                     'only an AdaptiveBinsHead has.')
            if name.startswith('auxiliary_head'):
                check_losses(re.sub(r'\.(\d+)', r'[\1]', name), module, model.decoder, decoded=False)
        if (isinstance(module, BaseDecodeHead) and type(module).loss_by_feat is BaseDecodeHead.loss_by_feat
                and module.sampler is None and any(isinstance(loss, DepthLoss) for loss in losses_of(module))):
            # A partial, and no method: it survives deep copies (EMA) and pickling.
            module.loss_by_feat = partial(loss_by_feat, module)
    check_losses('decode_head', model.decode_head, model.decoder, decoded=True)


def loss_by_feat(head, logits, data_samples):
    """What ``BaseDecodeHead.loss_by_feat`` computes, without upsampling for the losses that do not need it.

    Args:
        head (BaseDecodeHead): the head.
        logits (Tensor): (N, K, h, w).
        data_samples (list[SegDataSample]): with ``gt_sem_seg``, and ``gt_depth_map`` where there is one.

    Returns:
        dict[str, Tensor]: by the losses' names, and ``acc_seg`` in percent.
    """
    label = torch.stack([sample.gt_sem_seg.data for sample in data_samples]).squeeze(1)
    depth = None
    if all('gt_depth_map' in sample for sample in data_samples):
        depth = torch.stack([sample.gt_depth_map.data for sample in data_samples]).squeeze(1)
    losses = losses_of(head)
    sparse = [loss for loss in losses if isinstance(loss, DepthLoss)]
    numbers = numbers_of(data_samples, head.ignore_index)
    pixels = MeasuredPixels(logits, label, head.ignore_index, head.align_corners, depth, numbers and sum(numbers))
    correct = []
    values = of_pixels(sparse, pixels, look=lambda logits, label: correct.append((logits.argmax(dim=1) == label).sum()))
    named = [(loss.loss_name, value) for loss, value in zip(sparse, values, strict=True)]
    dense = [loss for loss in losses if not isinstance(loss, DepthLoss)]
    if dense:
        upsampled = resize(logits, size=label.shape[1:], mode='bilinear', align_corners=head.align_corners)
        named += [(loss.loss_name, loss(upsampled, label, weight=None, ignore_index=head.ignore_index))
                  for loss in dense]
    if logits.shape[1] == 1:  # a regression has no classes
        return _sums(named)
    return {**_sums(named), 'acc_seg': 100 * sum(correct) / max(len(pixels.label), 1)}


def loss_of_image_bins(head, logits, image_bins, data_samples):
    """Losses of a batch whose images have bins of their own. Which pixels count is decided by the fixed bins.

    Args:
        head (ImageBinsHead): the head.
        logits (Tensor): (N, K, h, w).
        image_bins (ImageBins): of the images, with gradient.
        data_samples (list[SegDataSample]): with ``gt_sem_seg`` of the fixed bins and ``gt_depth_map``.

    Returns:
        dict[str, Tensor]: by the losses' names, and ``acc_seg`` in percent, of labels by the images' own bins.

    Raises:
        ValueError: for a sample without ``gt_depth_map``.
    """
    for sample in data_samples:
        if 'gt_depth_map' not in sample:
            raise ValueError(f'{sample.get("img_path")}: the sample has no gt_depth_map, which adaptive bins are '
                             'trained with. Put LoadDepth before PackSegInputs in the training pipeline.')
    depth = torch.stack([sample.gt_depth_map.data for sample in data_samples]).squeeze(1)
    valid = torch.stack([sample.gt_sem_seg.data for sample in data_samples]).squeeze(1) != head.ignore_index
    numbers = numbers_of(data_samples, head.ignore_index)
    images = []
    for index, edges in enumerate(image_bins.edges.detach()):
        part = slice(index, index + 1)
        label = encode(depth[part], edges).masked_fill(~valid[part], head.ignore_index)
        images.append(MeasuredPixels(logits[part], label, head.ignore_index, head.align_corners, depth[part],
                                     numbers and numbers[index]))
    named = [(loss.loss_name, loss(image_bins.centers, depth, valid, numbers))
             for loss in head.loss_decode if isinstance(loss, CenterLoss)]
    of_logits = [loss for loss in head.loss_decode if isinstance(loss, DepthLoss)]
    correct = []
    values = of_images(of_logits, images, list(image_bins.centers),
                       look=lambda logits, label: correct.append((logits.argmax(dim=1) == label).sum()))
    named += [(loss.loss_name, value) for loss, value in zip(of_logits, values, strict=True)]
    return {**_sums(named), 'acc_seg': 100 * sum(correct) / valid.sum().clamp_min(1)}


def _sums(named):
    """Losses by name; those of one name are added."""
    result = {}
    for name, value in named:
        result[name] = result[name] + value if name in result else value
    return result
