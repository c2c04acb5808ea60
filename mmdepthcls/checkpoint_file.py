"""Checkpoints read without believing them: tensors, numbers and texts come out, and nothing in it is called. Pure.

A checkpoint of ``torch.save`` is a pickle, that is a program. Here it is read twice: first its operations alone, of
which every name must stand in a short list; then by torch's weights-only reader, which has a list of its own. What
checkpoints of MMEngine hold beyond weights (NumPy arrays and numbers, the histories of logged losses) is taken by
stand-ins (:mod:`.checkpoint_stand_ins`): neither NumPy's nor MMEngine's code sees what the file says.
"""
from __future__ import annotations

import _compat_pickle
import pickle
import pickletools
import re
import threading
import warnings
import zipfile
from collections import Counter, OrderedDict
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from .checkpoint_stand_ins import SavedArray, stand_ins
from .checkpoint_stand_ins import ScalarHistory as ScalarHistory
from .count_text import some_of

# What a checkpoint may name: containers, and how torch.save writes a tensor.
NAMES = frozenset({
    'collections.OrderedDict', 'collections.Counter', '_codecs.encode', 'builtins.set', 'torch.Size', 'torch.device',
    'torch._utils._rebuild_tensor', 'torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_parameter'})
_STORAGE = re.compile(
    r'torch\.(cuda\.)?(Half|BFloat16|Float|Double|Char|Short|Int|Long|Byte|Bool|ComplexFloat|ComplexDouble)Storage')
_DTYPE = re.compile(r'torch\.(b?float|complex|u?int)\d+|torch\.(bool|half|float|double|short|int|long)')
MAGIC_TAR = b'./'
PICKLE = b'\x80'
PICKLES_OF_OLD = 5  # magic number, version, system, content, names of the storages
DEEPEST = 200
_lock = threading.Lock()


class CheckpointFileError(ValueError):
    """A file that is no checkpoint of data alone; the message names it."""


def read_checkpoint(path: str | Path | BinaryIO) -> dict[str, Any]:
    """Read a checkpoint of ``torch.save``, in torch's formats of now and of old.

    Args:
        path: of the file, whatever its name ends in; or the file, opened and at its beginning, which stays open.

    Returns:
        What was saved: dicts, lists, tuples, sets, numbers, texts, ``torch`` tensors (on the CPU) and dtypes, NumPy
        arrays and numbers, :class:`ScalarHistory` in the place of MMEngine's ``HistoryBuffer``.

    Raises:
        CheckpointFileError: if the file names anything else (which is not executed), is damaged or no checkpoint.
        OSError: if it cannot be opened.
    """
    with open(path, 'rb') if isinstance(path, (str, Path)) else nullcontext(path) as file:
        path = path if isinstance(path, (str, Path)) else getattr(path, 'name', 'the checkpoint')
        names: set[str] = set()
        try:
            _collect_names(file, path, names)
        except CheckpointFileError:
            raise
        except Exception as error:  # a file that somebody made up: anything may be wrong
            _check_names(names, path)
            raise _damaged(path, error) from error
        _check_names(names, path)
        file.seek(0)
        try:
            content = _plain(_load(file), {}, 0)
        except Exception as error:
            raise _damaged(path, error) from error
    if not isinstance(content, dict):
        raise CheckpointFileError(f'{path} holds a {type(content).__name__}, expected a dict of weights')
    return content


def weights_of(checkpoint: dict[str, Any], path: str | Path) -> dict[str, Any]:
    """The weights of a checkpoint: its ``state_dict``, or itself where it is one.

    Args:
        checkpoint: of :func:`read_checkpoint`.
        path: of the file, for messages.

    Returns:
        Name -> tensor.

    Raises:
        CheckpointFileError: if it holds anything but tensors.
    """
    import torch
    weights = checkpoint.get('state_dict', checkpoint)
    if not isinstance(weights, dict) or not weights or not all(
            isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in weights.items()):
        raise CheckpointFileError(f"{path} holds no weights: expected a 'state_dict' of tensors, got "
                                  f'{some_of(sorted(map(str, checkpoint)))}')
    return {key.removeprefix('module.'): value for key, value in weights.items()}


def _damaged(path, error):
    # Of torch's text what is wrong, without its advice to read the file unsafely.
    reason = str(error).rpartition('WeightsUnpickler error:')[2].partition('Check the documentation')[0]
    reason = "torch's reader of weights refuses it" if 'weights_only' in reason else ' '.join(reason.split())
    return CheckpointFileError(f'{path} cannot be read as a checkpoint: it is damaged, or of another kind '
                               f'({type(error).__name__}: {reason[:200]}). Copy it again')


def _check_names(names, path):
    unknown = sorted(name for name in names if not _is_data(name))
    if unknown:
        raise CheckpointFileError(
            f'{path} is refused: it asks for {some_of(unknown)}, and weights need no such thing. Nothing of it was '
            'executed. If the file is yours, save the weights alone where it was made: '
            "torch.save(dict(state_dict=model.state_dict()), 'weights.pth')")


def _is_data(name):
    return name in NAMES or name in stand_ins() or bool(_STORAGE.fullmatch(name) or _DTYPE.fullmatch(name))


def _collect_names(file, path, names):
    """Add every name that the pickles of a file ask for, as torch understands it."""
    beginning = file.read(4)
    file.seek(0)
    if beginning.startswith(b'PK'):
        _collect_of_archive(file, path, names)
    elif beginning.startswith(MAGIC_TAR):
        raise CheckpointFileError(f'{path} is a tar archive, as torch saved before 0.1.10; load and save it with a '
                                  'torch of that time')
    elif not beginning.startswith(PICKLE):
        raise CheckpointFileError(f'{path} is no checkpoint: it begins with {beginning!r}')
    else:
        for _ in range(PICKLES_OF_OLD):
            _collect_of_pickle(file, names)


def _collect_of_archive(file, path, names):
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        for entry in entries:
            if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
                raise CheckpointFileError(f'{path}: {entry.filename} is compressed, which torch.save never does')
            if entry.filename.rpartition('/')[2] == 'constants.pkl':
                raise CheckpointFileError(f'{path} is a TorchScript archive, a program and no checkpoint; save the '
                                          "model's state_dict instead")
        pickles = [entry for entry in entries if entry.filename.endswith('.pkl')]
        if not pickles:
            raise CheckpointFileError(f'{path} is a zip archive without data.pkl, and no checkpoint')
        for entry in pickles:
            with archive.open(entry) as content:
                _collect_of_pickle(content, names)


def _collect_of_pickle(file, names):
    """Of one pickle; names of later protocols are the texts before them."""
    texts = ['?', '?']
    for operation, argument, _ in pickletools.genops(file):
        if operation.name in ('GLOBAL', 'INST'):
            module, _, name = argument.partition(' ')
            module, name = _compat_pickle.NAME_MAPPING.get((module, name), (
                _compat_pickle.IMPORT_MAPPING.get(module, module), name))
            names.add(f'{module}.{name}')
        elif operation.name == 'STACK_GLOBAL':
            names.add('.'.join(texts))
        elif operation.name in ('EXT1', 'EXT2', 'EXT4'):
            names.add(f'copyreg extension {argument}')
        elif isinstance(argument, str):
            texts = [texts[1], argument]


def _load(file):
    """By torch's weights-only reader, which knows our stand-ins and nothing that others have allowed."""
    import torch
    if not hasattr(torch.serialization, 'safe_globals'):
        raise ImportError(f'reading checkpoints safely needs torch 2.6 or newer, and this is {torch.__version__}')
    with _lock, warnings.catch_warnings():
        warnings.simplefilter('ignore')
        others = torch.serialization.get_safe_globals()
        torch.serialization.clear_safe_globals()
        try:
            torch.serialization.add_safe_globals([(value, name) for name, value in stand_ins().items()])
            return torch.load(file, map_location='cpu', weights_only=True)
        finally:
            torch.serialization.clear_safe_globals()
            torch.serialization.add_safe_globals(others)


def _plain(value, memo, depth):
    """The same of plain classes alone, without attributes that a file has set; shared parts stay shared."""
    if depth > DEEPEST:
        raise pickle.UnpicklingError(f'nested more than {DEEPEST} deep, or within itself')
    if id(value) in memo:
        return memo[id(value)][1]
    memo[id(value)] = value, _plain_part(value, memo, depth + 1)  # kept, so that its id is not given away
    return memo[id(value)][1]


def _plain_part(value, memo, depth):
    import torch
    if isinstance(value, torch.Tensor):
        if type(value) not in (torch.Tensor, torch.nn.Parameter):
            raise pickle.UnpicklingError(f'a tensor of class {type(value).__name__}')
        return torch.Tensor.detach(value)
    if isinstance(value, SavedArray):
        if value.array is None:
            raise pickle.UnpicklingError('an array without its bytes')
        return value.array
    if type(value) is Counter:
        return Counter({_plain(key, memo, depth): _plain(item, memo, depth) for key, item in value.items()})
    if type(value) in (dict, OrderedDict):
        return type(value)((_plain(key, memo, depth), _plain(item, memo, depth)) for key, item in value.items())
    if type(value) in (list, tuple, set):
        return type(value)(_plain(item, memo, depth) for item in value)
    if value is None or isinstance(value, np.generic) or type(value) in (
            bool, int, float, complex, str, bytes, torch.Size, torch.dtype, torch.device, ScalarHistory):
        return value
    raise pickle.UnpicklingError(f'a {type(value).__name__}')
