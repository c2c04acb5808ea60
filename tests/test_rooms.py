"""The rooms of the house, as the imports say: one way down, what is pure stays so, and a name means one class."""
import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = 'mmdepthcls'
# From the bottom. Rooms of one line may import each other; a room may import those of the lines above its own.
ORDER = """
    count_text
    generators atomic_file checkpoint_file checkpoint_stand_ins checkpoint_writer
    parallel import_hooks compat camera crops markdown_table json_text invocation shipped_files
    config
    bins
    crf dense_crf
    datasets
    visualization
    models
    evaluation
    hooks
    adaptation
    apis
    registration
    commands commands.running
""".strip().splitlines()
RANK = {room: rank for rank, line in enumerate(ORDER) for room in line.split()}
TOP = len(ORDER)  # the other commands
# Commands that are made of others.
MADE_OF = {'demo': {'minidrive', 'train', 'test'}, 'study': {'minidrive', 'train', 'test', 'adapt'},
           'export': {'minidrive', 'publish'},
           'benchmark': {'minidrive', 'train', 'test', 'predict'}, 'app': {'minidrive', 'predict'},
           'figures': {'calibrate'}}
HOST = {'mmseg', 'mmengine', 'mmcv'}


@cache
def modules():
    """dict[str, Path]: name -> file of every module."""
    found = {}
    for path in sorted((ROOT / PACKAGE).rglob('*.py')):
        parts = path.relative_to(ROOT).with_suffix('').parts
        found['.'.join(parts[:-1] if parts[-1] == '__init__' else parts)] = path
    return found


@cache
def tree_of(name):
    return ast.parse(modules()[name].read_text(encoding='utf-8'))


def imported_by(name, node):
    """Modules that an import statement loads, with the name that it takes where that is a module."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    base = name.split('.') if modules()[name].name == '__init__.py' else name.split('.')[:-1]
    base = '.'.join([*(base[:len(base) - node.level + 1] if node.level else ()), *(node.module or '').split('.')])
    base = base.strip('.')
    return {f'{base}.{alias.name}' if f'{base}.{alias.name}' in modules() else base for alias in node.names}


@cache
def imports(name, at_once=False):
    """set[str]: what a module imports, also inside functions; or only what its own import loads."""
    found, nodes = set(), [tree_of(name)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= imported_by(name, node)
        elif not (at_once and (isinstance(node, (ast.FunctionDef, ast.Lambda)) or for_types(node))):
            nodes += ast.iter_child_nodes(node)
    return found


def for_types(node):
    return isinstance(node, ast.If) and 'TYPE_CHECKING' in ast.unparse(node.test)


def loaded_by(*names):
    """dict[str, str]: every module that importing some loads (of other packages their names) -> by which."""
    loaded, waiting = {}, [(name, '') for name in names]
    while waiting:
        name, by = waiting.pop()
        if name in loaded:
            continue
        loaded[name] = by
        if name in modules():
            parents = ['.'.join(name.split('.')[:depth]) for depth in range(2, name.count('.') + 1)]
            waiting += [(each, name) for each in (*imports(name, at_once=True), *parents)]
    return loaded


def room_of(name):
    """Room of a module, and its rank; what lies in none is above all: it starts the others."""
    parts = name.split('.')[1:]
    if parts[:1] == ['commands'] and len(parts) > 1:
        room = '.'.join(parts[:2])
        if modules()[f'{PACKAGE}.{room}'].name == '__init__.py':
            return room, RANK.get(room, TOP)
        return None, TOP + 1
    return (None, TOP + 1) if parts in ([], ['__main__']) else (parts[0], RANK.get(parts[0]))


def name_of(room):
    """Name of a command's room."""
    return (room or '').partition('.')[2]


def upward(name):
    """Arrows of a module that lead up, or to a command beside it."""
    room, rank = room_of(name)
    for other in sorted(imports(name) & modules().keys() - {PACKAGE}):
        target, height = room_of(other)
        beside = rank < TOP or target == room or name_of(target) in MADE_OF.get(name_of(room), ())
        if height > rank or height == rank and not beside:
            yield f'{name} -> {other}'


def test_every_module_has_a_room():
    homeless = [name for name in modules() if room_of(name)[1] is None]
    assert not homeless, f'{homeless}: give the room a place in ORDER'


def test_no_room_imports_a_room_above_it():
    arrows = {arrow for name in modules() if name != PACKAGE for arrow in upward(name)}
    assert not arrows, f'these lead up: {sorted(arrows)}'


@cache
def names_of(name):
    """Names that a module binds, or makes when they are asked for (``lazy_names`` takes a dict of them)."""
    found = set()
    for node in ast.walk(tree_of(name)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name.split('.')[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith('lazy_names'):
            found |= {key.value for key in node.args[1].keys}
    return found


def test_what_is_imported_is_there():
    """Also what only a function imports, and so only a person who runs it would notice."""
    missing = []
    for name in modules():
        for node in ast.walk(tree_of(name)):
            if not isinstance(node, ast.ImportFrom):
                continue
            for alias in node.names:
                module, = imported_by(name, ast.ImportFrom(node.module, [alias], node.level))
                if module.split('.')[0] != PACKAGE or module.endswith(f'.{alias.name}') and module in modules():
                    continue
                known = names_of(module) if module in modules() else set()
                if alias.name not in known:
                    missing.append(f'{name}: from {module} import {alias.name}')
    assert not missing, missing


def test_modules_do_not_import_each_other_in_circles():
    circles, done = [], set()

    def walk(name, path):
        if name in path:
            circles.append(' -> '.join([*path[path.index(name):], name]))
        elif name not in done:
            for other in sorted(imports(name, at_once=True)):
                if other in modules() and modules()[other].name != '__init__.py':
                    walk(other, [*path, name])
            done.add(name)

    for name in modules():
        walk(name, [])
    assert not circles, circles


def pure_modules():
    """Modules whose first lines call them pure."""
    return [name for name in modules() if re.search(r'\bPure\b', ast.get_docstring(tree_of(name)) or '')]


@pytest.mark.parametrize('name', pure_modules())
def test_a_pure_module_loads_no_host(name):
    loaded = {each.split('.')[0]: by for each, by in loaded_by(name).items()}
    if room_of(name)[1] < RANK['commands']:  # a command may load the host when it begins its work
        loaded |= {each.split('.')[0]: name for each in imports(name)}
    host = {f'{each} (by {by or name})' for each, by in loaded.items() if each in HOST}
    assert not host, f'{name} calls itself pure, but loads {sorted(host)}'


def test_training_loads_no_drawing():
    """The report and the figures draw with matplotlib, which takes longer to load than all else that is ours."""
    loaded = loaded_by(f'{PACKAGE}.registration', f'{PACKAGE}.commands.train.train')
    drawing = {each: by for each, by in loaded.items() if each.split('.')[0] == 'matplotlib'}
    assert not drawing, f'loaded without being asked for: {drawing}'


def test_two_classes_never_share_a_name():
    owners = defaultdict(list)
    for name in modules():
        for node in ast.walk(tree_of(name)):
            if isinstance(node, ast.ClassDef):
                owners[node.name].append(name)
    shared = {name: where for name, where in owners.items() if len(where) > 1}
    assert not shared, shared


def test_json_is_written_in_one_place():
    """Elsewhere NaN would come out, which no other program reads. What is only hashed or compared is no file."""
    writers = {name for name in modules() if re.search(r'json\.dumps?\(', modules()[name].read_text(encoding='utf-8'))}
    compared = {f'{PACKAGE}.commands.study.plan', f'{PACKAGE}.commands.crf.crf_tuning'}
    assert writers - compared == {f'{PACKAGE}.json_text'}


def test_the_drive_expression_is_written_once():
    """Also as parts of it: a day, a drive's folder, the files of the calibration."""
    spelling = r"\\d\{4\}_\\d|drive_\\d|f'\{[^}']*\}_sync|'proj_depth'|'velodyne_points'|calib_(cam|velo|\{)"
    code = {path: re.sub(r'""".*?"""', '', path.read_text(encoding='utf-8'), flags=re.DOTALL)
            for path in modules().values()}
    spelled = [str(path.relative_to(ROOT)) for path in code if re.search(spelling, code[path])]
    assert spelled == ['mmdepthcls/datasets/kitti_layout.py']


# The tests test: each of these is an arrow that must be found.
@pytest.mark.parametrize(('name', 'other'), [
    ('bins', 'datasets.velodyne'), ('datasets.eigen', 'evaluation.errors'), ('evaluation.errors', 'commands.train'),
    ('registration', 'commands.running.program'), ('commands.running.program', 'commands.train.train'),
    ('commands.train.train', 'commands.demo.demo'), ('commands.train.train', 'commands.make_config.recipe'),
    ('parallel', 'bins')])
def test_an_arrow_up_is_found(name, other, monkeypatch):
    real, name, other = imports, f'{PACKAGE}.{name}', f'{PACKAGE}.{other}'
    assert f'{name} -> {other}' not in list(upward(name))
    monkeypatch.setitem(globals(), 'imports', lambda module, at_once=False: real(module, at_once) | {other})
    assert f'{name} -> {other}' in list(upward(name))
