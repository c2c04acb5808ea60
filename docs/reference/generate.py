"""Writes the pages commands.md, config_keys.md and api.md of this folder: ``python docs/reference/generate.py``.

Commands are described by their own parsers; the keys of configs, and what scripts may import, by docstrings and
signatures. tests/test_document_snippets.py compares the pages with what this makes.
"""
import argparse
import ast
import importlib
import inspect
import re
import sys
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
from docstrings import (  # noqa: E402
    arguments_of,
    called,
    code,
    doc_of,
    escaped,
    inline,
    maker_of,
    markdown_of,
    signature_of,
    tree,
)

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / 'mmdepthcls'
MADE = '<!-- Made by docs/reference/generate.py; do not edit. -->'
# Registry -> heading of the classes in it, in the order of a config.
REGISTRIES = {
    'TASK_UTILS': 'Bins: `model.bins`, `DepthToBinLabel(bins=...)`',
    'MODELS': 'Models, heads, decoders and losses: `model`, `tta_model`',
    'DATASETS': 'Data sets: `*_dataloader.dataset`',
    'TRANSFORMS': 'Transforms: `pipeline`',
    'METRICS': 'Evaluators: `val_evaluator`, `test_evaluator`',
    'OPTIM_WRAPPERS': 'Optimizer wrappers: `optim_wrapper`',
    'HOOKS': 'Hooks: `custom_hooks`',
    'VISUALIZERS': 'Visualizers: `visualizer`',
}
# What scripts and configs may import.
SURFACE = HERE.parents[1] / 'tests' / 'public_surface.txt'
# Key of a whole config -> what it says. What MMEngine reads is MMEngine's to describe.
TOP_LEVEL = {
    'custom_imports': "`dict(imports=['mmdepthcls'], allow_failed_imports=False)`: makes MMSegmentation know all below",
    'accept_changes': "list of `'data'`, `'bins'`, `'seed'`: a training is resumed although these differ "
                      '([reliability](../reliability.md))',
    'check_data': 'dict of `allow_leakage` and `reach`: what the [data doctor](../data.md#the-doctor) takes as meant',
}

OF_COMMANDS = """\
`mmdepthcls COMMAND`, `python -m mmdepthcls COMMAND` and `python tools/NAME.py` (its name with `_` for `-`) are the
same. `--help` of a command says what stands here. Every command also has `--verbose` (all that MMEngine and
MMSegmentation say) and `--debug` (where in the code an error comes from). Exit status: 0 done, 1 the work failed, 2
refused before it began, 130 interrupted; what differs is said."""
OF_KEYS = """\
What a config of this package may say beside what MMEngine and MMSegmentation read. A class is named by `type='NAME'`.
*Also those of* names the class whose other keys are taken too; those that do not stand here are MMSegmentation's or
MMEngine's."""


class _Parsed(Exception):
    """Ends ``parse_args`` of a command where its parser is complete."""


def parsers():
    """dict[str, ArgumentParser]: command -> its parser, in the order of the program's help."""
    from mmdepthcls import invocation
    from mmdepthcls.commands import COMMANDS

    def stop(parser, *arguments, **settings):
        raise _Parsed(parser)

    found = {}
    for command, (room, _) in COMMANDS.items():
        with mock.patch.object(sys, 'argv', ['mmdepthcls', command]):
            invocation.begin(command)
            module = importlib.import_module(f'mmdepthcls.commands.{room}.{command.replace("-", "_")}')
            with mock.patch.multiple(argparse.ArgumentParser, parse_args=stop, parse_known_args=stop):
                try:
                    module.parse_args()
                except _Parsed as end:
                    found[command], = end.args
    return found


def commands_page():
    """str: every command with its arguments."""
    from mmdepthcls.commands import COMMANDS
    lines = ['# Commands', '', MADE, '',
             OF_COMMANDS, '',
             '| command | |', '|---|---|',
             *(f'| [`{name}`](#{name}) | {_cell(what)} |' for name, (_, what) in COMMANDS.items())]
    for name, parser in parsers().items():
        lines += ['', f'## {name}', '', *_paragraphs(parser.description)]
        first, *others = _groups(parser)
        lines += ['| argument | |', '|---|---|', *first[1]]
        for group, rows in others:
            lines += ['', f'**{group.title[:1].upper()}{group.title[1:]}**', '', *_paragraphs(group.description),
                      '| argument | |', '|---|---|', *rows]
        if parser.epilog:
            text = (parser.epilog % dict(prog=parser.prog)).replace('python -m mmdepthcls', 'mmdepthcls')
            lines += ['', '```text', inspect.cleandoc(text).rstrip(), '```']
    return '\n'.join(lines) + '\n'


def _groups(parser):
    """[(group, rows of its table)]: those without a name of their own are the first, together."""
    found = []
    for group in parser._action_groups:
        rows = [_row(parser, action) for action in group._group_actions
                if action.help is not argparse.SUPPRESS and action.dest not in ('help', 'verbose', 'debug')]
        if found and group.title == 'options':
            found[0][1].extend(rows)
        elif rows or not found:
            found.append((group, rows))
    return found


def _paragraphs(text):
    return [' '.join((text or '').split()), ''] if text else []


def _row(parser, action):
    names = ', '.join(action.option_strings)
    if action.nargs != 0:
        formatter = parser._get_formatter()
        value = formatter._format_args(action, action.dest.upper() if names else action.dest)
        names = f'{names} {value}'.strip()
    text = parser._get_formatter()._expand_help(action) if action.help else ''
    return f'| `{names}` | {_cell(text)}{" (required)" if action.required and action.option_strings else ""} |'


def _cell(text):
    """Help as a table's cell shows it."""
    return escaped(re.sub(r' \(default: (?:None|False)\)', '', ' '.join(text.split())))


def registered():
    """dict[str, list[tuple[ast.ClassDef, str]]]: registry -> classes and the module of each, by name."""
    found = {name: [] for name in REGISTRIES}
    for path in sorted(PACKAGE.rglob('*.py')):
        module = '.'.join(path.relative_to(PACKAGE.parent).with_suffix('').parts)
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef):
                for decorator in node.decorator_list:
                    name = ast.unparse(decorator).partition('.')[0]
                    if name in found and 'register_module' in ast.unparse(decorator):
                        found[name].append((node, module))
                        break
                if module == 'mmdepthcls.bins' and node.name.endswith('Bins'):  # registered without a decorator
                    found['TASK_UTILS'].append((node, module))
    return {name: sorted(classes, key=lambda each: each[0].name) for name, classes in found.items()}


def config_keys_page():
    """str: every class that a config can name, with its keys."""
    lines = ['# Config keys', '', MADE, '',
             OF_KEYS, '',
             '## Of the whole config', '', '| key | |', '|---|---|',
             *(f'| `{key}` | {text} |' for key, text in TOP_LEVEL.items())]
    everything = registered()
    ours = {node.name for classes in everything.values() for node, _ in classes}
    said = {}  # module -> what its classes say of keys
    for node, module in (each for classes in everything.values() for each in classes):
        said.setdefault(module, {}).update(arguments_of(ast.get_docstring(node)))
    for registry, classes in everything.items():
        lines += ['', f'## {REGISTRIES[registry]}']
        for node, module in classes:
            lines += ['', f'### {node.name}', '', *_described(node, module, ours, said[module])]
    return '\n'.join(lines) + '\n'


def _described(node, module, ours, neighbors):
    doc = doc_of(node)
    first = inline(doc.partition('\n\n')[0])
    maker = maker_of(node)
    rows = [f'| `{name}` | {code(kind)} | {code(default)} | {inline(text)} |'
            for name, kind, default, text in _keys(doc, maker, neighbors)]
    bases = [ast.unparse(base).rpartition('.')[2] for base in node.bases]
    takes_more = maker is None or maker.args.kwarg is not None
    links = [f'[`{base}`](#{base.lower()})' if base in ours else f'`{base}`' for base in bases]
    more = ', '.join(links) if takes_more else ''
    return [f'{first} (`{module}`){f" *Also those of* {more}." if more else ""}',
            *(['', '| key | | default | |', '|---|---|---|---|', *rows] if rows else [])]


def _keys(doc, maker, neighbors):
    """(name, kind, default, text) of the ``Args:`` of a docstring, with what the signature says; ``neighbors``: what
    other classes of the module say of keys that this one only has."""
    hints, defaults = {}, {}
    if maker is not None:
        arguments = [*maker.args.posonlyargs, *maker.args.args]
        for argument, default in zip(arguments[::-1], maker.args.defaults[::-1], strict=False):
            defaults[argument.arg] = ast.unparse(default)
        for argument, default in zip(maker.args.kwonlyargs, maker.args.kw_defaults, strict=True):
            if default is not None:
                defaults[argument.arg] = ast.unparse(default)
        hints = {each.arg: ast.unparse(each.annotation) for each in [*arguments, *maker.args.kwonlyargs]
                 if each.annotation}
    documented = arguments_of(doc)
    for name in [*documented, *(name for name in hints if name not in documented)]:
        kind, text = documented.get(name) or neighbors.get(name) or ('', '')
        yield name, hints.get(name) or kind, defaults.get(name, ''), text


def api_page():
    """str: what scripts and configs may import."""
    lines = ['# Python', '', MADE, '',
             'What scripts and configs may import. N, K, H, W and P are the numbers of images, bins, rows, columns and '
             'measured pixels; depth is metres.']
    for module, names in surface().items():
        lines += ['', f'## {module}', '', *markdown_of(doc_of(tree(_file(module))))]
        offered = public(module)
        for name, (node, at) in [(name, offered[name]) for name in names if name in offered]:
            bases = [f'`{ast.unparse(base)}`' for base in getattr(node, 'bases', [])]
            where = f'In `{at}`.' if at != module else ''
            about = ' '.join([f'A {" and a ".join(bases)}.' if bases else '', where]).strip()
            lines += [f'### {name}', '', '```python', called(node), '```', '', *([about, ''] * bool(about)),
                      *markdown_of(doc_of(node)), *_members(node)]
    text = re.sub(r'\n{3,}', '\n\n', '\n'.join(lines).rstrip()) + '\n'
    return re.sub(r'`[^`\n]+`', lambda match: match[0].replace('\\|', '|'), text)  # there are no tables


def surface():
    """dict[str, list[str]]: module -> names of its classes and functions."""
    found = {}
    for line in SURFACE.read_text('utf-8').partition('\n\nmmseg.registry')[0].splitlines():
        if line.startswith('mmdepthcls.'):
            names = found.setdefault(line, [])
        elif match := re.match(r'  (?:class )?(\w+)', line):
            names.append(match[1])
    return {module: names for module, names in found.items() if module != 'mmdepthcls.compat'}


def public(module):
    """dict[str, tuple[ast.AST, str]]: name -> class or function that a module offers, and where it is defined."""
    path = _file(module)
    stub = path.with_suffix('.pyi')
    found = {}
    for node in (tree(stub) if stub.exists() else tree(path)).body:
        if isinstance(node, ast.ImportFrom) and (stub.exists() or _listed(path)):
            package = module.split('.') if path.name == '__init__.py' else module.split('.')[:-1]
            parts = package[:len(package) - node.level + 1] if node.level else []
            at = '.'.join([*parts, *([node.module] if node.module else [])])
            for alias in node.names:
                if at.startswith('mmdepthcls') and (stub.exists() or alias.name in _listed(path)):
                    found[alias.name] = public(at)[alias.name]
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name[0] != '_' \
                and (not _listed(path) or node.name in _listed(path)):
            found[node.name] = (node, module)
    return found


def _listed(path):
    """Names in ``__all__``, if it is written as a list."""
    for node in tree(path).body:
        is_list = isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
        if is_list and ast.unparse(node.targets[0]) == '__all__':
            return ast.literal_eval(node.value)
    return []


def _file(module):
    path = PACKAGE.parent.joinpath(*module.split('.'))
    return path / '__init__.py' if path.is_dir() else path.with_suffix('.py')


def _members(node):
    """Lines on the methods and properties of a class that say what they do."""
    lines = []
    for each in getattr(node, 'body', []):
        first = doc_of(each).partition('\n\n')[0] if isinstance(each, ast.FunctionDef) else ''
        if first and each.name[0] != '_' and not first.startswith('See '):
            with_arguments = 'property' not in [ast.unparse(decorator) for decorator in each.decorator_list]
            lines.append(f'- {code(f".{each.name}{signature_of(each) if with_arguments else str()}")}: {inline(first)}')
    return [*lines, ''] if lines else []


PAGES = {'commands.md': commands_page, 'config_keys.md': config_keys_page, 'api.md': api_page}

if __name__ == '__main__':
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding='utf-8')
