"""tools/adapt.py, run as users run it."""
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from script_process import run_script

from mmdepthcls.commands.minidrive.writer import make_minidrive

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'cbst_deeplabv2_r18_minidrive.py'
MODEL = {'model.backbone.base_channels': 8, 'model.decode_head.in_channels': 64}
OPTIONS = {**MODEL, 'self_training.rounds': 1, 'self_training.epochs': 0.5, 'train_dataloader.batch_size': 2,
           'train_dataloader.batch_sampler.source': 1,
           **{f'{name}_dataloader.{key}': value for name in ('train', 'test')
              for key, value in (('num_workers', 0), ('persistent_workers', False))}}


@pytest.fixture
def place(tmp_path, mmseg_scope):
    cfg = Config.fromfile(CONFIG)
    cfg.merge_from_dict(MODEL)
    torch.save(dict(state_dict=MODELS.build(cfg.model).state_dict()), tmp_path / 'start.pth')
    return tmp_path


def arguments(*more, **options):
    return [CONFIG, '--checkpoint', 'start.pth', *more, '--cfg-options',
            *(f'{key}={value}' for key, value in {**OPTIONS, **options}.items())]


@pytest.fixture(scope='module')
def target(tmp_path_factory):
    """Other streets than those of the source."""
    root = tmp_path_factory.mktemp('target') / 'minidrive'
    make_minidrive(root, num_train=4, num_val=2, num_test=3, height=64, width=128, seed=1, workers=1, progress=False)
    return str(root)


def adapt(place, source, target, *more, fresh=False, **options):
    return run_script(ROOT / 'tools' / 'adapt.py', *arguments(*more, **options), cwd=place, fresh=fresh,
                      MINIDRIVE_SOURCE_ROOT=source, MINIDRIVE_TARGET_ROOT=target)


@pytest.mark.long
def test_adapts_and_draws_the_curve_afterwards(place, minidrive, target):
    result = adapt(place, minidrive, target, '--curve', fresh=True)
    assert result.returncode == 0, result.stderr[-3000:]
    work = place / 'work_dirs' / CONFIG.stem
    assert 'Result: ' in result.stderr and (work / 'round_1/training/iter_2.pth').is_file()
    table = (work / 'curve.md').read_text()
    assert table.strip() in result.stdout and '| source only' in table and '| round 1 (reported)' in table
    assert 'abs_rel, median-scaled' in table and '-' not in table.splitlines()[-1].replace('median-scaled', '')
    again = adapt(place, minidrive, target, **{'self_training.portion': 0.3})
    assert again.returncode == 2 and 'other settings (portion=0.2 there, 0.3 now)' in again.stderr
    assert 'Traceback' not in again.stderr


@pytest.mark.parametrize(('more', 'options', 'expected'), [
    (['--checkpoint', 'missing.pth'], {}, '--checkpoint missing.pth does not exist'),
    ([], {'self_training.portion': 3}, 'self_training.portion: expected a share > 0 and <= 1, got 3'),
    ([], {'self_training.potion': 0.3}, 'Is self_training.portion meant?'),
    ([], {'train_dataloader.dataset.datasets.1.split': 'test'}, 'are in the test_dataloader too')])
def test_mistakes_end_with_a_message(place, minidrive, more, options, expected):
    result = adapt(place, minidrive, minidrive, *more, **options)
    assert result.returncode == 2 and expected in result.stderr, result.stderr
    assert result.stderr.startswith('adapt: ') and 'Traceback' not in result.stderr
    assert not (place / 'work_dirs').exists()


@pytest.mark.long
def test_killed_at_any_moment_it_goes_on_to_the_same_labels(place, minidrive, target, builders):
    environment = dict(os.environ, MINIDRIVE_SOURCE_ROOT=minidrive, MINIDRIVE_TARGET_ROOT=target)
    options = {'self_training.rounds': 2, 'self_training.epochs': 2, 'default_hooks.checkpoint.interval': 1}
    assert adapt(place, minidrive, target, '--work-dir', 'whole', **options).returncode == 0
    folder, kills = place / 'part', 0
    while True:
        process = subprocess.Popen(
            [sys.executable, ROOT / 'tools' / 'adapt.py', *map(str, arguments('--work-dir', 'part', **options))],
            cwd=place, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
        before, end = len(list(folder.rglob('*'))), time.monotonic() + 120
        # Until some files more are there.
        while process.poll() is None and len(list(folder.rglob('*'))) < before + 17 and time.monotonic() < end:
            time.sleep(0.02)
        if process.poll() is not None:
            assert process.returncode == 0
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
        assert kills < 30
    assert kills > 1
    for number in (1, 2):
        whole, part = (place / name / f'round_{number}' for name in ('whole', 'part'))
        assert builders.contents(part / 'labels') == builders.contents(whole / 'labels')
        assert (part / 'record.json').read_bytes() == (whole / 'record.json').read_bytes()
        weights = [torch.load(each / 'training/iter_8.pth', weights_only=False)['state_dict'] for each in (part, whole)]
        assert all(torch.equal(weights[0][name], value) for name, value in weights[1].items())
    shutil.rmtree(folder)
