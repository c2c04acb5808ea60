import ast
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from script_process import run_code
from small_data import BUILDERS

ROOT = Path(__file__).parents[1]
# A machine without MMSegmentation: every import of a host module fails as if it were not installed.
BLOCK = '''
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in ('mmseg', 'mmcv', 'mmengine'):
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, Block())
'''
# A mmcv without compiled operators: upstream's mmcv-lite.
NO_OPS = '''
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name == 'mmcv.ops' or name.startswith('mmcv.ops.') or name == 'mmcv._ext':
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, Block())
'''
HOST = ('mmseg', 'mmcv', 'mmengine')


def pure_modules():
    """Names of the modules whose docstring says that they are: "Pure", as a word."""
    modules = {}
    for path in sorted((ROOT / 'mmdepthcls').rglob('*.py')):
        parts = path.relative_to(ROOT).with_suffix('').parts
        name = '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)
        modules[name] = ast.get_docstring(ast.parse(path.read_text('utf-8'))) or ''
    return [name for name, text in modules.items() if re.search(r'\bPure\b', text)]


def run_python(code, **environment):
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=ROOT,
                          env={**os.environ, **environment})


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize('block', [BLOCK, ''], ids=['without', 'beside'])
def test_pure_modules_load_no_host(block):
    """Neither where none is installed nor where one is: the first module that does is named."""
    pure = pure_modules()
    assert {'mmdepthcls.bins', 'mmdepthcls.evaluation.errors', 'mmdepthcls.datasets.velodyne'} <= set(pure)
    result = run_python(f'''{block}
import importlib, sys
for name in {pure}:
    importlib.import_module(name)
    loaded = [each for each in {HOST} if each in sys.modules]
    assert not loaded, f'{{name}} loads {{loaded}}'
print('all', len({pure}))
''')
    assert result.stdout.strip() == f'all {len(pure)}', result.stderr[-1500:]


def test_pure_names_of_packages_work_without_mmsegmentation():
    result = run_python(f'{BLOCK}\n'
                        'from mmdepthcls.bins import SIDBins; print(SIDBins(1.0, 80.0, 71))\n'
                        'from mmdepthcls.evaluation import depth_errors, crop_region\n'
                        'from mmdepthcls.datasets import eigen_split; print(len(eigen_split("train")))')
    assert result.returncode == 0, result.stderr
    assert 'num_bins=71' in result.stdout and '23488' in result.stdout


@pytest.mark.sliced(every=3)
@pytest.mark.parametrize('statement', [
    'from mmdepthcls.models import DepthClassifier', 'import mmdepthcls.datasets as d; d.KITTIDepthDataset',
    'from mmdepthcls.evaluation import DepthEvaluator'])
def test_the_first_registered_name_says_how_to_install(statement):
    result = run_code(f'{BLOCK}{statement}')
    assert result.returncode == 1
    assert "pip install -c requirements/onedl.txt -e '.[onedl]'" in result.stderr
    assert "pip install -c requirements/openmmlab.txt -e '.[openmmlab]'" in result.stderr


def test_an_unknown_name_is_an_attribute_error():
    import mmdepthcls.models
    with pytest.raises(AttributeError, match='no attribute .NoSuchThing'):
        _ = mmdepthcls.models.NoSuchThing
    assert 'DepthClassifier' in dir(mmdepthcls.models)


def test_base_configs_of_mmseg_resolve_to_what_is_installed_and_nothing_is_installed(tmp_path):
    """Trap 1: MMEngine would say that mmsegmentation is missing, or pip-install upstream over the fork."""
    config = tmp_path / 'child.py'
    config.write_text("_base_ = 'mmseg::fcn/fcn_r50-d8_4xb2-40k_cityscapes-512x1024.py'\n")
    result = run_code(f'''
import subprocess
def refuse(*args, **kwargs):
    raise AssertionError(f'a subprocess was started: {{args}}')
subprocess.Popen.__init__ = refuse
import mmdepthcls
from mmengine.config import Config
from mmengine.hub import get_config
assert Config.fromfile({str(config)!r}).model.decode_head.type == 'FCNHead'
assert get_config('mmseg::fcn/fcn_r50-d8_4xb2-40k_cityscapes-512x1024.py').model.decode_head.type == 'FCNHead'
''')
    assert result.returncode == 0, result.stderr[-2000:]


def test_the_installed_distribution_is_named():
    from mmengine.config.utils import MODULE2PACKAGE

    import mmdepthcls  # noqa: F401  (its import names the distribution)
    assert metadata.distribution(MODULE2PACKAGE['mmseg']).version


def test_a_config_is_formatted_once_and_as_ever(monkeypatch):
    """MMEngine does it whenever the text is asked for."""
    from mmengine.config import Config
    from yapf.yapflib import yapf_api

    import mmdepthcls  # noqa: F401
    original = yapf_api.FormatCode.__wrapped__
    first = Config(dict(a=dict(type='A', values=list(range(60))), b='text'))
    with monkeypatch.context() as patch:
        patch.setattr(yapf_api, 'FormatCode', original)
        expected = first.pretty_text
    assert first.pretty_text == expected
    tree = 'yapf.yapflib.yapf_api.FormatTree'
    with monkeypatch.context() as patch:
        patch.setattr(tree, lambda *args, **options: pytest.fail('was formatted again'))
        assert first.pretty_text == first.copy().pretty_text == expected
    first.b = 'another'
    assert "b = 'another'" in first.pretty_text
    style = dict(based_on_style='pep8')
    assert yapf_api.FormatCode('a=1', '<name>', style) == original('a=1', '<name>', style) == ('a = 1\n', True)


def test_mmseg_imports_without_compiled_operators_which_refuse_to_run():
    """Trap 2."""
    result = run_code(f'''{NO_OPS}
import mmdepthcls
import mmseg.models
from mmcv.ops import point_sample, CrissCrossAttention, DeformConv2d
assert not isinstance(1, (DeformConv2d, CrissCrossAttention))
for operator in (point_sample, DeformConv2d):
    try:
        operator(1, 2)
    except ImportError as error:
        assert 'full mmcv' in str(error), error
    else:
        raise AssertionError('ran')
print('fine')
''')
    assert result.stdout.strip().endswith('fine'), result.stderr[-2000:]


def test_only_compat_knows_which_distribution_is_installed():
    words = ('onedl', 'openmmlab', 'mmcv-lite', 'mmcv_lite', 'importlib.metadata')
    for path in (ROOT / 'mmdepthcls').rglob('*.py'):
        if 'compat' not in path.parts:
            assert not [word for word in words if word in path.read_text('utf-8')], path


@pytest.mark.parametrize('module', ['cv2', pytest.param('ftfy', marks=pytest.mark.long)])
def test_a_missing_module_is_named_and_not_taken_for_mmsegmentation(module):
    result = run_python(f"""{BLOCK.replace("('mmseg', 'mmcv', 'mmengine')", repr((module, )))}
from mmdepthcls import compat
assert compat.has_mmseg()
try:
    import mmdepthcls.registration
except ImportError as error:
    print(compat.import_hint(error))
""")
    distribution = {'cv2': 'opencv-python'}.get(module, module)
    assert f"'{module}' is needed" in result.stdout and f'pip install {distribution}' in result.stdout, result.stderr
    assert 'onedl' not in result.stdout


def test_the_first_name_that_needs_a_missing_module_says_which():
    result = run_python(f"""{BLOCK}
class Matplotlib:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == 'cv2':
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)
sys.meta_path.insert(0, Matplotlib())
from mmdepthcls.evaluation import depth_errors
""")
    assert result.returncode == 1 and 'pip install opencv-python' in result.stderr
    assert "pip install -c requirements" not in result.stderr


def test_an_error_inside_a_module_is_left_as_it_is():
    from mmdepthcls.compat import import_hint
    assert import_hint(ImportError("cannot import name 'a' from 'cv2'", name='cv2')) is None
    assert import_hint(ModuleNotFoundError("No module named 'mmdepthcls.nothing'", name='mmdepthcls.nothing')) is None
    assert import_hint(ImportError('libGL.so.1: cannot open shared object file')) is None


def test_importing_prints_nothing():
    result = run_python('import mmdepthcls')
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')


def test_all_that_is_imported_is_required():
    """Each module of others that the package or a tool imports comes with the package itself or with a stack."""
    import mmdepthcls.compat as compat
    text = (ROOT / 'setup.py').read_text('utf-8')
    known = {*sys.stdlib_module_names, 'mmdepthcls', *compat.HOST_MODULES, 'pydensecrf'}
    for path in [*(ROOT / 'mmdepthcls').rglob('*.py'), *(ROOT / 'tools').glob('*.py')]:
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else [
                node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in {name.split('.')[0] for name in names} - known:
                required = text[text.index('install_requires'):text.index('extras_require')] + text[
                    text.index('STACKS = '):text.index('# What mim')]
                assert re.search(f"'{compat.DISTRIBUTIONS.get(name, name)}['<>=]", required), (path, name)


NAME = 'deeplabv2_r18_minidrive_sid71'


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize('order', ['import mmdepthcls; from mmengine.config import Config',
                                   'from mmengine.config import Config; import mmdepthcls'], ids=['before', 'after'])
def test_bases_of_this_package_are_its_configs(order, tmp_path):
    """Alike in all to naming the file, whatever stands around them."""
    (tmp_path / 'by_name.py').write_text(
        f"_base_ = 'mmdepthcls::{NAME}.py'\nmodel = dict(decode_head=dict(dropout=1))\n")
    (tmp_path / 'by_file.py').write_text(
        f"_base_ = {str(ROOT / 'configs' / f'{NAME}.py')!r}\nmodel = dict(decode_head=dict(dropout=1))\n")
    (tmp_path / 'parts.py').write_text(
        "_base_ = ['mmdepthcls::_base_/models/deeplabv2_r18-d8.py', 'mmseg::_base_/schedules/schedule_20k.py']\n")
    (tmp_path / 'wrong.py').write_text("_base_ = 'mmdepthcls::deeplabv2_r18_minidrive_sid7.py'\n")
    result = run_python(f'''
{order}
from importlib import reload
mended = Config._get_cfg_path
reload(mmdepthcls)
assert Config._get_cfg_path is mended
read = lambda name: Config.fromfile({str(tmp_path)!r} + '/' + name)
assert read('by_name.py').to_dict() == read('by_file.py').to_dict()
assert '_scope_' not in read('by_name.py').pretty_text
parts = read('parts.py')
assert parts.model.type == 'DepthClassifier' and parts.train_cfg.max_iters == 20000
try:
    read('wrong.py')
except FileNotFoundError as error:
    print(error)
''')
    assert result.returncode == 0, result.stderr[-2000:]
    assert f'Near it: mmdepthcls::{NAME}.py' in result.stdout


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize('code', [
    'import mmdepthcls, mmseg.apis; print("(64, 96)")',
    'from mmdepthcls.apis import DepthInferencer; print(DepthInferencer()("street.png").depth.shape)'])
def test_hosts_make_no_noise(code, tmp_path):
    """Whoever imports them, whenever."""
    BUILDERS.write(tmp_path / 'street.png', np.full((64, 96, 3), 90, np.uint8))
    result = run_code(code, cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert (result.returncode, result.stdout, result.stderr) == (0, '(64, 96)\n', '')
