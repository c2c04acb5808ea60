import subprocess
import sys
from multiprocessing import get_context

import pytest
from script_process import run_code

# The import of MMSegmentation alone must not fail: it does beside a torchvision of another torch, and with mmcv-lite.
WORKING_HOST = '''
import sys, types, warnings
warnings.simplefilter('ignore')
class Block:
    def find_spec(self, name, path=None, target=None):
        if name in ('timm', 'torchvision'):
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)
sys.meta_path.insert(0, Block())
class Operators(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith('__'):
            raise AttributeError(name)
        return type(name, (), {})
sys.modules['mmcv.ops'] = Operators('mmcv.ops')
'''
KNOWN = '''
from mmengine.registry import init_default_scope
init_default_scope('mmseg')
import mmengine.registry
for registry, name in (('MODELS', 'DeepLabV2Head'), ('DATASETS', 'KITTIDepthDataset'), ('HOOKS', 'FiniteLossHook'),
                       ('METRICS', 'DepthEvaluator'), ('TRANSFORMS', 'LoadDepth'), ('VISUALIZERS', 'DepthVisualizer'),
                       ('TASK_UTILS', 'SIDBins')):
    with getattr(mmengine.registry, registry).switch_scope_and_registry(None) as active:
        assert active.get(name).__module__.startswith('mmdepthcls.'), name
print('all known')
'''
HOSTS = ['import mmseg.apis', 'import mmseg.models', 'from mmengine.runner import Runner',
         'import mmseg.registry; mmseg.registry.MODELS.get("FCNHead")']
OURS = 'import mmdepthcls'


@pytest.mark.sliced(every=5)
@pytest.mark.parametrize(('ours_first', 'host'), [
    (ours_first, host) for host in HOSTS for ours_first in (True, False)])
def test_classes_are_known_whichever_is_imported_first(host, ours_first):
    order = [OURS, host] if ours_first else [host, OURS]
    result = run_code('\n'.join([WORKING_HOST, *order, KNOWN]))
    assert result.stdout.strip().endswith('all known'), result.stderr[-2000:]


def test_importing_the_package_or_a_pure_module_imports_no_host_and_no_torch():
    heavy = ('mmseg', 'mmcv', 'mmengine', 'torch', 'cv2', 'matplotlib')
    code = f'import sys, mmdepthcls.bins\nprint([name for name in {heavy} if name in sys.modules])'
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert result.stdout.strip() == '[]', result.stderr


def _known_in_worker(name):
    from mmengine.registry import DATASETS, init_default_scope

    import mmdepthcls  # noqa: F401  (imported only to register)
    init_default_scope('mmseg')
    with DATASETS.switch_scope_and_registry(None) as active:
        return active.get(name).__module__


@pytest.mark.parametrize('method', ['fork', pytest.param('spawn', marks=pytest.mark.long), 'forkserver'])
def test_classes_are_known_in_worker_processes(method):
    with get_context(method).Pool(1) as pool:
        assert pool.apply(_known_in_worker, ('MiniDriveDataset', )) == 'mmdepthcls.datasets.minidrive_dataset'
