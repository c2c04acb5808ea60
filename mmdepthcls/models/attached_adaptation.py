"""The method by which a model is adapted to another domain, made with it."""
from __future__ import annotations

import torch
from mmseg.registry import MODELS
from torch import nn


def attached_adaptation(cfg: dict | None, model: nn.Module) -> nn.Module | None:
    """Build a method of adaptation (:class:`mmdepthcls.adaptation.AdaptationMethod`) for a model that is complete.

    Random numbers are drawn as if there were none: the model's other weights begin as they would without.

    Args:
        cfg: of the method.
        model: the classifier.

    Returns:
        None without a config.

    Raises:
        ValueError: for a class that is no method of adaptation, or one that does not go with the model.
    """
    if cfg is None:
        return None
    with torch.random.fork_rng(devices=[]):
        method = MODELS.build(cfg)
        if not hasattr(method, 'attach'):
            raise ValueError(f'model.adaptation: {type(method).__name__} is no method of adaptation. Derive the class '
                             'from mmdepthcls.adaptation.AdaptationMethod, which says what it needs.')
        method.attach(model)
    return method
