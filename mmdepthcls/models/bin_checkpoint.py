"""Bin edges in checkpoints: saved with the weights, compared before weights are loaded.

What a model's logits mean is decided by its bins. Weights made for other edges would load without a word and predict
wrong metres, so loading compares first. Two situations are told apart:

- *predicting* (the model was built and nothing more): every weight must come from the checkpoint, edges must agree;
- *training* (``init_weights`` has run, as MMEngine's runner does before training): whatever fits is taken, what does
  not fit keeps its initial value and is named.
"""
import numpy as np
import torch
from mmengine.logging import print_log
from mmseg.registry import MODELS

from ..count_text import some_of
from .canonical_metres import FOCAL_KEY, describe_focal, same_focal
from .head_config import with_more_classes

EDGES_KEY = 'bin_edges'
ADAPTATION = 'adaptation.'
# Weights that nobody predicts with.
FOR_TRAINING = ('auxiliary_head.', ADAPTATION)
SHOWN = 6


class BinMismatchError(RuntimeError):
    """Weights that were made for other bins, or that lack what predicting needs."""


def stored_edges(bins):
    """Edges as they are saved: (K + 1,) float64 tensor, m."""
    return torch.from_numpy(np.array(bins.edges))


def same_edges(stored, bins):
    """Whether edges of a checkpoint, of any floating type, are those of ``bins`` up to the rounding of that type."""
    own = stored_edges(bins)
    if not isinstance(stored, torch.Tensor) or not stored.is_floating_point() or stored.shape != own.shape:
        return False
    # Half a step of the type is its rounding; exp and log differ in their last digits between machines.
    tolerance = torch.finfo(stored.dtype).eps / 2 + 2 * torch.finfo(torch.float32).eps
    return torch.allclose(stored.detach().cpu().double(), own, rtol=tolerance, atol=0)


def describe(edges):
    """Edges in words, for messages."""
    edges = torch.as_tensor(edges).double().flatten()
    if len(edges) < 2:
        return f'no bins (edges {edges.tolist()})'
    return f'{len(edges) - 1} bins from {edges[0]:g} to {edges[-1]:g} m (second edge {edges[1]:g} m)'


def require_all(model, state_dict, prefix, bins, require_edges, canonical_px=None):
    """Refuse a checkpoint that a model cannot predict with.

    Args:
        model (nn.Module): the classifier.
        state_dict (dict): weights, keys beginning with ``prefix``.
        prefix (str): as given by ``load_state_dict``.
        bins (DepthBins): the model's.
        require_edges (bool): whether a checkpoint without edges is refused too.
        canonical_px (float, optional): of the canonical camera that the model's bins are of; None: there is none.

    Raises:
        BinMismatchError: for other edges, another canonical camera, missing or misshapen weights (auxiliary heads
            excepted) or missing edges.
    """
    edges = state_dict.get(prefix + EDGES_KEY)
    if edges is not None and not same_edges(edges, bins):
        raise BinMismatchError(f'The checkpoint was trained for other bins: {describe(edges)}; the model has {bins!r}. '
                               'Set model.bins to those of the training.')
    stored = state_dict.get(prefix + FOCAL_KEY)
    if (edges is not None or stored is not None) and not same_focal(stored, canonical_px):
        raise BinMismatchError(f'The checkpoint was trained {describe_focal(stored)}; the model has '
                               f'canonical_focal_px={canonical_px}, and would answer in wrong metres. Set '
                               'model.canonical_focal_px as in the training (None: without one).')
    missing, misshapen = _misfits(model, state_dict, prefix)
    if missing or misshapen:
        raise BinMismatchError(
            'The checkpoint does not hold this model: '
            + '; '.join(f'{what} {some_of(keys, SHOWN)}'
                        for what, keys in (('missing', missing), ('other shape', misshapen)) if keys)
            + '. Use the config it was trained with (only training may start from weights that do not fit).')
    if edges is None and require_edges:
        raise BinMismatchError(f'The checkpoint has no {EDGES_KEY!r}, so nothing says which depths its classes mean. '
                               f'If it was trained on labels of exactly {bins!r}, set model.require_edges=False.')


def keep_what_fits(model, state_dict, prefix, bins, head_configs, canonical_px=None):
    """Drop from ``state_dict``, in place, what does not fit the model, and log it.

    Unless the checkpoint has the model's edges, layers with one output per bin are dropped even where their shape fits:
    their classes mean something else.

    Args:
        model (nn.Module): the classifier.
        state_dict (dict): weights, keys beginning with ``prefix``.
        prefix (str): as given by ``load_state_dict``.
        bins (DepthBins): the model's.
        head_configs (dict): 'decode_head' and 'auxiliary_head' -> config(s) that the model's heads were built from.
        canonical_px (float, optional): see :func:`require_all`.

    Raises:
        BinMismatchError: if not one weight fits: training would begin from nothing.
    """
    edges, stored = (state_dict.get(prefix + key) for key in (EDGES_KEY, FOCAL_KEY))
    own_camera = same_focal(stored, canonical_px)
    own_bins = edges is not None and same_edges(edges, bins) and own_camera
    missing, dropped = _misfits(model, state_dict, prefix)
    if not own_bins:
        dropped += [key for key in sorted(keys_of_bins(head_configs))
                    if prefix + key in state_dict and key not in dropped]
    own = [key for key in model.state_dict() if key not in (EDGES_KEY, FOCAL_KEY)]
    taken = [key for key in own if prefix + key in state_dict and key not in dropped]
    if own and not taken:
        others = [key for key in state_dict if key not in (EDGES_KEY, FOCAL_KEY)]
        raise BinMismatchError(
            f'Not one weight of the checkpoint is one of this model: it has {some_of(others, 2) or "none"}, the model '
            f'has {some_of(own, 2)}. Training would begin from nothing: name a checkpoint of this architecture, or '
            'leave load_from out')
    for key in dropped:
        del state_dict[prefix + key]
    if dropped or missing:
        origin = 'another task (no bin edges)' if edges is None else 'these bins' if own_bins else describe(edges)
        if edges is not None and not own_camera:
            origin += f' {describe_focal(stored)}'
        print_log(f'Start from a checkpoint of {origin}; the model has {bins!r}. These keep their initial values: '
                  f'{", ".join(dropped) or "none"} (do not fit); {some_of(missing, SHOWN) or "none"} '
                  '(not in the checkpoint)', logger='current')


def drop_adaptation(state_dict, prefix):
    """Take out of a state dict, in place, what a training between two domains needed beside the model."""
    for key in [key for key in state_dict if key.startswith(prefix + ADAPTATION)]:
        del state_dict[key]


def keys_of_bins(head_configs):
    """Weights whose shape follows from the number of classes, whatever else has as many channels: those that are
    shaped differently in a twin with more classes.

    Args:
        head_configs (dict): see :func:`keep_what_fits`.

    Returns:
        set[str]: keys of the model.
    """
    shapes = []
    # No memory, no time, and no random number that the training would miss.
    with torch.random.fork_rng(devices=[]), torch.device('meta'):
        for more in (0, 2):
            shapes.append({})
            for name, config in _heads(head_configs):
                head = MODELS.build(with_more_classes(config, more))
                shapes[-1].update({f'{name}.{key}': value.shape for key, value in head.state_dict().items()})
    few, many = shapes
    return {key for key, shape in few.items() if many[key] != shape}


def _heads(head_configs):
    for name, configs in head_configs.items():
        if isinstance(configs, (list, tuple)):
            yield from ((f'{name}.{index}', config) for index, config in enumerate(configs))
        elif configs is not None:
            yield name, configs


def _misfits(model, state_dict, prefix):
    """Keys of the model that are missing from, or have another shape in, a state dict.

    Constant buffers may be missing (MMSegmentation's versions differ in them), auxiliary heads and the parts of an
    adaptation are not used to predict.
    """
    needed = {key for key, _ in model.named_parameters() if not key.startswith(FOR_TRAINING)}
    needed |= {key for key, _ in model.named_buffers()
               if key.endswith(('running_mean', 'running_var')) and not key.startswith(FOR_TRAINING)}
    own = model.state_dict()
    missing = [key for key in own if key in needed and prefix + key not in state_dict]
    misshapen = [key for key, value in own.items() if key not in (EDGES_KEY, FOCAL_KEY) and prefix + key in state_dict
                 and state_dict[prefix + key].shape != value.shape]
    return missing, misshapen
