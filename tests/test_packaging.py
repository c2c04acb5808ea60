"""What a wheel and a source distribution hold, and that the package works when it is installed from them."""
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

ROOT = Path(__file__).parents[1]
NAME = 'deeplabv2_r18_minidrive_sid71'
BUILD = 'import sys; from setuptools import build_meta; [getattr(build_meta, "build_" + kind)("dist") for kind in {}]'
pytestmark = pytest.mark.skipif(not find_spec('setuptools'), reason='needs setuptools')


def run_python(*arguments, cwd, path=''):
    result = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, cwd=cwd,
                            env={**os.environ, 'PYTHONPATH': str(path), 'COLUMNS': '200'})
    assert result.returncode in (0, 2), result.stderr[-3000:]
    return result


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """Folder of a copy of the repository, with a wheel and an sdist of it in dist/."""
    folder = tmp_path_factory.mktemp('build') / 'source'
    shutil.copytree(ROOT, folder, ignore=lambda at, names: [
        name for name in names if name == '__pycache__' or Path(at) == ROOT and name not in (
            'mmdepthcls', 'configs', 'tools', 'tests', 'model-index.yml', 'setup.py', 'pyproject.toml', 'README.md',
            'LICENSE', 'MANIFEST.in')])
    run_python('-c', BUILD.format(('wheel', 'sdist')), cwd=folder)
    return folder


@pytest.fixture(scope='module')
def installed(built, tmp_path_factory):
    """Folder that holds the wheel's content, as pip puts it into site-packages."""
    folder = tmp_path_factory.mktemp('site-packages')
    with ZipFile(next((built / 'dist').glob('*.whl'))) as wheel:
        wheel.extractall(folder)
    return folder


def test_a_wheel_has_configs_tools_and_tables(installed):
    package = installed / 'mmdepthcls'
    for name in ('configs', 'tools'):
        expected = {path.relative_to(ROOT / name) for path in (ROOT / name).rglob('*')
                    if path.is_file() and path.suffix in ('.py', '.yaml')}
        assert {path.relative_to(package / '.mim' / name) for path in (package / '.mim' / name).rglob('*')
                if path.is_file()} == expected
    assert {path.name for path in (package / 'datasets').glob('*.csv')} == {
        path.name for path in (ROOT / 'mmdepthcls' / 'datasets').glob('*.csv')}
    models = sorted((ROOT / 'mmdepthcls' / 'apis').glob('*.safetensors'))
    assert models and all((package / 'apis' / path.name).read_bytes() == path.read_bytes() for path in models)
    # What the names of packages and the types are read from.
    stubs = {path.relative_to(ROOT) for path in (ROOT / 'mmdepthcls').rglob('*.pyi')}
    assert stubs and {path.relative_to(installed) for path in package.rglob('*.pyi')} == stubs
    assert (package / 'py.typed').is_file()
    assert not {path.name for path in installed.iterdir()} & {'configs', 'tools', 'tests'}
    entry = next(installed.glob('*.dist-info')) / 'entry_points.txt'
    assert 'mmdepthcls = mmdepthcls.__main__:main' in entry.read_text()


def test_both_hold_what_they_may(built):
    spec = importlib.util.spec_from_file_location('contents', ROOT / '.ci' / 'contents.py')
    contents = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(contents)
    assert contents.check(built / 'dist', built) == []


def test_a_wheel_of_the_sdist_is_the_same(built, installed, tmp_path):
    with tarfile.open(next((built / 'dist').glob('*.tar.gz'))) as archive:
        archive.extractall(tmp_path, filter='data')
    source = next(tmp_path.iterdir())
    assert (source / 'mmdepthcls' / '.mim' / 'configs' / f'{NAME}.py').is_file()
    run_python('-c', BUILD.format(('wheel', )), cwd=source)
    with ZipFile(next((source / 'dist').glob('*.whl'))) as wheel:
        assert set(wheel.namelist()) == {path.relative_to(installed).as_posix() for path in installed.rglob('*')
                                         if path.is_file() and '__pycache__' not in path.parts}


def models_of_the_index():
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text())
    return [model for file in index['Import'] for model in yaml.safe_load((ROOT / file).read_text())['Models']]


def data_sets(node):
    """Names of the data sets in a part of a config."""
    if isinstance(node, dict):
        found = re.fullmatch('(KITTI|SYNTHIA|MiniDrive)(?:Depth)?Dataset', str(node.get('type')))
        return {found[1]} if found else set().union(*map(data_sets, node.values()))
    return set().union(*map(data_sets, node)) if isinstance(node, (list, tuple)) else set()


@pytest.mark.sliced(every=9)
@pytest.mark.parametrize('model', models_of_the_index(), ids=lambda model: model['Name'])
def test_the_index_says_what_the_config_says(model):
    from mmengine.config import Config
    cfg, said = Config.fromfile(ROOT / model['Config']), model['Metadata']
    assert said['Batch Size'] == cfg.train_dataloader.batch_size
    assert said['Architecture'][1] == cfg.model.decode_head.type
    assert str(cfg.model.backbone.get('depth', '')) in said['Architecture'][0]
    named = said['Training Data']
    assert data_sets(cfg.train_dataloader.dataset) == ({named} if isinstance(named, str) else set(named))


def test_metadata_and_links_follow_the_address(tmp_path):
    shutil.copy(ROOT / 'setup.py', tmp_path)
    for name in ('README.md', 'mmdepthcls/__init__.py'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    text = (tmp_path / 'setup.py').read_text()
    (tmp_path / 'setup.py').write_text(
        re.sub('^REPOSITORY = .*', "REPOSITORY = 'https://host.org/name'", text, flags=re.M))
    said = run_python('setup.py', '--quiet', '--url', '--author', '--keywords', '--classifiers', '--long-description',
                      cwd=tmp_path).stdout
    assert said.startswith('https://host.org/name\nThe mmdepthcls authors\ndepth estimation,')
    assert 'Typing :: Typed' in said
    assert re.search(r'!\[[^]]+\]\(https://host.org/name/raw/v[\d.]+/docs/images/demo.png\)', said)
    assert re.search(r'[^!]\[Start\]\(https://host.org/name/blob/v[\d.]+/docs/start.md\)', said)
    assert '](https://github.com/open-mmlab/mmsegmentation)' in said and not re.search(r'\]\((docs|configs)/', said)


def test_the_installed_program_finds_its_configs_from_anywhere(installed, tmp_path):
    (tmp_path / 'file').touch()
    result = run_python('-m', 'mmdepthcls', 'train', NAME, '--work-dir', 'file', cwd=tmp_path, path=installed)
    assert result.stderr == 'mmdepthcls train: --work-dir file cannot be used: file is a file\n'  # what comes next
    result = run_python(installed / 'mmdepthcls' / '.mim' / 'tools' / 'train.py', f'{NAME}_', cwd=tmp_path,
                        path=installed)
    assert result.stderr.startswith(f'train: config {NAME}_ does not exist. Near it: {NAME}.py')


@pytest.mark.long
def test_the_demo_the_study_and_bases_find_theirs(installed, tmp_path):
    (tmp_path / 'child.py').write_text(f"_base_ = 'mmdepthcls::{NAME}.py'\n")
    configs = installed / 'mmdepthcls' / '.mim' / 'configs'
    result = run_python('-c', f'''
import sys
import mmdepthcls
assert mmdepthcls.__file__.startswith({str(installed)!r})
from mmdepthcls import compat
from mmdepthcls.commands.demo import demo
from mmdepthcls.commands.study import study
sys.argv = ['demo']
assert demo.parse_args().config == {str(configs / f'{NAME}.py')!r}
sys.argv = ['study', 'minidrive']
args = study.parse_args()
assert args.plan == {str(configs / 'study' / 'minidrive.py')!r}
from mmdepthcls.commands.study.plan import Plan
assert Plan(args.plan).runs()
from mmengine.config import Config
assert Config.fromfile('child.py').model.type == 'DepthClassifier'
print(compat.INSTALL_HINT)
''', cwd=tmp_path, path=installed)
    assert result.returncode == 0, result.stderr[-2000:]
    assert "pip install 'mmdepthcls[onedl]'" in result.stdout and 'requirements' not in result.stdout
