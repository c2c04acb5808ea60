"""Trainings that fail in the middle, as a person sees them: one message, status 1, and what was saved stays."""
from pathlib import Path

import pytest
from script_process import run_script

ROOT = Path(__file__).parents[2]
# A transform that fails on one image, from the second time on that it sees it.
TRANSFORM = '''
import os, signal
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

@TRANSFORMS.register_module()
class Fail(BaseTransform):
    def __init__(self, dies):
        self.dies, self.seen = dies, 0

    def transform(self, results):
        self.seen += results['img_path'].endswith('000002.png')
        if self.seen == 2:
            if self.dies:
                os.kill(os.getpid(), signal.SIGSEGV)
            raise RuntimeError('no such codec')
        return results
'''
CONFIG = '''
_base_ = 'mmdepthcls::deeplabv2_r18_minidrive_sid71.py'
__import__('sys').path.insert(0, 'FOLDER')
custom_imports = dict(imports=['failing_transform'])
model = dict(backbone=dict(base_channels=8, init_cfg=None), decode_head=dict(in_channels=64), auxiliary_head=None)
train_cfg = dict(_delete_=True, type='IterBasedTrainLoop', max_iters=MAX, val_interval=100)
train_dataloader = dict(batch_size=1, num_workers=WORKERS, sampler=dict(shuffle=False), dataset=dict(pipeline=[
    dict(type='LoadImageFromFile'), dict(type='LoadDepth'), FAILURE dict(type='PackDepthInputs')]))
default_hooks = dict(checkpoint=dict(interval=3), logger=dict(interval=RATE_LOGGED))
'''


def train(folder, minidrive, *options, failure='', workers=1, iterations=8, logged=4):
    (folder / 'failing_transform.py').write_text(TRANSFORM)
    text = CONFIG.replace('FAILURE', failure).replace('WORKERS', str(workers)).replace('MAX', str(iterations))
    (folder / 'config.py').write_text(text.replace('RATE_LOGGED', str(logged)).replace('FOLDER', str(folder)))
    return run_script(ROOT / 'tools/train.py', 'config.py', '--work-dir', 'work', *options, cwd=folder,
                      MINIDRIVE_ROOT=minidrive)


@pytest.mark.parametrize(('dies', 'expected'), [
    (True, 'has died (SIGSEGV). It held'), (False, 'could not be loaded: RuntimeError: no such codec')])
def test_what_cannot_be_loaded_is_named(dies, expected, minidrive, tmp_path):
    result = train(tmp_path, minidrive, failure=f"dict(type='Fail', dies={dies}),")
    assert result.returncode == 1, result.stderr
    assert expected in result.stderr and 'train/000002.png' in result.stderr and 'Traceback' not in result.stderr
    last = Path((tmp_path / 'work/last_checkpoint').read_text().strip())
    assert last.name in ('iter_3.pth', 'iter_6.pth') and (tmp_path / 'work' / last.name).exists()


def test_a_learning_rate_run_wild_ends_with_status_1(minidrive, tmp_path):
    result = train(tmp_path, minidrive, '--cfg-options', 'optim_wrapper.optimizer.lr=1e30', workers=0)
    assert result.returncode == 1 and 'Traceback' not in result.stderr, result.stderr
    assert 'not finite' in result.stderr and 'train/00000' in result.stderr
    assert not list((tmp_path / 'work').glob('*.pth'))


def test_mixed_precision_on_a_cpu(minidrive, tmp_path):
    result = train(tmp_path, minidrive, '--amp', workers=0, iterations=2)
    assert result.returncode == 0, result.stderr
    assert 'Mixed precision on a CPU is bfloat16' in result.stderr


def test_another_seed_is_refused_before_work_begins(minidrive, tmp_path):
    assert train(tmp_path, minidrive, workers=0, iterations=1).returncode == 0
    seed = ['--cfg-options', 'randomness.seed=5']
    result = train(tmp_path, minidrive, '--resume', *seed, workers=0, iterations=2)
    assert result.returncode == 2 and 'Traceback' not in result.stderr, result.stderr
    assert 'randomness.seed=5' in result.stderr and '--accept-changes seed' in result.stderr
    assert train(tmp_path, minidrive, '--resume', *seed, '--accept-changes', 'seed', workers=0,
                 iterations=2).returncode == 0
