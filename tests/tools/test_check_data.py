"""The data doctor as users run it."""
import json
import shutil
from pathlib import Path

import cv2
import pytest
from script_process import run_script

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'deeplabv2_r18_minidrive_sid71.py'


def check(*arguments, cwd, **environment):
    return run_script(ROOT / 'tools' / 'check_data.py', *arguments, cwd=cwd, **environment)


def test_clean_data_end_with_status_0_and_leave_a_report(minidrive, tmp_path):
    result = check(CONFIG, '--workers', 1, '--strict', cwd=tmp_path, fresh=True, MINIDRIVE_ROOT=minidrive)
    assert result.returncode == 0, result.stdout + result.stderr[-2000:]
    folder = tmp_path / 'work_dirs' / CONFIG.stem / 'data_check'
    assert {path.name for path in folder.iterdir()} == {
        'report.md', 'report.json', 'sheet_train.png', 'sheet_val.png', 'sheet_test.png', 'bins.png'}
    report = json.loads((folder / 'report.json').read_text())
    assert not report['failed'] and report['splits']['train']['samples'] == 4
    pixels = report['splits']['train']['bins']
    assert len(pixels['pixels']) == 71 and len(report['bin_edges']) == 72
    valid = sum((cv2.imread(f'{minidrive}/depth/train/{i:06d}.png', -1) > 0).sum() for i in range(4))
    assert sum(pixels['pixels']) + pixels['below'] + pixels['above'] == valid
    assert '| train |' in result.stdout and 'Verdict: fit' in result.stdout


def test_a_fault_ends_with_status_1_and_is_named_in_text_and_json(minidrive, tmp_path):
    shutil.copytree(minidrive, tmp_path / 'data')
    path = tmp_path / 'data/depth/val/000001.png'
    path.write_bytes(path.read_bytes()[:-100])
    result = check(CONFIG, '--workers', 2, '--out', 'found', cwd=tmp_path, MINIDRIVE_ROOT=str(tmp_path / 'data'))
    assert result.returncode == 1 and str(path) in result.stdout and 'NOT FIT' in result.stdout
    findings = json.loads((tmp_path / 'found/report.json').read_text())['findings']
    assert [(f['level'], f['kind'], f['path'], f['split']) for f in findings] == [
        ('error', 'damaged depth', str(path), 'val')]
    assert cv2.imread(str(tmp_path / 'found/sheet_val.png')) is not None


def test_leakage_may_be_allowed(minidrive, tmp_path):
    shutil.copytree(minidrive, tmp_path / 'data')
    shutil.copy(tmp_path / 'data/train.txt', tmp_path / 'data/test.txt')
    result = check(CONFIG, '--workers', 1, '--no-pictures', '--max-samples', 2, '--allow-leakage',
                   cwd=tmp_path, MINIDRIVE_ROOT=str(tmp_path / 'data'))
    notes = result.stdout[result.stdout.index('## Notes'):]
    assert result.returncode == 0 and 'train sample in test (2)' in notes


@pytest.mark.parametrize('config', ['nowhere.py', 'broken.py'])
def test_a_config_that_cannot_be_read_ends_with_status_2_and_a_message(config, tmp_path):
    (tmp_path / 'broken.py').write_text('model = dict(')
    result = check(config, cwd=tmp_path)
    assert result.returncode == 2 and 'Traceback' not in result.stderr and 'check_data' in result.stderr
