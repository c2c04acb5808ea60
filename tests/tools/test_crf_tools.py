"""tools/tune_crf.py and tools/compare_crfs.py, run as users run them."""
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from script_process import run_script

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'deeplabv2_r18_minidrive_sid71_crf.py'
QUICK = ['--cfg-options', *(f'{split}_dataloader.{key}' for split in ('val', 'test')
                            for key in ('num_workers=0', 'persistent_workers=False')), 'model.crf.iterations=1']


@pytest.fixture
def checkpoint(tmp_path, mmseg_scope):
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(CONFIG).model)
    torch.save(dict(state_dict=model.state_dict(), meta={}), tmp_path / 'weights.pth')
    return str(tmp_path / 'weights.pth')


def run(tool, folder, minidrive, *arguments, fresh=False):
    return run_script(ROOT / 'tools' / tool, CONFIG, *arguments, *QUICK, cwd=folder, fresh=fresh,
                      MINIDRIVE_ROOT=minidrive)


@pytest.mark.long  # a slice: tests/commands/crf/test_crf_tuning.py
def test_tunes(checkpoint, tmp_path, minidrive):
    result = run('tune_crf.py', tmp_path, minidrive, checkpoint, '--images', '1', '--finest', '1.9', '--search',
                 'appearance_weight', '--compatibility', 'linear', '--truncation', '5', fresh=True)
    assert result.returncode == 0, result.stderr[-2000:]
    assert "model = dict(crf=dict(type='DenseCRF', iterations=1, " in result.stdout
    assert "compatibility='linear', truncation=5.0" in result.stdout and 'without a CRF' in result.stdout
    assert (tmp_path / 'work_dirs' / CONFIG.stem / 'crf_linear.json').is_file()
    assert 'abs_rel of 2 settings: 1/1 images' in result.stderr


@pytest.mark.long
def test_compares(checkpoint, tmp_path, minidrive):
    result = run('compare_crfs.py', tmp_path, minidrive, checkpoint, '--out', 'crf.png', '--pictures', '2',
                 '--crf', 'potts', 'iterations=1',
                 '--crf', 'near', 'compatibility=log', 'truncation=0.3', 'iterations=1', fresh=True)
    assert result.returncode == 0, result.stderr[-2000:]
    table = [line for line in result.stdout.splitlines() if line.startswith('|')][-5:]
    assert 'edge_f1' in table[0]
    assert [line.split('|')[1].strip() for line in table[2:]] == ['without', 'potts', 'near']
    assert (tmp_path / 'crf.png').read_bytes().startswith(b'\x89PNG')


@pytest.mark.parametrize('tool, arguments, message', [
    ('compare_crfs.py', ['--crf', 'potts', 'iterations'], "--crf: expected KEY=VALUE, got 'iterations'"),
    ('compare_crfs.py', ['--crf', 'potts', 'color_width=0'], 'compare_crfs: .*color_width'),
    ('compare_crfs.py', ['--crf', 'without', 'iterations=1'], "--crf: the name 'without' is taken"),
    ('compare_crfs.py', ['--crf', 'potts', 'iterations=1', '--out', 'no/a.png'], '--out no/a.png: there is no folder'),
    ('tune_crf.py', ['--metric', 'd1'], "invalid choice: 'd1'"),
    ('tune_crf.py', ['--compatibility', 'potts', '--truncation', '3'], 'tune_crf: model.crf: truncation'),
])
def test_what_makes_no_sense_ends_with_a_message(checkpoint, tmp_path, minidrive, tool, arguments, message):
    result = run(tool, tmp_path, minidrive, checkpoint, *arguments)
    assert result.returncode in (1, 2) and 'Traceback' not in result.stderr
    assert re.search(message, result.stderr), result.stderr[-1000:]
