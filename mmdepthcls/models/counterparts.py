"""Where a config names one of a loss and a decoder that go together, the other follows."""
from __future__ import annotations

from mmseg.registry import MODELS

from ..config.config_class import class_name, class_of
from .decoders import Decoder
from .image_bins_head import ImageBinsHead

# Regression, which has another number of logits, names both.
LOSS_OF = {'OrdinalDecoder': 'OrdinalLoss'}


def default_decoder(head: dict) -> dict:
    """Decoder of a model whose config names none.

    Args:
        head: config of the decode head.

    Returns:
        The ``default_decoder`` of an :class:`ImageBinsHead`; the only one that reads what the head's losses train; else
        the expectation of log depth, of least abs_rel in docs/study.md.
    """
    head_class = class_of(head, MODELS)
    if isinstance(head_class, type) and issubclass(head_class, ImageBinsHead) and head_class.default_decoder:
        return head_class.default_decoder
    losses = head.get('loss_decode') or ()
    wanted = [_decoder_for(loss) for loss in (losses if isinstance(losses, (list, tuple)) else [losses])]
    only = wanted[0] if wanted and all(each == wanted[0] for each in wanted) else None
    return only or dict(type='ExpectationDecoder', space='log')


def _decoder_for(loss):
    """The one decoder for a loss, or None where many read what it trains."""
    name = class_name(loss)
    if name == 'ExpectationSILogLoss':
        return dict(type='ExpectationDecoder', space=loss.get('space', 'depth'))
    return next((dict(type=decoder) for decoder, trained_by in LOSS_OF.items() if trained_by == name), None)


def default_loss(decoder: Decoder) -> dict | None:
    """``loss_decode`` of heads whose config names none, where a decoder reads what one loss alone trains.

    Returns:
        None: that of the head's class.
    """
    name = type(decoder).__name__
    return dict(type=LOSS_OF[name]) if name in LOSS_OF else None
