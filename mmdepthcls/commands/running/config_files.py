"""Config files as text: found, checked and read before anything is loaded. Pure, and quick to import."""
import ast
import difflib
import os
import os.path as osp
import re
from pathlib import Path

from ...shipped_files import PREFIX, base_config, shipped_config, shipped_folder
from .program import UsageError

SUFFIXES = ('.py', '.yaml', '.yml', '.json')
# MMEngine's {{$NAME:default}}.
_PLACEHOLDER = re.compile(r'\{\{[\'"]?\s*\$(\w+)\s*:\s*(\S*?)\s*[\'"]?\}\}')


def find_config(name, rooms=('', )):
    """Find a config file, and see whether it can be read, and the files that it builds on.

    Args:
        name (str): path of a file, with or without '.py'; or, where there is none, a config of this package by its
            name (see :func:`~mmdepthcls.shipped_files.shipped_config`).
        rooms (sequence of str): folders of this package's configs that are looked into.

    Returns:
        str: path of the file.

    Raises:
        UsageError: if there is none (names configs that are called alike), or it is no config, or its text is no
            Python (names the file and the line).
    """
    path = next((each for each in (name, f'{name}.py') if osp.exists(each) and not osp.isdir(each)), None)
    path = path or str(shipped_config(name, rooms) or '')
    if not path and osp.isdir(name):
        raise UsageError(f'config {name} is a folder')
    if not path:
        near = near_configs(name, rooms)
        raise UsageError(f'config {name} does not exist' + (f'. Near it: {", ".join(near)}' if near else ''))
    if not path.endswith(SUFFIXES):
        raise UsageError(f'config {path}: expected a file that ends in {", ".join(SUFFIXES)}')
    list(_texts(path))
    return path


def near_configs(name, rooms=('', ), most=3):
    """list[str]: configs that are called like one, in the folder that it names and among this package's, as
    :func:`find_config` takes them."""
    found = {}
    for folder in (Path(osp.dirname(name) or '.'), *(Path('configs', room) for room in rooms)):
        for file in sorted(folder.glob('*.py')) if folder.is_dir() else ():
            found.setdefault(file.stem, osp.relpath(file) if file.is_relative_to(Path.cwd()) else str(file))
    for folder in (shipped_folder('configs') / room for room in rooms):
        for file in sorted(folder.glob('*.py')):
            found.setdefault(file.stem, file.name)
    stem = osp.basename(name).removeprefix(PREFIX).removesuffix('.py')
    return [found[each] for each in difflib.get_close_matches(stem, found, most, 0.6)]


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
        if base.startswith(PREFIX):
            try:
                file = str(base_config(base))
            except FileNotFoundError as error:
                raise UsageError(f'config {path} builds on {error}') from error
        else:
            file = osp.normpath(osp.join(osp.dirname(path), base))
        if not osp.isfile(file):
            raise UsageError(f'config {path} builds on {base}, and there is no file {file}')
        yield from _texts(file, seen)


def _bases(path, text):
    """What a config names as bases by plain texts; those of other packages ('mmseg::...') are left to MMEngine."""
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
    return [each for each in texts if '::' not in each or each.startswith(PREFIX)]
