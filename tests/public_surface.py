"""The public surface as text: ``python tests/public_surface.py`` writes it to public_surface.txt."""
import importlib
import inspect
import re
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from typing import ForwardRef

TABLE = Path(__file__).with_suffix('.txt')
# What scripts and configs may import from.
MODULES = (
    'mmdepthcls.bins',
    'mmdepthcls.dense_crf',
    'mmdepthcls.crops',
    'mmdepthcls.datasets',
    'mmdepthcls.datasets.velodyne',
    'mmdepthcls.datasets.depth_file',
    'mmdepthcls.datasets.transforms',
    'mmdepthcls.models',
    'mmdepthcls.models.losses',
    'mmdepthcls.evaluation',
    'mmdepthcls.visualization',
    'mmdepthcls.hooks',
    'mmdepthcls.apis',
    'mmdepthcls.checkpoint_file',
    'mmdepthcls.compat',
    'mmdepthcls.commands.minidrive',
)
WIDTH = 120
PLAIN = (type(None), bool, int, float, str, tuple, dict)


class _Text(str):
    """A hint as it is written: its representation has no quotes."""
    __repr__ = str.__str__


@cache
def surface():
    """dict[str, dict[str, object]]: module -> name -> function, class or value."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(name)
        defined = [key for key, value in vars(module).items()
                   if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == name]
        names = sorted(key for key in getattr(module, '__all__', defined) if not key.startswith('_'))
        found[name] = {key: getattr(module, key) for key in names}
    return found


def members(owner):
    """dict[str, object]: public methods, properties and values of a class, and of those bases in this package that are
    not public themselves."""
    public = {value for names in surface().values() for value in names.values() if inspect.isclass(value)}
    owners = [each for each in owner.__mro__ if _is_ours(each) and (each is owner or each not in public)]
    found = {name: value for each in reversed(owners) for name, value in vars(each).items() if name[0] != '_'}
    # The signature has the fields.
    fields = getattr(owner, '__dataclass_fields__', {}) if is_dataclass(owner) else getattr(owner, '_fields', ())
    return {name: found[name] for name in sorted(found) if name not in fields}


def signature_of(value):
    """inspect.Signature or None: of a function, a class or a property's getter, without ``self`` and with hints as they
    are written; None where there is none that is this package's."""
    if inspect.isclass(value):
        maker = next(each for each in value.__mro__ if {'__init__', '__new__'} & vars(each).keys())
        if not _is_ours(maker):
            return None
    function = value.fget if isinstance(value, property) else getattr(value, '__func__', value)
    if not (inspect.isfunction(function) or inspect.isclass(function)):
        return None
    signature = inspect.signature(function)
    return signature.replace(
        parameters=[each.replace(annotation=_written(each.annotation)) for each in signature.parameters.values()
                    if each.name not in ('self', 'cls')],
        return_annotation=inspect.Signature.empty if inspect.isclass(value) else _written(signature.return_annotation))


def table():
    """str: the whole surface, and what is registered where."""
    lines = []
    for module, names in surface().items():
        lines += ['', module]
        for name, value in names.items():
            lines += _wrapped(2 * ' ', _described(name, value))
            if inspect.isclass(value):
                for member in members(value).items():
                    lines += _wrapped(4 * ' ' + '.', _described(*member))
    return '\n'.join([*lines[1:], '', *_registered(), ''])


def _registered():
    from mmseg import registry

    from mmdepthcls.compat import REGISTRIES
    for name in REGISTRIES:
        getattr(registry, name).get('nothing')  # imports what registers
        ours = [key for key, value in getattr(registry, name).module_dict.items() if _is_ours(value)]
        yield f'mmseg.registry.{name}'
        yield from (f'  {key}' for key in sorted(ours))


def _described(name, value):
    signature = signature_of(value)
    if isinstance(value, property):
        return f'{name} -> {signature.return_annotation!r}'
    if inspect.isclass(value):
        bases = ', '.join(base.__name__ for base in value.__bases__ if base is not object)
        return f'class {name}{"" if signature is None else signature}{f" of {bases}" * bool(bases)}'
    if signature is not None:
        return f'{name}{signature}'
    return f'{name} = {value!r}' if isinstance(value, PLAIN) else name


def _wrapped(indent, text):
    """A line, or one a parameter."""
    if len(indent + text) <= WIDTH:
        return [indent + text]
    parts = re.split(r', (?=[*\w]+(?:: |,|=|\)))', text.replace('(', '(, ', 1))
    return [indent + parts[0], *(f'{len(indent) * " "}    {part}' for part in parts[1:])]


def _is_ours(value):
    return value.__module__.startswith('mmdepthcls.')


def _written(hint):
    hint = hint.__forward_arg__ if isinstance(hint, ForwardRef) else hint
    return _Text(hint) if isinstance(hint, str) else hint


if __name__ == '__main__':
    TABLE.write_text(table(), encoding='utf-8')
