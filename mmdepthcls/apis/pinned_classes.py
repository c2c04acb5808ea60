"""The classes that the names in a model file mean, and no others, whatever is registered."""
from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.registry import DefaultScope
from mmseg.registry import MODELS, TASK_UTILS, TRANSFORMS

from ..config.config_class import class_of
from .allow_list import CLASSES, KINDS, LAYER_KEYS, LAYER_PACKAGES, TIMM_KEYS
from .tensor_file import ModelFileError

REGISTRIES = {'bins': TASK_UTILS, 'transform': TRANSFORMS}
SCOPE = 'mmseg'
# What constructors take that no file may say.
NEVER = frozenset({'self', 'args', 'kwargs'})


@contextmanager
def host_scope() -> Iterator[None]:
    """Names are looked up as MMSegmentation's, whatever scope is the current one."""
    with DefaultScope.overwrite_default_scope(SCOPE):
        yield


def registry_of(kind: str) -> Any:
    """Registry that builds a kind of part."""
    return REGISTRIES.get(kind, MODELS)


def pinned_class(kind: str, name: str) -> Any:
    """The class that a name means.

    Args:
        kind: a key of :data:`~.allow_list.CLASSES`.
        name: a name of that kind.

    Raises:
        ModelFileError: if another class is registered under the name, or none.
    """
    module = CLASSES[kind][name]
    with host_scope():
        registry = registry_of(kind)
        registry.import_from_location()
        found = _registered(registry, name)
    if found is None:
        raise ModelFileError(f'{name} is not registered: MMSegmentation, or a package that it needs, is of another '
                             'version here')
    home = getattr(found, '__module__', '')
    own = module and getattr(importlib.import_module(module), name, None)
    if module and found is not own or not module and (
            home.partition('.')[0] not in LAYER_PACKAGES or getattr(sys.modules.get(home), found.__name__, None)
            is not found):
        raise ModelFileError(f'{name} is registered as {home}.{found.__qualname__}, and model files mean '
                             f'{module or " or ".join(LAYER_PACKAGES)}. Nothing was built')
    return found


def _registered(registry, name):
    """What stands under a name, without the import of a module of that name that a registry would try."""
    while registry is not None:
        if name in registry._module_dict:
            return registry._module_dict[name]
        registry = registry.parent
    return None


def check_parts(part: dict[str, Any], kind: str, source: object, where: str = '') -> None:
    """See that every part of a config means the allowed class, and has keys that this class takes.

    Args:
        part: allowed by :class:`~.allow_list.AllowList`.
        kind: of it.
        source: the file, for messages.
        where: the key of the part.

    Raises:
        ModelFileError: names the file and the key.
    """
    try:
        taken = keys_of(kind, part['type'])
    except ModelFileError as error:
        raise ModelFileError(f'{source}: {where or kind}.type: {error}') from error
    for key, value in part.items():
        if key == 'type':
            continue
        if key not in taken:
            raise ModelFileError(f'{source}: {where or kind}.{key}: {part["type"]} takes no {key!r}')
        for name, each in _parts_in(key, value):
            check_parts(each, KINDS[name], source, f'{where or kind}.{key}')


def _parts_in(key, value):
    """Parts with a type in a value, each with the key that it stands under."""
    if isinstance(value, dict):
        if 'type' in value:
            return [(key, value)]
        return [part for name, each in value.items() for part in _parts_in(name, each)]
    return [part for each in value for part in _parts_in(key, each)] if isinstance(value, (list, tuple)) else []


def keys_of(kind: str, name: str) -> frozenset[str]:
    """Keys that a class takes: those of its constructor, and of those above it while that hands on the rest.

    Args:
        kind, name: as for :func:`pinned_class`.

    Raises:
        ModelFileError: as that.
    """
    owner = pinned_class(kind, name)
    if kind in LAYER_KEYS:
        return LAYER_KEYS[kind]
    if name == 'TIMMBackbone':
        return TIMM_KEYS
    keys: set[str] = set()
    for ancestor in owner.__mro__:
        if '__init__' not in vars(ancestor) or ancestor is object:
            continue
        parameters = inspect.signature(ancestor.__init__).parameters
        keys |= parameters.keys()
        if not any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
            break
    return frozenset(keys - NEVER)


def pinned_name(part: dict[str, Any], kind: str) -> str | None:
    """The name in model files of the class that a config means by any name, scope or class.

    Args:
        part: config with ``type``.
        kind: of it.

    Returns:
        None where a model file has no name for it.
    """
    scope, name = dict.get(part, '_scope_'), dict.get(part, 'type')
    if isinstance(name, str) and scope and '.' not in name:
        part = dict(type=f'{scope}.{name}')
    with host_scope():
        found = class_of(part, registry_of(kind))
    for each in CLASSES[kind]:
        try:
            if found is not None and pinned_class(kind, each) is found:
                return each
        except ModelFileError:
            continue  # of another version of the host
    return None
