"""What the bins decide in the config of a decode head: its classes and how its losses count ignored pixels."""
import copy
import inspect
import logging

from mmengine.logging import print_log
from mmseg.registry import MODELS

from ..config.config_class import class_name, class_of, is_a

# STDC's detail head learns the edges between labels, whatever the labels are.
EDGE_HEADS = ('STDCHead', )
# Heads of which no class scores of each pixel come that bins could be: class -> what it does instead.
_MASKS = 'classifies masks, not pixels: it gives scores of segments, and no logits of depth bins for each pixel'
UNFIT_HEADS = {
    'MaskFormerHead': _MASKS,
    'Mask2FormerHead': _MASKS,
    'IterativeDecodeHead': 'refines one mask a class in stages (K-Net), each with classes and losses of its own',
    'PIDHead': 'learns from maps of the edges between segments (GenerateEdge), which depth does not have',
    'SideAdapterCLIPHead': 'compares pixels with the names of classes, and depth bins have none',
    'VPDDepthHead': 'regresses depth itself',
    'OCRHead': 'is the second of a cascade and needs the prediction of the first',
    'PointHead': 'is the second of a cascade and needs the prediction of the first',
}


def why_unfit(head):
    """Why a head cannot classify depth bins.

    Args:
        head (dict): config of one head.

    Returns:
        str or None: a sentence that begins with the head's class; None if nothing is known against it.
    """
    reasons = [reason for name, reason in UNFIT_HEADS.items() if is_a(head, MODELS, name)]
    return f'{class_name(head)} {reasons[0]}' if reasons else None


def fit_heads(heads, num_bins, name, default_loss=None):
    """Configs of one or several heads for K classes.

    Args:
        heads (dict, list[dict] or None): config(s), not changed.
        num_bins (int): K, given as ``num_classes`` (and ``out_channels`` where that is set); logged when it overrides.
        name (str): config key, for the log.
        default_loss (dict, optional): ``loss_decode`` of heads that say nothing. Default: that of their class.

    Returns:
        Same structure: copies, whose losses average over valid pixels unless the config says otherwise and lose class
        weights of another number of classes. Heads that learn edges are left alone.

    Raises:
        ValueError: for a head that cannot classify depth bins.
    """
    if heads is None:
        return None
    if isinstance(heads, (list, tuple)):
        return [fit_heads(head, num_bins, f'{name}[{index}]', default_loss) for index, head in enumerate(heads)]
    reason = why_unfit(heads)
    if reason:
        raise ValueError(f'{name}: {reason}. Take a recipe whose head gives logits for each pixel (docs/models.md).')
    head = copy.deepcopy(heads)
    if is_a(head, MODELS, *EDGE_HEADS):
        return head
    for key in ('num_classes', 'out_channels'):
        if head.get(key) not in (None, num_bins):
            print_log(f'{name}.{key}: {head[key]} in the config, overridden by the {num_bins} depth bins',
                      logger='current', level=logging.INFO)
            head[key] = num_bins
    head['num_classes'] = num_bins
    if 'loss_decode' not in head:
        default = _default_loss(head)
        if default is not None:
            head['loss_decode'] = copy.deepcopy(default_loss or default)
    for key, value in head.items():
        if key.startswith('loss'):
            for loss in value if isinstance(value, (list, tuple)) else [value]:
                _average_over_valid(loss)
                _drop_class_weight(loss, num_bins, name)
    return head


def _drop_class_weight(loss, num_bins, name):
    """Drop class weights of another task: there is one for each of its classes."""
    weight = loss.get('class_weight') if isinstance(loss, dict) else None
    if isinstance(weight, (list, tuple)) and len(weight) != num_bins:
        print_log(f'{name}: class_weight of {len(weight)} classes is dropped, there are {num_bins} depth bins',
                  logger='current', level=logging.WARNING)
        del loss['class_weight']


def with_more_classes(head, more):
    """Config (a copy) of a head that :func:`fit_heads` has fitted, with so many classes more; a head that learns edges
    as it is."""
    head = copy.deepcopy(head)
    if not is_a(head, MODELS, *EDGE_HEADS):
        for key in ('num_classes', 'out_channels'):
            if head.get(key) is not None:
                head[key] += more
    return head


def _default_loss(head):
    """Default ``loss_decode`` of a head's class, from the signature that states it."""
    head_class = class_of(head, MODELS)
    for ancestor in inspect.getmro(head_class) if head_class else ():
        parameter = inspect.signature(ancestor.__init__).parameters.get('loss_decode')
        if parameter is not None and isinstance(parameter.default, dict):
            return parameter.default
    return None


def _average_over_valid(loss):
    """Set ``avg_non_ignore`` where a loss takes it and the config is silent.

    The host divides by all pixels: at 4 % valid pixels the loss would be 25 times too small.
    """
    if not isinstance(loss, dict) or 'type' not in loss or 'avg_non_ignore' in loss:
        return
    loss_class = class_of(loss, MODELS)
    if loss_class is not None and 'avg_non_ignore' in inspect.signature(loss_class.__init__).parameters:
        loss['avg_non_ignore'] = True
