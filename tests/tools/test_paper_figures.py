"""tools/figures.py, run as users run it."""
from pathlib import Path

import cv2
import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from script_process import run_script

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'deeplabv2_r18_minidrive_sid71.py'
QUICK = ['--cfg-options', 'test_dataloader.num_workers=0', 'test_dataloader.persistent_workers=False']


@pytest.fixture
def checkpoint(tmp_path, mmseg_scope):
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(CONFIG).model)
    torch.save(dict(state_dict=model.state_dict(), meta={}), tmp_path / 'weights.pth')
    return tmp_path / 'weights.pth'


def run(folder, minidrive, *arguments, fresh=False):
    return run_script(ROOT / 'tools' / 'figures.py', CONFIG, folder / 'weights.pth', *arguments, *QUICK, cwd=folder,
                      fresh=fresh, MINIDRIVE_ROOT=minidrive)


@pytest.mark.long  # a slice: tests/commands/figures
def test_draws_figures_and_replaces_none(checkpoint, tmp_path, minidrive):
    result = run(tmp_path, minidrive, '--out', 'figures', '--images', 'test/000002', 'test/000000', fresh=True)
    assert result.returncode == 0, result.stderr[-2000:]
    files = {path.name for path in (tmp_path / 'figures').iterdir()}
    assert files == {'figure_2.png', 'figure_3.png', 'figures.md'}
    sheet = cv2.imread(str(tmp_path / 'figures/figure_3.png'))
    assert sheet.shape[1] > 3 * 4 * 128
    lines = result.stdout.splitlines()
    assert any(line.strip().startswith('1  ') and 'test/000002' in line for line in lines)
    assert any(line.strip().startswith('2  ') and 'test/000000' in line for line in lines)
    before = (tmp_path / 'figures/figure_3.png').read_bytes()
    again = run(tmp_path, minidrive, '--out', 'figures')
    assert again.returncode == 2 and 'holds figure_2.png already' in again.stderr
    assert (tmp_path / 'figures/figure_3.png').read_bytes() == before
    replaced = run(tmp_path, minidrive, '--out', 'figures', '--overwrite', '--pictures', '9', '--scale', 'inverse',
                   '--colormap', 'turbo')
    assert replaced.returncode == 0, replaced.stderr[-2000:]
    assert (tmp_path / 'figures/figure_3.png').read_bytes() != before and '  3  ' in replaced.stdout


@pytest.mark.parametrize('arguments, message', [
    (['--images', 'nowhere'], 'figures: --images nowhere: no image of the test split has this in the path'),
    (['--pictures', '0'], '--pictures: expected a number > 0, got 0'),
    (['--colormap', 'rainbowish'], "--colormap: colormap must be a name matplotlib knows, such as 'viridis'")])
def test_what_makes_no_sense_is_refused(checkpoint, tmp_path, minidrive, arguments, message):
    result = run(tmp_path, minidrive, '--out', 'figures', *arguments)
    assert result.returncode == 2 and message in result.stderr and 'Traceback' not in result.stderr
    assert not (tmp_path / 'figures').exists()
