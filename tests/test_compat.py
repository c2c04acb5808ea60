import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from script_process import run_code

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
PURE = ['arguments', 'atomic_file', 'bin_analysis', 'bin_report', 'bins', 'compat', 'config_files', 'crf_settings',
        'datasets.depth_array',
        'datasets.depth_file', 'datasets.depth_format', 'datasets.depth_options', 'datasets.depth_png',
        'datasets.eigen', 'datasets.file_finder', 'datasets.image_header',
        'datasets.inspection.alignment',
        'datasets.inspection.bin_chart', 'datasets.inspection.content', 'datasets.inspection.depth_map',
        'datasets.inspection.finding', 'datasets.inspection.group_check', 'datasets.inspection.image_file',
        'datasets.inspection.kitti_frame', 'datasets.inspection.leakage', 'datasets.inspection.output',
        'datasets.inspection.report', 'datasets.inspection.sample_check', 'datasets.inspection.scan',
        'datasets.inspection.sheet', 'datasets.inspection.stray_files', 'datasets.kitti_layout', 'datasets.minidrive',
        'datasets.minidrive.writer', 'datasets.preparation.download', 'datasets.preparation.kitti_archives',
        'datasets.preparation.kitti_files', 'datasets.preparation.kitti_projection',
        'datasets.preparation.synthia_files', 'datasets.preparation.synthia_names',
        'datasets.preparation.temporary_files', 'datasets.preparation.unpacking', 'datasets.split_file',
        'datasets.synthia_split', 'datasets.tiff_header', 'datasets.velodyne', 'dense_crf', 'depth_tally',
        'evaluation.baselines', 'evaluation.crops', 'evaluation.depth_histogram', 'evaluation.edges',
        'evaluation.errors', 'evaluation.file_scores', 'evaluation.file_scoring', 'evaluation.filling',
        'evaluation.ground_truth_files', 'evaluation.prediction_files', 'evaluation.prediction_pairs',
        'evaluation.predictions', 'evaluation.protocols', 'evaluation.published', 'evaluation.quantisation',
        'evaluation.report', 'evaluation.report_charts', 'evaluation.report_markdown',
        'evaluation.report_pictures', 'evaluation.report_tally', 'evaluation.scoring',
        'evaluation.submission', 'evaluation.table', 'evaluation.uncertainty_metrics',
        'models.bin_width_network', 'models.image_bins', 'parallel', 'pattern_search', 'permutohedral', 'program',
        'sparse_rows', 'study.chart', 'study.record', 'study.study_report', 'threads',
        'visualization.bin_figure',
        'visualization.depth_color', 'visualization.comparison_figure', 'visualization.figures']


def run_python(code, **environment):
    return subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=ROOT,
                          env={**os.environ, **environment})


def test_pure_modules_import_without_mmsegmentation():
    imports = '\n'.join(f'import mmdepthcls.{name}' for name in PURE)
    result = run_python(f'{BLOCK}{imports}\n'
                        'assert not any(name.split(".")[0] in ("mmseg", "mmcv", "mmengine") for name in sys.modules)\n'
                        'from mmdepthcls.bins import SIDBins; print(SIDBins(1.0, 80.0, 71))\n'
                        'from mmdepthcls.evaluation import depth_errors, crop_region\n'
                        'from mmdepthcls.datasets import eigen_split; print(len(eigen_split("train")))')
    assert result.returncode == 0, result.stderr
    assert 'num_bins=71' in result.stdout and '23488' in result.stdout


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
        if path.name != 'compat.py':
            assert not [word for word in words if word in path.read_text('utf-8')], path


@pytest.mark.parametrize('module', ['cv2', 'ftfy'])
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
    import ast

    import mmdepthcls.compat as compat
    text = (ROOT / 'setup.py').read_text('utf-8')
    known = {*sys.stdlib_module_names, 'mmdepthcls', *compat.HOST_MODULES, 'pydensecrf'}
    for path in [*(ROOT / 'mmdepthcls').rglob('*.py'), *(ROOT / 'tools').glob('*.py')]:
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else [
                node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in {name.split('.')[0] for name in names} - known:
                required = text[text.index('install_requires'):text.index('extras_require')]
                assert repr(compat.DISTRIBUTIONS.get(name, name)) in required, (path, name)
