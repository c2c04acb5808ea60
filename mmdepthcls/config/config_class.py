"""Which class a config's ``type`` means: a name, a scoped name ('mmseg.DepthClassifier'), a dotted one
('mmdepthcls.models.DepthClassifier') or, in MMEngine's pure Python configs, the class itself. Pure."""
import logging
import sys
from contextlib import contextmanager
from types import FunctionType


def class_of(cfg, registry):
    """The class that a config names.

    Args:
        cfg (dict or object): with ``type``; anything that was built already is of its own class.
        registry (mmengine.registry.Registry): where names are looked up, in its parents too.

    Returns:
        type, function or None: None for a config without ``type`` and for a name that nobody knows.
    """
    kind = cfg.get('type') if isinstance(cfg, dict) else type(cfg)
    if not isinstance(kind, str):
        return kind
    try:
        with _without_remarks():
            return registry.get(kind)
    except Exception:  # a dotted name is imported, and whatever that raises the registry says again when it builds
        return None


def is_a(cfg, registry, *names):
    """Whether a config means one of these classes or a subclass of it.

    Args:
        cfg (dict or object): see :func:`class_of`.
        registry (mmengine.registry.Registry): see there.
        *names (str): of classes, without scope and package.

    Returns:
        bool

    >>> is_a(dict(type='mmseg.DepthClassifier'), None, 'DepthClassifier'), is_a(dict(type=bool), None, 'int')
    (True, True)
    """
    if class_name(cfg) in names:
        return True
    return any(ancestor.__name__ in names for ancestor in getattr(class_of(cfg, registry), '__mro__', ()))


def class_name(cfg):
    """Name of a config's class without scope and package; '' for a config without ``type``.

    >>> class_name(dict(type='mmdepthcls.models.DepthClassifier')), class_name(dict(type=dict)), class_name({})
    ('DepthClassifier', 'dict', '')
    """
    kind = cfg.get('type', '') if isinstance(cfg, dict) else type(cfg)
    return kind.rpartition('.')[2] if isinstance(kind, str) else kind.__name__


def name_classes(node):
    """Put dotted names in the place of classes and functions, wherever in a config; those that cannot be imported by
    name stay. MMEngine writes every config to a file, and upstream's fails on classes.

    Args:
        node (dict or list): changed in place. What a pure Python config has not imported yet is left alone.

    Returns:
        dict or list: ``node``.
    """
    # Not node.items(), by which MMEngine's ConfigDict imports.
    for key, value in list(dict.items(node)) if isinstance(node, dict) else list(enumerate(node)):
        named = value
        if isinstance(value, (dict, list)):
            name_classes(value)
        elif isinstance(value, tuple) and type(value) is tuple:
            named = tuple(name_classes(list(value)))
        elif isinstance(value, (type, FunctionType)):
            named = _dotted_name(value) or value
        if named is not value:
            (dict if isinstance(node, dict) else list).__setitem__(node, key, named)
    return node


def _dotted_name(kind):
    """Name by which a class or function can be imported; None if there is none."""
    found = sys.modules.get(kind.__module__)
    for part in kind.__qualname__.split('.'):
        found = getattr(found, part, None)
    return f'{kind.__module__}.{kind.__qualname__}' if found is kind and kind.__module__ != '__main__' else None


@contextmanager
def _without_remarks():
    """A registry that looks a name up warns about scopes without a registry, which dotted names have."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
