"""Which class a config's ``type`` means: a name, a scoped name ('mmseg.DepthClassifier'), a dotted one
('mmdepthcls.models.DepthClassifier') or, in MMEngine's pure Python configs, the class itself. Pure."""
import logging
from contextlib import contextmanager


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


@contextmanager
def _without_remarks():
    """A registry that looks a name up warns about scopes without a registry, which dotted names have."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
