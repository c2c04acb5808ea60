"""Weights of a classifier of images as weights of MMSegmentation's TIMMBackbone."""
from __future__ import annotations

import io
from pathlib import Path

import torch

from ...atomic_file import write_atomically
from .renaming import rename_in_order

PREFIX = 'timm_model.'  # TIMMBackbone's attribute


def write_backbone_weights(source: Path, out: Path, model_name: str) -> int:
    """Write the tensors of ``source`` that the backbone has, under its names.

    Args:
        source: a file of tensors (state_dict) of the whole classifier, in the order of timm's layers. Nothing in it is
            executed.
        out: checkpoint to write, there whole or not at all.
        model_name: timm's name of the network.

    Returns:
        The number of tensors written.

    Raises:
        ValueError: if timm does not know the network, or the file holds something else than its tensors.
    """
    import timm
    if not timm.is_model(model_name):
        raise ValueError(f'--model: timm {timm.__version__} knows no {model_name}; '
                         "python -c \"import mmdepthcls, timm; print(timm.list_models('*lite*'))\" lists names")
    try:
        tensors = torch.load(source, map_location='cpu', weights_only=True)
    except Exception as error:
        kind = type(error).__name__
        raise ValueError(f'{source} is no file of tensors alone ({kind}): name one by --source') from error
    if not (isinstance(tensors, dict) and all(isinstance(tensor, torch.Tensor) for tensor in tensors.values())):
        raise ValueError(f'{source} holds something else than named tensors: name another file by --source')
    with torch.device('meta'):
        whole = timm.create_model(model_name, pretrained=False)
        features = timm.create_model(model_name, pretrained=False, features_only=True)
    try:
        renamed = rename_in_order(tensors, {name: tensor.shape for name, tensor in whole.state_dict().items()})
    except ValueError as error:
        raise ValueError(f'{source}: {error} ({model_name})') from None
    kept = {PREFIX + name: renamed[name] for name in features.state_dict() if name in renamed}
    stream = io.BytesIO()
    torch.save(dict(state_dict=kept, meta={}), stream)
    write_atomically(out, stream.getvalue())
    return len(kept)
