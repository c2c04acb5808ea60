"""Families of logits: what a loss trains, what a decoder reads, and which pixel samplers a loss goes with.

A softmax over the bins, ordinal answers and a single regressed number are all just logits: a decoder of another family
reads wrong metres from a perfect model. So what does not go together is refused when the model is built.
"""
from __future__ import annotations

import inspect

from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.models.losses import CrossEntropyLoss, FocalLoss, LovaszLoss
from mmseg.structures import OHEMPixelSampler
from torch import nn
from torch.nn import ModuleList

from .decoders import Decoder, ExpectationDecoder
from .losses.depth_loss import DepthLoss

SOFTMAX = 'softmax'
GOES_TOGETHER = {
    'ordinal': "decoder=dict(type='OrdinalDecoder') and loss_decode=dict(type='OrdinalLoss')",
    'regression': "decoder=dict(type='RegressionDecoder') and loss_decode=dict(type='RegressionSILogLoss')",
}
OF_SOFTMAX = "loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]"
# Losses of MMSegmentation that are no sum over pixels, so that a sampler cannot choose among these.
OF_REGIONS = ('DiceLoss', 'HuasdorffDisstanceLoss', 'LovaszLoss', 'TverskyLoss')
# Functions of MMSegmentation's losses that know two classes only: name -> setting that chooses it.
OF_MASKS = {'mask_cross_entropy': 'use_mask=True', 'lovasz_hinge': "loss_type='binary'"}
# Losses of MMSegmentation from which no depth comes: class -> why.
UNFIT = {
    'HuasdorffDisstanceLoss': 'compares probabilities with the numbers of labels, which trains no bin',
}


def decoder_family(decoder: Decoder) -> str | None:
    """Family of the logits that a decoder reads: its ``family``; None where it says only that they are of no softmax,
    so that nothing is known of it."""
    return decoder.family or (SOFTMAX if decoder.of_softmax else None)


def loss_family(loss: nn.Module) -> str:
    """Family of the logits that a loss trains: that of a :class:`.DepthLoss`; losses of MMSegmentation train a
    softmax."""
    return loss.family if isinstance(loss, DepthLoss) else SOFTMAX


def check_losses(name, head, decoder, decoded):
    """Refuse what cannot be trained, or would be read as another depth.

    Args:
        name (str): config key of the head, for messages.
        head (nn.Module): with ``loss_decode``; of MMSegmentation or an ``AdaptiveBinsHead``.
        decoder (nn.Module): the model's.
        decoded (bool): whether the decoder reads this head's logits (those of auxiliary heads are read by nobody).

    Raises:
        ValueError: with the remedy.
    """
    losses = losses_of(head)
    for loss in losses:
        _check_logits(name, loss, decoder, decoded)
        if isinstance(head, BaseDecodeHead) and type(head).loss_by_feat is BaseDecodeHead.loss_by_feat:
            _check_call(name, loss)
        if isinstance(head, BaseDecodeHead) and head.sampler is not None:
            _check_sampler(name, loss, head.sampler)
    if decoded and isinstance(head, BaseDecodeHead):  # bins of an AdaptiveBinsHead gather where the depths are
        _check_expectation(name, losses, decoder)


def losses_of(head):
    """list[nn.Module]: losses of a head."""
    losses = head.loss_decode
    return list(losses) if isinstance(losses, (list, tuple, ModuleList)) else [losses]


def _check_logits(name, loss, decoder, decoded):
    """A loss and a decoder of one family; auxiliary heads need only the same number of logits."""
    loss_name, decoder_name = type(loss).__name__, type(decoder).__name__
    trained, read = loss_family(loss), decoder_family(decoder)
    num_logits = loss.num_logits if isinstance(loss, DepthLoss) else None
    if num_logits != decoder.num_logits or (decoded and read not in (trained, None)):
        special = [GOES_TOGETHER[family] for family in (trained, read) if family in GOES_TOGETHER]
        remedies = '; '.join(f'{pair} go together, and with nothing else' for pair in special) or (
            f'Set model.decoder to one that reads {trained!r}, or give both classes the same `family`')
        raise ValueError(
            f'{name}.loss_decode: {loss_name} does not train what {decoder_name} reads (logits of the family '
            f'{trained!r}, expected {read!r}). {remedies}. For any other decoder take a loss of a softmax, such as '
            f'{OF_SOFTMAX}.')
    if loss_name in UNFIT:
        raise ValueError(f'{name}.loss_decode: {loss_name} {UNFIT[loss_name]}. Use {OF_SOFTMAX}.')
    of_classes = isinstance(loss, (CrossEntropyLoss, LovaszLoss))
    setting = OF_MASKS.get(loss.cls_criterion.__name__) if of_classes else None
    if setting:
        raise ValueError(f'{name}.loss_decode: {loss_name} with {setting} is for masks of two classes, not for '
                         f'bins. Leave it out, or use {OF_SOFTMAX}.')


def _check_call(name, loss):
    """The head calls its losses with labels, weight and ignore_index; not all losses of MMSegmentation take these."""
    if not _takes(loss, weight=None, ignore_index=255):
        raise ValueError(
            f'{name}.loss_decode: {type(loss).__name__} does not take the labels, weight and ignore_index that a '
            f'decode head gives its losses. Use {OF_SOFTMAX}; for hard examples SparseCrossEntropyLoss with '
            "decode_head.sampler=dict(type='OHEMPixelSampler', thresh=0.7).")


def _check_sampler(name, loss, sampler):
    loss_name, sampler_name = type(loss).__name__, type(sampler).__name__
    if loss_name in OF_REGIONS or (isinstance(loss, DepthLoss) and not loss.sum_of_pixels):
        raise ValueError(f'{name}.sampler: {sampler_name} chooses pixels, and {loss_name} is no sum over pixels. Take '
                         'the sampler out, or train CrossEntropyLoss, SparseCrossEntropyLoss or another loss of '
                         'pixels (docs/losses.md).')
    if not isinstance(sampler, OHEMPixelSampler):
        return
    if sampler.thresh is not None and loss_family(loss) != SOFTMAX:
        raise ValueError(f'{name}.sampler.thresh={sampler.thresh} is of the probabilities of a softmax, and '
                         f'{loss_name} trains none. Leave thresh out: then the pixels of the greatest loss are taken.')
    of_sigmoid = isinstance(loss, FocalLoss) or (isinstance(loss, CrossEntropyLoss) and loss.use_sigmoid)
    if sampler.thresh is None and (of_sigmoid or not _takes(loss, weight=None, ignore_index=255,
                                                        reduction_override='none')):
        raise ValueError(f'{name}.sampler: without thresh {sampler_name} needs the loss of each pixel, which '
                         f'{loss_name} does not give. Set {name}.sampler.thresh=0.7, or use SparseCrossEntropyLoss.')


def _check_expectation(name, losses, decoder):
    """A loss of the expected depth alone leaves the rest of the distribution open: nothing else can be read of it."""
    losses = [loss for loss in losses if getattr(loss, 'loss_weight', 1) != 0] or losses  # one's own may have none
    if losses and all(isinstance(loss, DepthLoss) and loss.scale_free for loss in losses):
        raise ValueError(f'{name}.loss_decode: {type(losses[0]).__name__} with variance_focus=1 does not care for the '
                         'scale, so metres come from nowhere. Set variance_focus=0.85, or add a loss that does.')
    spaces = sorted({isinstance(loss, DepthLoss) and loss.expectation_in or '' for loss in losses})
    if not all(spaces) or not spaces:
        return
    if not isinstance(decoder, ExpectationDecoder) or decoder.space not in spaces:
        read = f'space={decoder.space!r}' if isinstance(decoder, ExpectationDecoder) else 'another reading'
        raise ValueError(
            f'{name}.loss_decode: ExpectationSILogLoss alone trains the expectation (space={spaces[0]!r}) and nothing '
            f'else of the distribution, but the decoder is {type(decoder).__name__} ({read}). Set '
            f"model.decoder=dict(type='ExpectationDecoder', space={spaces[0]!r}), or add "
            "dict(type='SparseCrossEntropyLoss') to the losses: then every decoder of a softmax can be read.")


def _takes(loss, **arguments):
    try:
        inspect.signature(loss.forward).bind(None, None, **arguments)
    except TypeError:
        return False
    return True
