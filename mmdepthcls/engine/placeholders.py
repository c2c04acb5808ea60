"""Environment variables that config files name. Pure."""
import ast
import os
import os.path as osp
import re
from pathlib import Path

# MMEngine's {{$NAME:default}}.
_PLACEHOLDER = re.compile(r'\{\{[\'"]?\s*\$(\w+)\s*:\s*(\S*?)\s*[\'"]?\}\}')


def variable_of(path, value):
    """The variable that a path in a config came from.

    Args:
        path (str): of the config file; those in its ``_base_`` are looked at too.
        value (str): as it is in the loaded config.

    Returns:
        str or None: name of the variable whose value, or else default, the value is or begins with.
    """
    for text in _texts(path):
        for name, default in _PLACEHOLDER.findall(text):
            given = os.environ.get(name) or default
            if given and (value == given or value.startswith(given.rstrip('/') + '/')):
                return name
    return None


def _texts(path, seen=None):
    """Text of a config file and of all files that it builds on, as far as they can be found without running it."""
    seen = set() if seen is None else seen
    if path in seen or not osp.isfile(path):
        return
    seen.add(path)
    text = Path(path).read_text('utf-8')
    yield text
    try:
        tree = ast.parse(text)
    except SyntaxError:  # JSON, YAML
        return
    for node in ast.walk(tree):
        bases = []
        if isinstance(node, ast.Assign) and any(getattr(target, 'id', '') == '_base_' for target in node.targets):
            bases = [each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant)]
        elif isinstance(node, ast.ImportFrom) and node.level:  # a config that is pure Python
            parts = ['..'] * (node.level - 1) + (node.module or '').split('.')
            bases = [osp.join(*parts) + '.py']
        for base in bases:
            if isinstance(base, str):
                yield from _texts(osp.normpath(osp.join(osp.dirname(path), base)), seen)
