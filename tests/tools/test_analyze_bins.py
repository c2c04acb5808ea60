"""The choice of bins as users make it."""
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from script_process import run_script

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'deeplabv2_r18_minidrive_sid71.py'


def analyze(*arguments, cwd, **environment):
    return run_script(ROOT / 'tools' / 'analyze_bins.py', *arguments, cwd=cwd, **environment)


@pytest.mark.long  # a slice: tests/commands/analyze_bins
def test_a_config_is_analyzed_with_its_own_bins_first(minidrive, tmp_path):
    result = analyze(CONFIG, '--split', 'test', '--max-samples', 2, '--num-bins', 8, 71, '--out', 'out', '--workers', 1,
                     cwd=tmp_path, fresh=True, MINIDRIVE_ROOT=minidrive)
    assert result.returncode == 0, result.stderr[-2000:]
    assert 'test: 2 of 3 samples' in result.stdout and 'bins = dict(type=' in result.stdout
    assert {path.name for path in (tmp_path / 'out').iterdir()} == {'bins.md', 'bins.json', 'intervals.png',
                                                                    'intervals_log.png'}
    numbers = json.loads((tmp_path / 'out/bins.json').read_text())
    names = [row['name'] for row in numbers['bins']]
    assert names[0] == 'SID 71 [1, 80]' and len(set(names)) == len(names) and numbers['samples'] == 2
    maps = [cv2.imread(f'{minidrive}/depth/test/{i:06d}.png', -1) / 256 for i in (0, 2)]
    assert numbers['pixels'] + numbers['fill_pixels'] == sum((depth > 0).sum() for depth in maps)
    floors = [np.mean([np.mean(abs(SID71_CENTERS[label] - g) / g)]) for g, label in map(sid71, maps)]
    assert numbers['bins'][0]['floor']['abs_rel'] == pytest.approx(np.mean(floors), rel=1e-5)
    assert cv2.imread(str(tmp_path / 'out/intervals.png')) is not None


SID71_EDGES = 80 ** (np.arange(72) / 71)
SID71_CENTERS = np.sqrt(SID71_EDGES[:-1] * SID71_EDGES[1:])


def sid71(depth):
    scored = depth[(depth > 1e-3) & (depth < 80)]
    return scored, np.clip(np.searchsorted(SID71_EDGES, scored, 'right') - 1, 0, 70)


def test_a_folder_of_metres_gets_a_range_and_bins_of_its_own(tmp_path):
    depth = np.random.default_rng(0).uniform(2, 9.5, (50, 60)).astype(np.float32)
    (tmp_path / 'maps').mkdir()
    np.save(tmp_path / 'maps/a.npy', depth)
    result = analyze('maps', '--num-bins', 10, '--bins', 'SIDBins(1, 80, 10)', 'SIDBins(0, 80, 10, shift=1)',
                     cwd=tmp_path)
    assert result.returncode == 0, result.stderr[-2000:]
    assert 'Proposed range: [2, 9.5] m' in result.stdout
    for name in ('SID 10 [1, 80]', 'SID 10 [0, 80] + 1', 'UD 10 [2, 9.5]', 'edges 10 [2, 9.5]'):
        assert f'| {name}' in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ['maps']  # nothing is written without --out


@pytest.mark.parametrize('arguments, message', [
    (['nowhere'], 'nowhere does not exist'),
    (['.', '--split', 'val'], '--split and --cfg-options go with a config'),
    (['.'], 'holds no depth file'),
    (['broken.py'], 'config broken.py, line 1: '),
    (['.', '--bins', 'Bins(1)'], "'Bins(1)' is no bins"),
    ([CONFIG, '--split', 'val'], 'cannot be listed'),
], ids=['nowhere', 'folder with split', 'empty', 'broken', 'no bins', 'no data'])
def test_wrong_usage_ends_with_status_2_and_a_message(arguments, message, tmp_path):
    (tmp_path / 'broken.py').write_text('model = dict(')
    result = analyze(*arguments, cwd=tmp_path, MINIDRIVE_ROOT=str(tmp_path / 'none'))
    assert result.returncode == 2 and message in result.stderr and 'Traceback' not in result.stderr
