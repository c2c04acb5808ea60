"""Keys that ``--cfg-options`` sets: which of them nothing would read, and where such a key is read."""
import difflib
import inspect

from mmseg.registry import DATASETS, HOOKS, METRICS, MODELS, TRANSFORMS, VISUALIZERS

from ..count_text import some_of
from .config_check import KEYS, VARIABLES
from .config_class import class_of

# Read where they are there and seldom written: no name is taken for one of these misspelt.
RARE_KEYS = (
    'check_data', 'test_pipeline', 'compile', 'sync_bn', 'activation_checkpointing', 'efficient_conv_bn_eval',
    'gpu_ids', *VARIABLES)
REGISTRIES = (DATASETS, MODELS, TRANSFORMS, METRICS, HOOKS, VISUALIZERS)
NAMED = 3  # places
ALIKE = 0.8  # difflib's ratio, from which on a new key is taken for a misspelt one


def check_new_key(cfg, key):
    """Refuse a key that is not there where one is that is spelt nearly so, and a new one of the config that nothing
    reads. Other new keys are allowed.

    Args:
        cfg (Config): as it is before.
        key (str): with dots.

    Raises:
        ValueError: names the key that may be meant.
    """
    node, names = cfg, key.split('.')
    for depth, name in enumerate(names):
        if not hasattr(node, 'keys'):
            return  # lists and values: MMEngine says what is wrong
        if name not in node:
            known = [*node, *((*KEYS, *RARE_KEYS) if depth == 0 else ())]
            near = [] if name in known else difflib.get_close_matches(
                name, [each for each in known if isinstance(each, str)], 1, ALIKE)
            if near:
                before = '.'.join(names[:depth])
                other = '' if near[0] in KEYS else ' (A new key of such a name can be set in a config file.)'
                raise ValueError(f'--cfg-options {key}: {before or "the config"} has no {name!r}. Is '
                                 f'{".".join([*names[:depth], *near, *names[depth + 1:]])} meant?{other}')
            if depth == 0 and name not in known:
                raise ValueError(_unread_message(cfg, names))
            return
        node = node[name]


def variable_remark(cfg, key):
    """What to know of a key that is in one of the config's variables, which nothing reads any more.

    Args:
        cfg (Config): as it is before.
        key (str): with dots.

    Returns:
        str or None
    """
    names = key.split('.')
    if names[0] not in cfg or names[0] in (*KEYS, *RARE_KEYS):
        return None
    inner = names[len(names) > 1:]
    found = _spelled(places_of(cfg, inner[0]), inner[1:])
    return (f'--cfg-options {key}: {names[0]!r} is a variable, of which the config has been made already; to set it '
            'now changes nothing but what code of your own reads'
            f'{f". {inner[0]!r} is read as {found}" if found else ""}')


def _unread_message(cfg, names):
    found = _spelled(places_of(cfg, names[0]), names[1:])
    remedy = f'It is read as {found}: set it there' if found else (
        'What is set must be a key of the config, or of a part that it names, such as model.backbone.depth=18')
    return (f'--cfg-options {".".join(names)}: the config has no {names[0]!r}, and nothing reads a key of that name '
            f'there. {remedy}. (A key that code of your own reads can be set in a config file.)')


def _spelled(places, names):
    return some_of([f'{".".join((place, *names))}=...' for place in places], NAMED)


def places_of(cfg, key):
    """Where in a config a key is read: where it is, and where a class takes an argument of that name.

    Args:
        cfg (Config or dict)
        key (str): without dots.

    Returns:
        list[str]: with dots, in the order of the config; in its pipelines only where it is read nowhere else, and not
        in its variables, which are read only while it is loaded.

    >>> places_of(dict(train_dataloader=dict(batch_size=2), data=dict(batch_size=3)), 'batch_size')
    ['train_dataloader.batch_size']
    """
    found = [place for top in cfg if top in KEYS for place in _places_in(cfg[top], top, key)]
    # What data sets say of their samples counts before what a step would take.
    return [place for place in found if 'pipeline.' not in place] or found


def _places_in(node, path, key):
    if isinstance(node, dict):
        if key in node or _takes(node, key):
            yield f'{path}.{key}'
    elif not isinstance(node, (list, tuple)):
        return
    for name in node if isinstance(node, dict) else range(len(node)):
        yield from _places_in(node[name], f'{path}.{name}', key)


def _takes(node, key):
    """Whether the class of a config's part has an argument of this name, or a class that it hands the others to."""
    kinds = (class_of(node, registry) for registry in REGISTRIES) if node.get('type') else ()
    kind = next(filter(inspect.isclass, kinds), None)
    for ancestor in kind.__mro__ if kind else ():
        if '__init__' in vars(ancestor):
            try:
                arguments = inspect.signature(ancestor.__init__).parameters
            except (TypeError, ValueError):  # of C
                return False
            if key in arguments:
                return True
            if not any(each.kind is each.VAR_KEYWORD for each in arguments.values()):
                return False
    return False
