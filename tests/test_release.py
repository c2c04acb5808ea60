"""The checklist of a release: what each step refuses, on repositories and packages that lack one thing."""
import importlib.util
import subprocess
import sys
import tarfile
from email.message import Message
from functools import cache
from zipfile import ZipFile

import pytest
from document_snippets import ROOT


@cache
def module_of(name):
    spec = importlib.util.spec_from_file_location(f'ci_{name}', ROOT / '.ci' / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look there
    spec.loader.exec_module(module)
    return module


def git(folder, *arguments):
    subprocess.run(['git', '-c', 'user.name=A', '-c', 'user.email=a@b.org', *arguments], cwd=folder, check=True,
                   capture_output=True)


@pytest.fixture
def release(tmp_path):
    """A release of a small repository of which nothing is wrong."""
    root = tmp_path / 'root'
    (root / 'mmdepthcls').mkdir(parents=True)
    (root / 'mmdepthcls' / '__init__.py').write_text("__version__ = '1.2.3'\n")
    (root / 'CHANGELOG.md').write_text('# Changelog\n\n## 1.2.3 (2026-01-31)\n\n- New\n\n## 1.2.2 (2025-12-01)\n')
    (root / 'setup.py').write_text("REPOSITORY = 'https://host.org/group/name'\n")
    git(root, 'init', '-q')
    git(root, 'add', '.')
    git(root, 'commit', '-qm', 'All')
    (tmp_path / 'work').mkdir()
    return module_of('release').Release(root, tmp_path / 'work')


def go_through(release, *steps):
    """(whether all is well, what was said)."""
    said = []
    return module_of('release').go_through(release, steps, said.append), '\n'.join(said)


FIRST = ('clean-tree', 'version', 'tag', 'address')


def test_a_good_repository_passes(release):
    good, said = go_through(release, *FIRST)
    assert good and said.count('yes') == 5 and said.endswith('4 of 4 yes')


@pytest.mark.parametrize('file, text, step, says, remedy', [
    ('new.py', '', 'clean-tree', 'new.py', 'commit them'),
    ('mmdepthcls/__init__.py', "__version__ = '1.2'\n", 'version', "'1.2'", 'like 1.2.3'),
    ('mmdepthcls/__init__.py', "__version__ = '1.3.0'\n", 'version', '1.2.3 (2026-01-31)', '"## 1.3.0 (YYYY-MM-DD)"'),
    ('CHANGELOG.md', '## Unreleased\n\n## 1.2.3 (2026-01-31)\n', 'version', 'Unreleased', '"## 1.2.3 (YYYY-MM-DD)"'),
    ('CHANGELOG.md', '## 1.2.3\n', 'version', "['1.2.3']", 'YYYY-MM-DD'),
    ('CHANGELOG.md', '## 1.2.3 (2026-01-31)\n## 1.2.3 (2026-01-30)\n', 'version', 'twice', 'raise'),
    ('CHANGELOG.md', '', 'version', '[]', 'YYYY-MM-DD'),
    ('setup.py', "REPOSITORY = ''\n", 'address', "''", 'set REPOSITORY in setup.py'),
    ('setup.py', "REPOSITORY = 'http://host.org/a'\n", 'address', 'no https', 'set REPOSITORY'),
    ('setup.py', '', 'address', 'None', 'set REPOSITORY')])
def test_what_is_missing_is_said_with_its_remedy(release, file, text, step, says, remedy):
    (release.root / file).write_text(text)
    good, said = go_through(release, step)
    assert not good and said.startswith(f'NO   {step}: ') and says in said
    assert remedy in said.partition('remedy: ')[2] and said.endswith('0 of 1 yes')


def test_a_tag_stays_where_it_is(release):
    git(release.root, 'tag', 'v1.2.3')
    assert go_through(release, 'tag')[0]
    git(release.root, 'commit', '-q', '--allow-empty', '-m', 'More')
    good, said = go_through(release, 'tag')
    assert not good and 'tag v1.2.3 is of another commit' in said


def test_what_is_no_clone_is_said(release):
    subprocess.run(['rm', '-r', release.root / '.git'], check=True)
    good, said = go_through(release, 'clean-tree', 'version')
    assert not good and 'make it in a clone' in said and 'yes  version' in said


def test_steps_wait_for_what_they_need(release, monkeypatch):
    steps = module_of('release').STEPS
    monkeypatch.setitem(steps, 'build', (module_of('release').clean_tree, ()))
    (release.root / 'new.py').touch()
    good, said = go_through(release, 'build', 'contents', 'tag')
    assert not good and ' -   contents: not tried, since it needs build' in said and 'yes  tag' in said
    assert module_of('release').with_needs(['sdist-onedl']) == ['build', 'wheel-onedl', 'sdist-onedl']
    order = list(steps)
    assert all(order.index(need) < order.index(name) for name in steps for need in steps[name][1])


def test_a_program_that_fails_is_shown(release):
    release_module = module_of('release')
    with pytest.raises(release_module.Missing, match=r'(?s)ended with status 3\n.*\| why it failed') as caught:
        release.run('try', sys.executable, '-c', 'print("why it failed"); raise SystemExit(3)', remedy='mend it')
    assert caught.value.remedy.startswith('mend it (') and 'try.log' in caught.value.remedy


PACKAGE = {'mmdepthcls/__init__.py', 'mmdepthcls/py.typed', 'mmdepthcls/datasets/eigen.csv',
           'mmdepthcls/apis/m.safetensors', 'configs/a.py', 'configs/_base_/b.py', 'configs/metafile.yaml',
           'tools/train.py', 'model-index.yml'}


def shipped(name):
    return name if name.startswith('mmdepthcls/') else f'mmdepthcls/.mim/{name}'


def write_dist(folder, wheel=(), sdist=(), without=()):
    """A wheel and an sdist of PACKAGE, with more or fewer files."""
    folder.mkdir()
    names = [shipped(name) for name in sorted(PACKAGE) if name not in without]
    with ZipFile(folder / 'mmdepthcls-1.2.3-py3-none-any.whl', 'w') as file:
        for name in (*names, 'mmdepthcls-1.2.3.dist-info/METADATA', 'mmdepthcls-1.2.3.dist-info/RECORD', *wheel):
            file.writestr(name, '')
    with tarfile.open(folder / 'mmdepthcls-1.2.3.tar.gz', 'w:gz') as file:
        for name in (*names, 'setup.py', 'PKG-INFO', *sdist):
            file.addfile(tarfile.TarInfo(f'mmdepthcls-1.2.3/{name}'))


@pytest.fixture
def source(tmp_path):
    """The repository of PACKAGE, which also has what is not shipped."""
    for name in (*PACKAGE, 'tests/test_a.py', 'docs/a.md', 'setup.py'):
        path = tmp_path / 'source' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / 'source'


@pytest.mark.parametrize('changes, says', [
    ({}, []),
    (dict(wheel=['tests/test_a.py']), ['mmdepthcls-1.2.3-py3-none-any.whl: tests/test_a.py: may not be there']),
    (dict(wheel=['mmdepthcls/notes.txt']), ['notes.txt: may not be there']),
    (dict(wheel=['mmdepthcls/__pycache__/a.cpython-311.pyc']), ['may not be there']),
    (dict(wheel=['mmdepthcls/left_over.py']), ['left_over.py: is no file of the repository']),
    (dict(wheel=['mmdepthcls/../../evil.py']), ['leads out of the folder', 'is no file of the repository']),
    (dict(wheel=['mmdepthcls/.mim/configs/secret.env']), ['secret.env: may not be there']),
    (dict(sdist=['tests/test_a.py']), ['mmdepthcls-1.2.3.tar.gz: tests/test_a.py: may not be there']),
    (dict(without=['configs/a.py']), ['.whl: configs/a.py: is missing', '.tar.gz: configs/a.py: is missing'])])
def test_contents_are_those_that_may_be_there(source, tmp_path, changes, says):
    write_dist(tmp_path / 'dist', **changes)
    found = module_of('contents').check(tmp_path / 'dist', source)
    assert len(found) == len(says) and all(words in line for words, line in zip(says, found, strict=True)), found


def test_contents_must_be_files_and_few_bytes(source, tmp_path, monkeypatch):
    contents = module_of('contents')
    write_dist(tmp_path / 'dist')
    monkeypatch.setattr(contents, 'LARGEST', 100)
    assert [' bytes, more than 100' in line for line in contents.check(tmp_path / 'dist', source)] == [True, True]
    with tarfile.open(tmp_path / 'dist' / 'mmdepthcls-1.2.3.tar.gz', 'w:gz') as file:
        link = tarfile.TarInfo('mmdepthcls-1.2.3/setup.py')
        link.type, link.linkname = tarfile.SYMTYPE, '/etc/passwd'
        file.addfile(link)
    with pytest.raises(ValueError, match='holds what is no file'):
        contents.check(tmp_path / 'dist', source)
    (tmp_path / 'empty').mkdir()
    assert all('0 files' in line for line in contents.check(tmp_path / 'empty', source))


@pytest.mark.parametrize('license, free', [
    ('MIT', True), ('BSD License', True), ('Apache-2.0 WITH LLVM-exception', True), ('MPL-2.0 AND MIT', True),
    ('GPL-3.0-only', False), ('GNU Lesser General Public License v3 (LGPLv3)', False), ('AGPL-3.0', False), ('', False),
    ('MIT AND GPL-2.0', False), ('MIT OR GPL-2.0', True), ('(MIT OR GPL-2.0) AND CC-BY-NC-4.0', False),
    ('CC-BY-NC-4.0', False), ('Apache-2.0, non-commercial', False), ('LicenseRef-NVIDIA-Proprietary', False)])
def test_licenses(license, free):
    assert module_of('licenses').is_free(license) is free


def distribution(name, **fields):
    """What importlib.metadata knows of an installed distribution."""
    metadata = Message()
    for key, value in dict(Name=name, Version='1', **fields).items():
        for each in value if isinstance(value, list) else [value]:
            metadata[key.replace('_', '-')] = each
    return type('Distribution', (), dict(metadata=metadata))


def test_licenses_of_distributions_are_found_where_they_are_said():
    licenses = module_of('licenses')
    lines, refused = licenses.check([
        distribution('a', License_Expression='MIT'),
        distribution('b', Classifier=['License :: OSI Approved :: BSD License']),
        distribution('c', License='Apache License\nVersion 2.0\nmay be combined with GPL'),
        distribution('nvidia-cublas', License='NVIDIA Proprietary Software'),
        distribution('d', License='MIT', Classifier=[
            'License :: OSI Approved', 'License :: OSI Approved :: GNU GPL v3']),
        distribution('e'), distribution('f', Classifier=['License :: OSI Approved :: ISC License (ISCL)']),
        distribution('g', Classifier=['License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)']),
        distribution('pip')])
    assert lines[:3] == ['a 1: MIT', 'b 1: BSD License', 'c 1: Apache License']
    assert refused == ['d 1: GNU GPL v3', 'e 1: no license', 'g 1: GNU Lesser General Public License v3']
    assert len(lines) == 8


def test_the_metafile_is_checked(tmp_path):
    metafile = module_of('metafile')
    assert metafile.problems(ROOT) == []
    (tmp_path / 'configs').mkdir()
    for name in ('configs/a.py', 'configs/b.py', 'README.md'):
        (tmp_path / name).touch()
    (tmp_path / 'model-index.yml').write_text('Import: [configs/metafile.yaml]\n')
    (tmp_path / 'configs' / 'metafile.yaml').write_text('''
Collections:
- {Name: x, License: L, Metadata: {}, Paper: {}, README: READ.md, Frameworks: []}
Models:
- {Name: a, In Collection: x, Config: configs/a.py, Results: [{Task: T, Dataset: D}],
   Metadata: {Training Data: D, Batch Size: 1, Architecture: [A]}}
- {Name: other, In Collection: y, Config: configs/a.py, Weight: 1, Results: [],
   Metadata: {Batch Size: 1, Architecture: [A]}}
- {Name: gone, In Collection: x, Config: configs/gone.py, Results: [], Metadata: {Training Data: D, Batch Size: 1,
   Architecture: [A]}}
''')
    assert metafile.problems(tmp_path) == [
        'collection x: no file READ.md', "a: a result needs Task, Dataset and Metrics: {'Task': 'T', 'Dataset': 'D'}",
        'other: Weight is no key of a model', 'other: no Metadata: Training Data', 'other: collection y is not there',
        'other: is not the name of configs/a.py', 'gone: no file configs/gone.py', 'configs/b.py: is in no metafile',
        'configs/a.py: stands twice']
