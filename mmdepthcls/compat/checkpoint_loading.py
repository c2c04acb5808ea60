"""Lets MMEngine load checkpoints as data (:mod:`mmdepthcls.checkpoint_file`): no byte of one is executed, and no text
in it evaluated.

MMEngine reads checkpoints with pickle, or falls back to it where a weights-only reader refuses; and it evaluates two
texts in them as Python: ``meta['config']`` when a training is resumed, and the config with which an inferencer builds a
model of weights alone.
"""
from __future__ import annotations

import os
import os.path as osp
from functools import wraps
from types import ModuleType
from typing import Any
from urllib.parse import urlparse

from ..checkpoint_file import CheckpointFileError, ScalarHistory, read_checkpoint

# '1' lets the host load checkpoints its own way.
TRUST = 'MMDEPTHCLS_TRUST_CHECKPOINT'
REMEDY = (f'If you trust whoever made the file as you trust a program of theirs, --trust-checkpoint (or {TRUST}=1 in '
          "the environment, for MMSegmentation's own tools) loads it as MMEngine does, which runs what it holds.")
EVALUATED = 'config'  # key in 'meta' of a text that MMEngine runs


def are_trusted() -> bool:
    """Whether checkpoints are loaded as the host does, whatever they hold."""
    return os.environ.get(TRUST) == '1'


def trust() -> None:
    """Load checkpoints as the host does, here and in the processes that this one starts."""
    os.environ[TRUST] = '1'


def load_as_data(checkpoint: Any) -> None:
    """Mend ``mmengine.runner.checkpoint``: all its ways to a file (path, address, cloud, names of models) end in
    ``torch.load`` or ``load_url``, which are other ones there now.

    Args:
        checkpoint: the module, once imported.
    """
    if isinstance(checkpoint.torch, _Torch):
        return
    download = checkpoint.load_url
    checkpoint.torch = _Torch(checkpoint.torch)

    @wraps(download)
    def load_url(url: str, model_dir: str | None = None, map_location: Any = None, progress: bool = True,
                 check_hash: bool = False, file_name: str | None = None, **others: Any) -> Any:
        if are_trusted():
            return download(url, model_dir, map_location, progress, check_hash, file_name, **others)
        return _read(fetched(url, model_dir, progress, check_hash, file_name), map_location)

    checkpoint.load_url = load_url


def fetched(url: str, folder: str | None = None, progress: bool = True, check_hash: bool = False,
            file_name: str | None = None) -> str:
    """The file that an address names, fetched where it is not here yet: as ``torch.hub`` does, but not loaded.

    Args:
        url: of the file.
        folder: where it is kept; default: torch's.
        progress: show it.
        check_hash: compare with the hash in the file's name.
        file_name: under which it is kept; default: that in the address.

    Returns:
        Its path.
    """
    from torch import hub
    folder = folder or osp.join(hub.get_dir(), 'checkpoints')
    os.makedirs(folder, exist_ok=True)
    path = osp.join(folder, osp.basename(file_name or urlparse(url).path))
    if not osp.exists(path):
        named = hub.HASH_REGEX.search(osp.basename(path)) if check_hash else None
        hub.download_url_to_file(url, path, named.group(1) if named else None, progress=progress)
    return path


def read_no_configs_of_checkpoints(infer: Any) -> None:
    """Mend ``mmengine.infer.infer``: an inferencer of weights alone would run the config that they hold.

    Args:
        infer: the module.
    """
    stock = infer.BaseInferencer._init_model
    if hasattr(stock, '__wrapped__'):
        return

    @wraps(stock)
    def init_model(self: Any, cfg: Any, weights: str | None, *args: Any, **options: Any) -> Any:
        if not cfg and weights is not None and not are_trusted():
            raise CheckpointFileError(
                f'{weights}: an inferencer that is given weights alone runs the config in them, which is a Python '
                f'program. Give the config, too: {type(self).__name__}(model=CONFIG, weights=...). {REMEDY}')
        return stock(self, cfg, weights, *args, **options)

    infer.BaseInferencer._init_model = init_model


class _Torch(ModuleType):
    """torch, as MMEngine's module of checkpoints sees it: with a ``load`` that believes nothing."""

    def __init__(self, torch: ModuleType) -> None:
        super().__init__(torch.__name__)
        self.__dict__['_torch'] = torch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._torch, name)

    def load(self, file: Any, map_location: Any = None, *args: Any, **options: Any) -> Any:
        """As ``torch.load``, of files that hold data alone; trusted ones as the caller wants."""
        if are_trusted():
            return self._torch.load(file, map_location, *args, **options)
        return _read(file, map_location)


def _read(file, map_location):
    """What MMEngine takes for a checkpoint.

    Args:
        file (str or BinaryIO): path, or what has been read already.
        map_location (str, device or others): where tensors go; what is neither a name nor a device leaves them on the
            CPU, where MMEngine's callers want them.
    """
    try:
        content = read_checkpoint(file)
    except CheckpointFileError as error:
        raise CheckpointFileError(f'{error}. {REMEDY}' if 'is refused' in str(error) else str(error)) from error
    if isinstance(content.get('meta'), dict):
        content['meta'].pop(EVALUATED, None)
    return _as_host_wants(content, _device(map_location))


def _device(map_location: Any) -> Any:
    import torch
    return torch.device(map_location) if isinstance(map_location, (str, torch.device, int)) else torch.device('cpu')


def _as_host_wants(value, device):
    """The same on a device, with histories of MMEngine's class."""
    import torch
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, ScalarHistory):
        return _history(value)
    if isinstance(value, dict):
        for key in value:
            value[key] = _as_host_wants(value[key], device)
        return value
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return type(value)(_as_host_wants(each, device) for each in value)
    return value


def _history(value: ScalarHistory) -> Any:
    from mmengine.logging import HistoryBuffer
    return HistoryBuffer(value.log_history, value.count_history, value.max_length)
