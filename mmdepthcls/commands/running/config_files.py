"""Config files as text: found, checked and read before anything is loaded. Pure, and quick to import."""
import ast
import difflib
import os
import os.path as osp
import re
from pathlib import Path

from .program import UsageError

CONFIGS = Path(__file__).parents[3] / 'configs'
SUFFIXES = ('.py', '.yaml', '.yml', '.json')
# MMEngine's {{$NAME:default}}.
_PLACEHOLDER = re.compile(r'\{\{[\'"]?\s*\$(\w+)\s*:\s*(\S*?)\s*[\'"]?\}\}')


def check_config(path):
    """See whether a config file can be read, and the files that it builds on.

    Args:
        path (str): of the config.

    Raises:
        UsageError: if there is none (names configs that are called alike), or it is no config, or its text is no
            Python (names the file and the line).
    """
    if not osp.exists(path):
        near = near_configs(path)
        raise UsageError(f'config {path} does not exist' + (f'. Near it: {", ".join(near)}' if near else ''))
    if osp.isdir(path):
        raise UsageError(f'config {path} is a folder')
    if not path.endswith(SUFFIXES):
        raise UsageError(f'config {path}: expected a file that ends in {", ".join(SUFFIXES)}')
    list(_texts(path))


def near_configs(path, most=3):
    """list[str]: config files, in the folder that a path names and in this project's, that are called like it."""
    found = {}
    for folder in (Path(osp.dirname(path) or '.'), Path('configs'), CONFIGS):
        for file in sorted(folder.glob('*.py')) if folder.is_dir() else ():
            found.setdefault(file.stem, osp.relpath(file) if file.is_relative_to(Path.cwd()) else str(file))
    stem = osp.splitext(osp.basename(path))[0]
    return [found[name] for name in difflib.get_close_matches(stem, found, most, 0.6)]


def variable_of(path, value):
    """The environment variable that a path in a config came from.

    Args:
        path (str): of the config file; the files that it builds on are looked at too.
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
    """Text of a config file and of the files that it builds on, as far as they can be found without running it."""
    seen = set() if seen is None else seen
    if osp.abspath(path) in seen:
        return
    seen.add(osp.abspath(path))
    try:
        text = Path(path).read_text('utf-8')
    except UnicodeDecodeError as error:
        raise UsageError(f'config {path} is no text in UTF-8: {error}') from error
    yield text
    for base in _bases(path, text):
        file = osp.normpath(osp.join(osp.dirname(path), base))
        if not osp.isfile(file):
            raise UsageError(f'config {path} builds on {base}, and there is no file {file}')
        yield from _texts(file, seen)


def _bases(path, text):
    """Files that a config names as bases by plain texts; those of packages ('mmseg::...') are left to MMEngine."""
    if not path.endswith('.py'):
        return []
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        if not isinstance(error, SyntaxError):
            raise UsageError(f'config {path} is no Python: {error}') from error
        line = (error.text or '').strip()
        raise UsageError(f'config {path}, line {error.lineno}: {error.msg}' + (f': {line}' if line else '')) from error
    values = [node.value for node in tree.body if isinstance(node, ast.Assign)
              and any(getattr(target, 'id', '') == '_base_' for target in node.targets)]
    values = [each for value in values for each in getattr(value, 'elts', [value])]
    texts = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return [each for each in texts if '::' not in each]
