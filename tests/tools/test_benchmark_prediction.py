"""tools/benchmark_prediction.py, run as users run it."""
import re
from pathlib import Path

from script_process import run_script

TOOL = Path(__file__).parents[2] / 'tools' / 'benchmark_prediction.py'


def test_the_table(tmp_path):
    """Each line does what the line above does, and more."""
    result = run_script(TOOL, '--config', 'deeplabv2_r18_minidrive_sid71', '--size', 64, 128, '--number', 1, '--rounds',
                        3, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    rows = re.findall(r'^\| ([a-z ,]+?) +\|' + r' +([\d.]+) \|' * 6, result.stdout, re.MULTILINE)
    assert [row[0] for row in rows] == ['network', 'network and depth', 'files to files', 'files to files, beside']
    assert [float(value) for value in rows[0][4:]] == [1, 1, 1]
    for row in rows:
        for base, time, ratio in zip(rows[0][1:4], row[1:4], row[4:], strict=True):
            assert float(time) > 0 and abs(float(ratio) - float(base) / float(time)) < 0.05 + 0.1 * float(ratio)
    assert 'decoding and resizing: ' in result.stdout and not list(tmp_path.iterdir())


def test_a_mistake(tmp_path):
    result = run_script(TOOL, '--rounds', '0', cwd=tmp_path)
    assert result.returncode == 2 and 'at least 1' in result.stderr
