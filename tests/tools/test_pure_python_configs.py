"""MMEngine's pure Python configs, whose types are classes, in the tools that look at a config."""
from pathlib import Path

import pytest
import torch
from script_process import run_script

ROOT = Path(__file__).parents[2]
CONFIG = """
from mmcv.transforms import LoadImageFromFile, RandomFlip, TestTimeAug
from mmengine.config import read_base
from mmengine.dataset import DefaultSampler, InfiniteSampler
from mmengine.hooks import CheckpointHook
from mmengine.optim import OptimWrapper
from mmengine.runner import IterBasedTrainLoop, TestLoop, ValLoop
from mmseg.engine import SegVisualizationHook
from mmseg.models import FCNHead, ResNetV1c
from torch.optim import SGD

from mmdepthcls.datasets import MiniDriveDataset
from mmdepthcls.datasets.transforms import LoadDepth, PackDepthInputs
from mmdepthcls.evaluation import DepthEvaluator
from mmdepthcls.models import DepthClassifier, DepthDataPreProcessor, DepthTTAModel

with read_base():
    from .bins import bins

model = dict(
    type=DepthClassifier, bins=bins, data_preprocessor=dict(type=DepthDataPreProcessor),
    backbone=dict(type=ResNetV1c, depth=18, base_channels=8, norm_cfg=dict(type='BN')),
    decode_head=dict(type=FCNHead, in_channels=64, in_index=3, channels=16, num_convs=1, num_classes=8,
                     norm_cfg=dict(type='BN')))
pipeline = [dict(type=LoadImageFromFile), dict(type=LoadDepth), dict(type=PackDepthInputs)]
data = dict(type=MiniDriveDataset, data_root='ROOT', pipeline=pipeline)
train_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type=InfiniteSampler), dataset=dict(split='train', **data))
val_dataloader = dict(batch_size=1, num_workers=0, sampler=dict(type=DefaultSampler, shuffle=False),
                      dataset=dict(split='val', test_mode=True, **data))
test_dataloader = val_dataloader
val_evaluator = test_evaluator = dict(type=DepthEvaluator)
train_cfg = dict(type=IterBasedTrainLoop, max_iters=1, val_interval=1)
val_cfg, test_cfg = dict(type=ValLoop), dict(type=TestLoop)
optim_wrapper = dict(type=OptimWrapper, optimizer=dict(type=SGD, lr=0.01))
default_hooks = dict(checkpoint=dict(type=CheckpointHook, by_epoch=False, interval=1),
                     visualization=dict(type=SegVisualizationHook))
tta_model = dict(type=DepthTTAModel)
tta_pipeline = [dict(type=LoadImageFromFile), dict(type=TestTimeAug, transforms=[
    [dict(type=RandomFlip, prob=0.0), dict(type=RandomFlip, prob=1.0)], [dict(type=LoadDepth)],
    [dict(type=PackDepthInputs)]])]
"""
BINS = """
from mmdepthcls.bins import SIDBins

bins = dict(type=SIDBins, min_depth=1.0, max_depth=80.0, num_bins=8)
"""


@pytest.fixture(scope='module')
def trained(tmp_path_factory, minidrive):
    """Folder with a config and, in ``work``, a training of it."""
    folder = tmp_path_factory.mktemp('pure')
    (folder / 'bins.py').write_text(BINS)
    (folder / 'mine.py').write_text(CONFIG.replace('ROOT', minidrive))
    run(folder, 'train', 'mine.py')
    return folder


def run(folder, tool, *arguments):
    work = 'work' if tool == 'train' else 'other'  # MMEngine writes the config that it was given into it
    result = run_script(ROOT / 'tools' / f'{tool}.py', *arguments, '--work-dir', work, cwd=folder)
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout + result.stderr


@pytest.mark.parametrize('config', [
    pytest.param('mine.py', marks=pytest.mark.long), 'work/mine.py'])  # the latter as MMEngine writes it
def test_testing(trained, config):
    folder = Path(config).parent.name
    run(trained, 'test', config, 'work/iter_1.pth', '--tta', '--show-dir', f'pictures{folder}', '--out', f'out{folder}',
        '--report', f'report{folder}')
    for name in ('pictures', 'out'):
        assert len(list((trained / f'{name}{folder}').rglob('*.png'))) == 2
    assert 'bins alone' in (trained / f'report{folder}/report.md').read_text('utf-8')
    output = run(trained, 'test', config, 'work/iter_1.pth', '--protocols', 'kitti_devkit', 'eigen_raw')
    assert '| kitti_devkit' in output


def test_a_config_that_was_written_with_augmentation(trained):
    run(trained, 'test', 'mine.py', 'work/iter_1.pth', '--tta', '--out', 'once')
    run(trained, 'test', 'other/mine.py', 'work/iter_1.pth', '--tta', '--out', 'again')
    first, second = ({path.name: path.read_bytes() for path in (trained / name).rglob('*.png')} for name in (
        'once', 'again'))
    assert first == second and len(first) == 2
    with pytest.raises(AssertionError, match='--protocols: model.type is DepthTTAModel'):
        run(trained, 'test', 'other/mine.py', 'work/iter_1.pth', '--protocols', 'kitti_devkit')


def test_a_temperature_is_fitted_without_a_test_cfg(trained):
    state = torch.load(trained / 'work/iter_1.pth', weights_only=False)
    weights = state['state_dict']
    for name, value in weights.items():  # sure of the bins that are near everywhere
        if name.startswith('decode_head.conv_seg'):
            value.zero_()
    weights['decode_head.conv_seg.bias'] += torch.linspace(-8, 8, 8)
    torch.save(state, trained / 'sure.pth')
    output = run(trained, 'fit_temperature', 'mine.py', 'sure.pth', 'fitted.pth')
    assert 'Written: fitted.pth' in output and 'temperature' in torch.load(
        trained / 'fitted.pth', weights_only=False)['state_dict']
