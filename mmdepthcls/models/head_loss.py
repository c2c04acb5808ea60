"""Losses of depth bins in the heads of MMSegmentation.

A head upsamples its logits to the size of the labels before it calls its losses. Where a loss takes the logits of
measured pixels (:class:`mmdepthcls.models.losses.DepthLoss`), they are interpolated there only.
"""
from functools import partial

import torch
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.utils import resize

from .losses.depth_loss import of_pixels
from .losses.measured_pixels import MeasuredPixels


def connect_losses(model, bins):
    """Give the losses of a model its bins, and its heads' losses the logits before upsampling.

    Heads that compute their losses in a way of their own, or sample pixels, and heads without such a loss stay as they
    are. Names in the logs are MMSegmentation's.

    Args:
        model (nn.Module): changed in place.
        bins (DepthBins): given to every part that has ``set_bins``.

    Raises:
        ValueError: for a loss of K logits with a decoder of one, and the reverse.
    """
    num_logits = getattr(model.decoder, 'num_logits', None)
    for module in model.modules():
        if hasattr(module, 'set_bins'):
            module.set_bins(bins)
        if isinstance(module, BaseDecodeHead):
            for loss in _losses_of(module):
                if getattr(loss, 'num_logits', None) != num_logits:
                    raise ValueError(
                        f'{type(module).__name__}.loss_decode: {type(loss).__name__} does not train what '
                        f"{type(model.decoder).__name__} reads. decoder=dict(type='RegressionDecoder') and "
                        "loss_decode=dict(type='RegressionSILogLoss') go together, and with nothing else.")
        if (isinstance(module, BaseDecodeHead) and type(module).loss_by_feat is BaseDecodeHead.loss_by_feat
                and module.sampler is None and any(map(_takes_pixels, _losses_of(module)))):
            # A partial, and no method: it survives deep copies (EMA) and pickling.
            module.loss_by_feat = partial(loss_by_feat, module)


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
    losses = _losses_of(head)
    sparse = [loss for loss in losses if _takes_pixels(loss)]
    pixels = MeasuredPixels(logits, label, head.ignore_index, head.align_corners, depth)
    correct = []
    values = of_pixels(sparse, pixels, look=lambda logits, label: correct.append((logits.argmax(dim=1) == label).sum()))
    named = [(loss.loss_name, value) for loss, value in zip(sparse, values, strict=True)]
    dense = [loss for loss in losses if not _takes_pixels(loss)]
    if dense:
        upsampled = resize(logits, size=label.shape[1:], mode='bilinear', align_corners=head.align_corners)
        named += [(loss.loss_name, loss(upsampled, label, weight=None, ignore_index=head.ignore_index))
                  for loss in dense]
    result = {}
    for name, value in named:
        result[name] = result[name] + value if name in result else value
    if logits.shape[1] > 1:  # a regression has no classes
        result['acc_seg'] = 100 * sum(correct) / max(len(pixels.label), 1)
    return result


def _losses_of(head):
    return list(head.loss_decode) if isinstance(head.loss_decode, torch.nn.ModuleList) else [head.loss_decode]


def _takes_pixels(loss):
    return getattr(loss, 'takes_pixels', False)
