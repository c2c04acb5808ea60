"""tools/prepare_synthia.py: what it prints, asks, changes, and the status with which it ends."""
import os
import pty
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

TOOL = Path(__file__).parents[2] / 'tools' / 'prepare_synthia.py'
FOLDER = 'data/synthia/RAND_CITYSCAPES'


@pytest.fixture
def run(run_here):
    """Runs the tool in this process. Returns status and output."""

    def run(*arguments):
        status, *texts = run_here(TOOL, *arguments)
        return status, ''.join(texts)

    return run


def run_alone(*arguments, answer=None):
    """As ``run`` in a process of its own; ``answer`` is typed at a terminal, without it there is none."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, f'{answer}\n'.encode())
        result = subprocess.run(
            [sys.executable, str(TOOL), *map(str, arguments)], stdin=subprocess.DEVNULL if answer is None else theirs,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100)
    finally:
        os.close(ours)
        os.close(theirs)
    return result.returncode, result.stdout


def names(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob('*') if path.is_file())


@pytest.fixture
def root(tmp_path):
    """Three pairs in the set's true size and format, in the default folder."""
    root = tmp_path / FOLDER
    for name, picture in (('RGB', np.full((760, 1280, 3), 90, np.uint8)),
                          ('Depth/Depth', np.full((760, 1280, 3), 1500, np.uint16))):
        (root / name).mkdir(parents=True)
        for number in range(3):
            cv2.imwrite(str(root / name / f'{number:07d}.png'), picture)
    return root


@pytest.fixture
def flat(tmp_path):
    """The names of three pairs as a broken unrar leaves them."""
    root = tmp_path / FOLDER
    root.mkdir(parents=True)
    for number in range(3):
        for folder in ('RGB', 'Depth\\Depth'):
            (root / f'{folder}\\{number:07d}.png').write_text(f'{folder} {number}')
    return root


def test_a_complete_set_ends_with_the_next_command(root, run):
    status, out = run('--expected', 3, '--write-split', '--full')
    assert status == 0, out
    assert '3 images in RGB, 3 depth maps in Depth/Depth, 3 expected' in out and 'train 3, val 0, test 0' in out
    assert '3 depth maps decoded, median depth 15.0 m' in out and 'Complete and intact. Next:\n' in out
    assert f'SYNTHIA_ROOT={FOLDER} python {TOOL.with_name("train.py")} deeplabv2_r101_synthia_sid71\n' in out
    assert (root / 'train.txt').read_text().count('\n') == 4 and (root / 'val.txt').exists()


def test_the_next_command_names_a_config_that_exists(root, run):
    out = run('--expected', 3, '--quick')[1]
    assert (TOOL.parents[1] / 'configs' / f'{out.split()[-1]}.py').is_file()


def test_faults_end_with_status_1_and_without_split_files(root, run):
    status, out = run(root, '--quick', '--write-split')
    assert status == 1 and 'Missing from RGB (9397): 3-9399' in out and 'No split file was written' in out
    assert not (root / 'train.txt').exists()
    (root / 'val.txt').write_text('mine\n')
    status, out = run(root, '--expected', 3, '--quick', '--write-split')
    assert status == 1 and 'val.txt exists and was not written by this tool' in out
    assert not (root / 'train.txt').exists() and (root / 'val.txt').read_text() == 'mine\n'


def test_without_a_terminal_the_plan_is_printed_and_nothing_touched(flat):
    before = names(flat)
    status, out = run_alone(flat, '--repair', '--expected', 3, '--quick')
    assert status == 1 and names(flat) == before
    assert 'Files to rename' in out and 'RGB\\0000000.png -> RGB/0000000.png' in out and 'Add --yes' in out


def test_no_answer_is_no(flat):
    before = names(flat)
    status, out = run_alone(flat, '--repair', '--quick', answer='')
    assert status == 1 and names(flat) == before
    assert 'Rename 6 files? [y/N]' in out and 'Nothing was renamed.' in out


def test_yes_repairs_and_goes_on_with_the_check(flat):
    status, out = run_alone(flat, '--repair', '--expected', 3, '--quick', answer='y')
    assert status == 0, out
    assert '6 files renamed.' in out and 'Complete, as far as names say.' in out
    for number in range(3):
        assert (flat / f'RGB/{number:07d}.png').read_text() == f'RGB {number}'
        assert (flat / f'Depth/Depth/{number:07d}.png').read_text() == f'Depth\\Depth {number}'
    assert len(names(flat)) == 6


def test_a_second_repair_has_nothing_to_do(flat, run):
    assert run('--repair', '--yes', '--expected', 3, '--quick')[0] == 0
    status, out = run('--repair', '--expected', 3, '--quick')
    assert status == 0 and 'No file name needs mending.' in out


def test_a_conflict_is_reported_and_left_alone(flat, run):
    (flat / 'RGB').mkdir()
    (flat / 'RGB/0000001.png').write_text('another')
    status, out = run('--repair', '--yes', '--expected', 3, '--quick')
    assert status == 1 and '5 files renamed.' in out and 'Names with a backslash (1)' in out
    assert 'RGB\\0000001.png -- RGB/0000001.png exists already, with another size' in out
    assert (flat / 'RGB/0000001.png').read_text() == 'another'
    assert (flat / 'RGB\\0000001.png').read_text() == 'RGB 1'


def test_long_plans_show_ten_names(flat, run):
    for number in range(3, 20):
        (flat / f'RGB\\{number:07d}.png').touch()
    out = run('--repair')[1]
    assert out.count(' -> ') == 10 and 'and 13 more' in out


def test_an_interrupt_ends_with_status_130(flat, run, monkeypatch):
    monkeypatch.setattr(os, 'rename', lambda old, new: (_ for _ in ()).throw(KeyboardInterrupt))
    status, out = run('--repair', '--yes')
    assert status == 130 and 'run it again to finish' in out


@pytest.mark.parametrize('arguments, message', [
    (['--workers', '0'], '--workers must be at least 1, got 0'), (['--expected', '0'], '--expected must be'),
    (['--yes'], '--yes goes with --repair'), (['--quick', '--full'], 'not allowed with'),
    (['nowhere'], 'nowhere is no folder. Give the folder RAND_CITYSCAPES'),
])
def test_wrong_usage_ends_with_status_2(run, arguments, message):
    status, out = run(*arguments)
    assert status == 2 and message in out


def test_flat_files_beside_the_missing_folder_are_found(tmp_path, run):
    (tmp_path / 'RAND_CITYSCAPES\\RGB\\0000000.png').touch()
    status, out = run('RAND_CITYSCAPES')
    assert status == 2 and 'such as RAND_CITYSCAPES\\RGB\\0000000.png: run python' in out and '. --repair' in out
