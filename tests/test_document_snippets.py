"""Commands and code of the documents: what they name is there, and the pages that say so run from begin to end."""
import ast
import builtins
import importlib.util
import pkgutil
import re
from functools import cache

import pytest
from document_snippets import DOCUMENTS, MARKS, ROOT, STANDS_FOR, commands, indented_code, not_run, snippets
from stand_ins import make_stand_ins

from mmdepthcls.commands.running.config_files import find_config

# Pages whose blocks have no marks -> what is done about them.
APART = {
    'CHANGELOG.md': 'tells of what was',
    'CONTRIBUTING.md': 'tests/test_documents.py runs its classes, .ci/run its commands',
    'README.md': '.ci/run runs its tests, .ci/release what it installs, tests/tools/test_tools.py its demo',
    'docs/notebook.md': '.ci/notebook runs it',
    'docs/reference/api.md': 'signatures', 'docs/reference/commands.md': 'written from the parsers',
}
# Pages that `study` has written begin with the command.
STUDIES = [path for path in DOCUMENTS if re.match(r'# .*\n\n```bash\npython tools/study.py ', path.read_text('utf-8'))]
RUN = [path for path in DOCUMENTS if path.relative_to(ROOT).as_posix() not in APART and path not in STUDIES]
# What is run with the quick tests: a few seconds in all.
QUICK = ('start.md', 'sid_constants.md', 'installation.md', 'cameras.md')


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@cache
def generator():
    """The module docs/reference/generate.py."""
    spec = importlib.util.spec_from_file_location('generate', ROOT / 'docs' / 'reference' / 'generate.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def parsers():
    return generator().parsers()


@pytest.mark.parametrize('page', ['commands.md', 'config_keys.md', 'api.md'])
def test_reference_pages_are_what_the_code_says(page):
    written = (ROOT / 'docs' / 'reference' / page).read_text('utf-8')
    assert written == generator().PAGES[page](), 'python docs/reference/generate.py writes them anew'


def test_reference_names_all_that_is_registered(mmseg_scope):
    from mmseg import registry
    page = (ROOT / 'docs' / 'reference' / 'config_keys.md').read_text('utf-8')
    for name in generator().REGISTRIES:
        getattr(registry, name).get('nothing')  # imports what registers
        ours = {key for key, value in getattr(registry, name).module_dict.items()
                if value.__module__.startswith('mmdepthcls.')}
        assert not ours - set(re.findall(r'^### (\w+)', page, re.M))


@pytest.mark.parametrize('document', [path for path in DOCUMENTS if path.name != 'CHANGELOG.md'], ids=name_of)
def test_commands_are_taken(document, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    made = {*STANDS_FOR, *(snippet.note for snippet in snippets(document) if snippet.mark == 'run')}
    for snippet in snippets(document):
        for command, arguments in commands(snippet.code) if snippet.language == 'bash' else []:
            assert command in parsers(), f'{document.name}: no command {command}'
            if arguments is not None and not {'-h', '--help'} & set(arguments):
                try:
                    args = parsers()[command].parse_args(arguments)
                    made.add(getattr(args, 'out', None))
                    if getattr(args, 'config', None) not in {None, 'configs/mine.py', *made}:
                        find_config(args.config)
                except SystemExit as end:
                    message = capsys.readouterr().err.splitlines()[-1]
                    stands_for_a_number = re.search(r"invalid \w+ value: '[A-Z_]+'", message)
                    if not stands_for_a_number:
                        raise AssertionError(f'{document.name}: {command} {arguments}: {message}') from end


@pytest.mark.parametrize('document', [
    path for path in DOCUMENTS if path.name != 'CONTRIBUTING.md' and path.parent.name != 'reference'], ids=name_of)
def test_python_is_python_and_imports_what_is_there(document):
    for snippet in snippets(document):
        if snippet.language == 'python':
            shortened = re.search(r'\.\.\.[,)\]\s]', snippet.code)
            code = '\n'.join(re.findall(r'^(?:from|import) .*', snippet.code, re.M)) if shortened else snippet.code
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.ImportFrom) and (node.module or '').startswith('mmdepthcls'):
                    for alias in node.names:
                        pkgutil.resolve_name(f'{node.module}:{alias.name}')


@pytest.mark.parametrize('page', RUN, ids=name_of)
def test_every_block_is_run_or_says_why_not(page):
    assert not indented_code(page), 'code is fenced, so that it has a mark'
    for snippet in snippets(page):
        assert snippet.mark in MARKS, f'{snippet.code[:60]!r} has none of the marks {MARKS}'
        if snippet.mark == 'tested':
            assert page.name in (ROOT / snippet.note).read_text('utf-8'), f'{snippet.note} does not read {page.name}'
        elif snippet.mark == 'not run':
            print(f'{name_of(page)}, {snippet.code.splitlines()[0]}\n    is not run: {snippet.note}')
            assert len(snippet.note or '') > 8, f'{snippet.code[:60]!r}: say why it is not run'


def test_what_is_not_run_is_listed_with_its_reason():
    listed = not_run()
    assert 20 < len(listed) < 50, listed
    assert "docs/tutorials/many_gpus.md: '#!/bin/bash': needs SLURM" in listed
    assert set(APART) <= set(map(name_of, DOCUMENTS)) and len(STUDIES) >= 3


def test_cells_of_the_notebook_follow_from_those_above_them():
    page = ROOT / 'docs' / 'notebook.md'
    assert re.search(r'^    jupytext --to ipynb .*docs/notebook.md -o notebook.ipynb$', page.read_text('utf-8'), re.M)
    known, cells = set(dir(builtins)), snippets(page)
    assert len(cells) > 8 and all(cell.language == 'python' for cell in cells)
    for cell in cells:
        nodes = list(ast.walk(ast.parse(cell.code)))
        known |= {alias.asname or alias.name for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))
                  for alias in node.names}
        known |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
        known |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        known |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        assert {node.id for node in nodes if isinstance(node, ast.Name)} <= known


def configs_of_pages():
    return [pytest.param(page, snippet, id=snippet.note) for page in RUN for snippet in snippets(page)
            if snippet.mark == 'run' and snippet.note and '_base_' in snippet.code]


@pytest.mark.parametrize('page, snippet', configs_of_pages())
def test_configs_of_pages_build(page, snippet, tmp_path, mmseg_scope):
    from mmengine.config import Config
    from mmseg.registry import MODELS
    snippet.run(tmp_path)
    assert MODELS.build(Config.fromfile(tmp_path / snippet.note).model).bins.num_bins == 71


@pytest.mark.parametrize('page', [
    pytest.param(path, id=name_of(path), marks=() if path.name in QUICK else pytest.mark.long)
    for path in RUN if any(each.mark in ('run', 'run smaller') for each in snippets(path))])
def test_a_page_runs(page, tmp_path):
    blocks = [snippet for snippet in snippets(page) if snippet.mark in ('run', 'run smaller')]
    make_stand_ins('\n'.join(snippet.code for snippet in blocks), tmp_path)
    for snippet in blocks:
        snippet.run(tmp_path)


def strings_of_the_package():
    """str: every text in the code of the package, of formatted ones the constant parts with '\\0' between."""
    found = []
    for path in sorted((ROOT / 'mmdepthcls').rglob('*.py')):
        for node in ast.walk(generator().tree(path)):
            if isinstance(node, ast.JoinedStr):
                found.append('\0'.join(part.value if isinstance(part, ast.Constant) else '' for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return '\n'.join(found)


def test_troubleshooting_has_the_words_of_messages():
    text = (ROOT / 'docs' / 'troubleshooting.md').read_text('utf-8')
    said = strings_of_the_package()
    headings = re.findall(r'^### (.*)$', text, re.M)
    assert len(headings) > 50
    for heading in headings:
        for words in heading.split('...'):
            words = words.strip(' ,;:.')
            assert words in said, f'no message of the package says {words!r} (### {heading})'
