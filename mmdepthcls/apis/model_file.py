"""A model in one file: weights in the safetensors format and, as JSON in its head, all that is needed to use them.

Nothing in such a file is executed or believed: parts are built by exact names from a list, sizes are compared with the
tensors before anything of that size is allocated, and the tensors with their SHA-256.
"""
from __future__ import annotations

import copy
import hashlib
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from mmengine.config import ConfigDict
from mmseg.registry import MODELS
from torch import nn

from ..atomic_file import write_atomically
from ..models.bin_checkpoint import EDGES_KEY, same_edges
from ..models.canonical_metres import FOCAL_KEY
from ..models.depth_classifier import DepthClassifier
from ..models.temperature import TEMPERATURE_KEY, read_temperature
from .guarded_build import trial_build
from .model_description import KEY, ModelDescription, described
from .model_description import read_description as read_description
from .pinned_classes import check_parts, host_scope, pinned_class
from .tensor_file import SUFFIX, ModelFileError, read_head

TYPES = {'F64': torch.float64, 'F32': torch.float32, 'F16': torch.float16, 'BF16': torch.bfloat16, 'I64': torch.int64,
         'I32': torch.int32, 'I16': torch.int16, 'I8': torch.int8, 'U8': torch.uint8, 'BOOL': torch.bool}
AUXILIARY = 'auxiliary_head.'
# Kept in full where weights are halved: a norm divides by its variance.
_NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm)
PATIENCE = 'Get the file again, or make it anew with mmdepthcls publish'


def load_model(path: str | Path, device: torch.device | str = 'cpu') -> tuple[DepthClassifier, ModelDescription]:
    """Load a model file.

    Args:
        path: of a file that ``mmdepthcls publish`` has written.
        device: where the model shall be.

    Returns:
        The model, for predicting (``eval``), its weights in float32; and what the file says of it. How an image becomes
        the network's input is ``description.pipeline``.

    Raises:
        ModelFileError: for a file that is truncated, changed, of another kind or not allowed; names it.
        OSError: if it cannot be read.
    """
    with open(path, 'rb') as file:
        head = read_head(file, path)
        description = described(head, path)
        content = bytearray(head.size)
        got = file.readinto(content)
    if got != head.size:
        raise ModelFileError(f'{path} is truncated: {got} of {head.size} bytes could be read. Copy it again')
    if hashlib.sha256(content).hexdigest() != description.tensors_sha256:
        raise ModelFileError(f'{path}: the SHA-256 of its tensors is not the one that it names: it is damaged, or was '
                             f'changed. {PATIENCE}')
    _check_classes(description, path)
    weights = {name: _tensor(content, entry) for name, entry in head.tensors.items()}
    _check_weights(weights, description, path)
    model = _build(description, head, path)
    try:
        model.load_state_dict(weights)
    except (RuntimeError, ValueError) as error:
        raise ModelFileError(f'{path}: its weights do not fit its model: {error}') from error
    if model.temperature != description.temperature:
        raise ModelFileError(f'{path}: the temperature is {model.temperature:g} in its tensors, and '
                             f'{description.temperature:g} in its description. {PATIENCE}')
    return model.eval().to(device), description


def write_model_file(path: str | Path, model: DepthClassifier, description: ModelDescription) -> ModelDescription:
    """Write a model file, whole or not at all.

    Args:
        path: of the file, which is replaced if it is there; it ends in '.safetensors'.
        model: built from ``description.model``, with its weights.
        description: of it; its ``precision`` is that of the file, its temperature and checksum are filled in.

    Returns:
        The description as it was written.

    Raises:
        ModelFileError: for another ending; for weights that are not finite, not in the range of half precision, or of
            another model.
        OSError: if it cannot be written.
    """
    from safetensors.torch import save
    if not str(path).endswith(SUFFIX):
        raise ModelFileError(f'{path}: a model file ends in {SUFFIX}')
    description = replace(description, temperature=float(model.temperature))
    weights = stored_weights(model, description.precision == 'half')
    _check_weights(weights, description, path)
    _check_classes(description, path)
    blank = save(weights)
    start = 8 + int.from_bytes(blank[:8], 'little')
    description = replace(description, tensors_sha256=hashlib.sha256(memoryview(blank)[start:]).hexdigest())
    write_atomically(path, save(weights, {KEY: description.to_json()}))
    return description


def stored_weights(model: DepthClassifier, half: bool = False) -> dict[str, torch.Tensor]:
    """Weights of a model as a file holds them: without auxiliary heads, which predict nothing.

    Args:
        model: with its weights.
        half: in half precision, but for norms, bins and temperature.

    Returns:
        Name -> tensor on the CPU, none of which shares memory with another.

    Raises:
        ModelFileError: for a weight beyond the range of half precision.
    """
    full = _kept_in_full(model)
    weights = {}
    for name, value in model.state_dict().items():
        if name.startswith(AUXILIARY):
            continue
        value = value.detach().cpu().contiguous().clone()
        if half and value.dtype == torch.float32 and name not in full:
            if value.numel() and value.abs().max() > torch.finfo(torch.float16).max:
                raise ModelFileError(f'{name} reaches {value.abs().max():.3g}, beyond half precision. Publish without '
                                     '--half')
            value = value.half()
        weights[name] = value
    return weights


def _kept_in_full(model):
    """Names of the weights of norms, bins and temperature."""
    names = {f'{name}.{key}' for name, part in model.named_modules() if isinstance(part, _NORMS)
             for key in part.state_dict()}
    return names | {EDGES_KEY, TEMPERATURE_KEY, FOCAL_KEY}


def _tensor(content, entry):
    number = (entry.end - entry.start) // torch.empty(0, dtype=TYPES[entry.dtype]).element_size()
    if not number:
        return torch.empty(entry.shape, dtype=TYPES[entry.dtype])
    return torch.frombuffer(content, dtype=TYPES[entry.dtype], count=number, offset=entry.start).reshape(entry.shape)


def _check_classes(description, path):
    """Every part means the class that the list names, with keys that it takes; and timm knows the network."""
    check_parts(description.model, 'model', path)
    for index, step in enumerate(description.pipeline):
        check_parts(step, 'transform', path, f'pipeline[{index}]')
    for part in _timm_parts(description.model):
        import timm
        if not timm.is_model(part['model_name'].partition('.')[0]):
            raise ModelFileError(f'{path}: timm {timm.__version__} has no {part["model_name"]}')


def _timm_parts(value):
    if isinstance(value, dict):
        own = [value] if value.get('type') == 'TIMMBackbone' else []
        return own + [part for each in value.values() for part in _timm_parts(each)]
    return [part for each in value for part in _timm_parts(each)] if isinstance(value, (list, tuple)) else []


def _check_weights(weights, description, path):
    """No NaN, and edges of the bins that the description names."""
    for name, value in weights.items():
        if value.is_floating_point() and not torch.isfinite(value).all():
            raise ModelFileError(f'{path}: {name} holds numbers that are not finite: the training has failed, or the '
                                 'file was changed')
    with host_scope():
        try:
            settings = {key: value for key, value in description.bins.items() if key != 'type'}
            bins = pinned_class('bins', description.bins['type'])(**settings)
        except (TypeError, ValueError) as error:
            raise ModelFileError(f'{path}: model.bins: {error}') from error
    edges = weights.get(EDGES_KEY)
    if edges is None or edges.dtype != torch.float64 or not same_edges(edges, bins):
        raise ModelFileError(f'{path}: {EDGES_KEY} is not what model.bins says, {bins!r} (float64, m). {PATIENCE}')
    try:
        temperature = read_temperature(weights.get(TEMPERATURE_KEY))
    except ValueError as error:
        raise ModelFileError(f'{path}: {error}') from error
    if temperature != description.temperature:
        raise ModelFileError(f'{path}: the temperature is {temperature:g} in its tensors, and '
                             f'{description.temperature:g} in its description. {PATIENCE}')


def _build(description, head, path):
    """The model, after its shapes have been compared with those of the tensors."""
    def build() -> DepthClassifier:
        with host_scope(), warnings.catch_warnings():
            warnings.simplefilter('ignore')
            return MODELS.build(_complete(description.model))

    try:
        trial = trial_build(build, len(head.tensors), head.num_elements)
    except Exception as error:  # of the host, in whatever form: it was given what others wrote
        raise ModelFileError(f'{path}: its model cannot be built: {_reason(error)}') from error
    _compare(trial, description, head, path)
    with torch.random.fork_rng(devices=[]):
        return build()


def _complete(model: dict[str, Any]) -> ConfigDict:
    """Config as the host builds it: of our copy, and timm without any download."""
    model = copy.deepcopy(model)
    for part in _timm_parts(model):
        part['pretrained'] = False
    return ConfigDict(model)


def _reason(error):
    reason = ' '.join(str(error.args[0] if error.args else error).split())
    return reason[:300] if isinstance(error, ValueError) else f'{type(error).__name__}: {reason[:300]}'


def _compare(model, description, head, path):
    """Names, shapes and types of a model's weights with those of the file."""
    own = {name: value for name, value in model.state_dict().items() if not name.startswith(AUXILIARY)}
    for key in (EDGES_KEY, FOCAL_KEY):
        own.pop(key, None)
    beside = head.tensors.keys() - {EDGES_KEY, TEMPERATURE_KEY, FOCAL_KEY}
    for what, names in (('lacks', own.keys() - beside), ('has beside those of its model', beside - own.keys())):
        if names:
            raise ModelFileError(f'{path} {what} {len(names)} tensors, such as {min(names)}. {PATIENCE}')
    full = _kept_in_full(model)
    for name, value in own.items():
        entry, halved = head.tensors[name], description.precision == 'half' and name not in full
        expected = torch.float16 if halved and value.dtype == torch.float32 else value.dtype
        if entry.shape != tuple(value.shape):
            raise ModelFileError(f'{path}: {name} has the shape {entry.shape}, its model needs {tuple(value.shape)}')
        if TYPES[entry.dtype] != expected:
            raise ModelFileError(f'{path}: {name} is of type {entry.dtype}, expected {expected}')
