"""Commands and code of the documents: what they name is there, and the pages that say so run from begin to end."""
import ast
import importlib.util
import pkgutil
import re
import shutil
from functools import cache

import cv2
import numpy as np
import pytest
from document_snippets import DOCUMENTS, ROOT, commands, snippets

# Pages all of whose blocks are run, or say why not.
RUN = [path for path in DOCUMENTS if path.parent.name in ('tutorials', 'questions', 'explained', 'coming_from')
       or path.name == 'start.md']
# What is run with the quick tests: a few seconds in all.
QUICK = ('start.md', 'sid_constants.md', 'installation.md')


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
def test_commands_are_taken(document, capsys):
    for snippet in snippets(document):
        for command, arguments in commands(snippet.code) if snippet.language == 'bash' else []:
            assert command in parsers(), f'{document.name}: no command {command}'
            if arguments is not None and not {'-h', '--help'} & set(arguments):
                try:
                    parsers()[command].parse_args(arguments)
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
    blocks = [snippet for snippet in snippets(page) if snippet.mark != 'run']
    assert all(snippet.mark and snippet.note for snippet in blocks), blocks


@pytest.mark.parametrize('page', [
    pytest.param(path, id=name_of(path), marks=() if path.name in QUICK else pytest.mark.long)
    for path in RUN if any(each.mark == 'run' for each in snippets(path))])
def test_a_page_runs(page, tmp_path):
    stand_ins(tmp_path)
    for snippet in snippets(page):
        if snippet.mark == 'run':
            snippet.run(tmp_path)


def stand_ins(folder):
    """What the pages take for given: a picture and a folder of some, a model file, another program's data set."""
    from mmdepthcls.commands.minidrive import render, sample_scene
    rng = np.random.default_rng(0)
    (folder / 'photos').mkdir()
    image, depth = render(sample_scene(rng), 128, 416)[:2]
    for file in ('street.png', 'photos/0.png'):
        cv2.imwrite(str(folder / file), image[..., ::-1])
    shutil.copy(ROOT / 'mmdepthcls' / 'apis' / 'street_provisional.safetensors', folder / 'model.safetensors')
    for part in ('images', 'depth'):
        (folder / 'data' / 'theirs' / part / 'train').mkdir(parents=True)
    for index in range(12):
        cv2.imwrite(str(folder / f'data/theirs/images/train/{index}.jpg'), image)
        np.save(folder / f'data/theirs/depth/train/{index}.npy', depth.astype(np.float32))


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
