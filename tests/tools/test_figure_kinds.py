"""tools/figures.py and its kinds, run as people run it, with the model of the package or a small one."""
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS

TOOL = Path(__file__).parents[2] / 'tools' / 'figures.py'


@pytest.fixture(scope='module')
def small(tmp_path_factory, small_model_cfg, minidrive):
    """Folder with a config and two checkpoints."""
    folder = tmp_path_factory.mktemp('ein Modell é')
    pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
    cfg = Config(dict(
        default_scope='mmseg', model=small_model_cfg(num_bins=8), test_pipeline=pipeline,
        test_dataloader=dict(batch_size=1, num_workers=0, dataset=dict(
            type='MiniDriveDataset', data_root=minidrive, split='test', pipeline=pipeline)),
        test_evaluator=dict(type='DepthEvaluator'), test_cfg=dict(type='TestLoop')))
    cfg.dump(folder / 'small.py')
    for name in ('first', 'second'):
        torch.manual_seed(len(name))
        with DefaultScope.overwrite_default_scope('mmseg'):
            torch.save(dict(state_dict=MODELS.build(cfg.model).state_dict(), meta={}), folder / f'{name}.pth')
    return folder


def test_kinds_of_a_config_and_two_checkpoints(run_here, small, tmp_path):
    status, out, err = run_here(
        TOOL, small / 'small.py', small / 'first.pth', '--after', small / 'second.pth', '--names', 'source é',
        'adapted', '--kind', 'comparison', 'sheet', 'reliability', 'ladder', '--out', 'ein Ordner/é', '--width', '400',
        '--device', 'cpu')
    assert status == 0, err
    folder = tmp_path / 'ein Ordner' / 'é'
    kinds = 'comparison', 'sheet', 'reliability', 'ladder'
    names = {f'{kind}.{suffix}' for kind in kinds for suffix in ('png', 'md')}
    assert {path.name for path in folder.iterdir()} == names
    assert '  3  ' in out and 'test/000002' in out and 'Written to ein Ordner/é: comparison.png' in out
    assert 'source é, AbsRel' in (folder / 'comparison.md').read_text('utf-8')
    before = (folder / 'sheet.png').read_bytes()
    sheet = TOOL, small / 'small.py', small / 'first.pth', '--kind', 'sheet', '--out', folder
    status, _, err = run_here(*sheet)
    assert status == 2 and 'holds sheet.png already' in err and (folder / 'sheet.png').read_bytes() == before
    (folder / 'sheet_2.png').write_bytes(before)  # of an earlier, longer one
    cv2.imwrite(str(folder / 'sheet_3.png'), np.zeros((2, 2, 3), np.uint8))  # of somebody else
    status, _, err = run_here(*sheet, '--overwrite', '--images', 'test/000001', '--width', '300', '--device', 'cpu')
    assert status == 0 and (folder / 'sheet.png').read_bytes() != before
    assert not (folder / 'sheet_2.png').exists() and (folder / 'sheet_3.png').exists()


def test_the_model_of_the_package_on_bare_pictures(run_here, tmp_path):
    (tmp_path / 'in').mkdir()
    image = np.random.default_rng(0).integers(0, 255, (30, 20, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / 'in' / 'a b.png'), image)
    status, out, err = run_here(TOOL, '--data', 'in', '--kind', 'sheet', 'points', '--out', 'out', '--width', '300',
                                '--fov', '60', '--device', 'cpu')
    assert status == 0, err
    assert {path.name for path in (tmp_path / 'out').iterdir()} == {'sheet.png', 'sheet.md', 'points.png', 'points.md'}
    assert '17.3 |' in (tmp_path / 'out' / 'points.md').read_text()  # 10 / tan 30
    for kind in ('errors', 'reliability'):
        status, _, err = run_here(TOOL, '--data', 'in', '--kind', kind, '--out', 'more', '--device', 'cpu')
        assert status == 2 and f'--kind {kind}: no' in err and 'give pictures with measured depth' in err
        assert not (tmp_path / 'more').exists()


def test_a_ladder_needs_no_model(run_here, tmp_path):
    status, _, err = run_here(TOOL, '--kind', 'ladder', '--range', '0', '10', '--num-bins', '8', '--out', 'a')
    assert status == 0, err
    assert '| LID  |      8 |   0 to 10 |' in (tmp_path / 'a' / 'ladder.md').read_text()


@pytest.mark.parametrize('arguments, message', [
    (['--kind', 'sheet'], 'figures of a model file need pictures: give --data'),
    (['m.safetensors', '--kind', 'sheet'], 'm.safetensors is a model file: give it as --model m.safetensors'),
    (['small.py'], 'CHECKPOINT is missing: the weights of small.py'),
    (['small.py', 'first.pth', '--model', 'm.safetensors'], 'give either CONFIG and CHECKPOINT, or --model'),
    (['small.py', 'first.pth', '--kind', 'comparison'], '--kind comparison is of two models'),
    (['small.py', 'first.pth', '--after', 'no.pth'], '--after no.pth does not exist'),
    (['--data', '.', '--after', 'first.pth'], '--after first.pth is no model file'),
    (['small.py', 'first.pth', '--after-config', 'small.py'], '--after-config is of a checkpoint'),
    (['small.py', 'first.pth', '--names', 'a', 'a'], 'expected two different names'),
    (['small.py', 'first.pth', '--range', '1', '80'], '--range and --num-bins are of a ladder of no model'),
    (['--kind', 'ladder', '--range', '80', '1'], 'max_depth'),
    (['--kind', 'sheet', '--data', 'no such folder'], 'no such folder'),
    (['--kind', 'sheet', '--data', '.', '--model', 'no.safetensors'], 'no.safetensors does not exist'),
    (['--kind', 'sheet', '--data', '.', '--cfg-options', 'a=1'], '--cfg-options are of a config'),
    (['--width', '10'], '--width: expected a number >= 240, got 10'),
    (['small.py', 'first.pth', '--kind', 'sheet', '--images', 'nowhere'], '--images nowhere: no image of the test')])
def test_what_makes_no_sense_is_refused_before_anything_is_written(run_here, small, tmp_path, arguments, message):
    for name in ('small.py', 'first.pth'):
        (tmp_path / name).write_bytes((small / name).read_bytes())
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((8, 8, 3), np.uint8))
    status, _, err = run_here(TOOL, *arguments, '--out', 'out')
    assert status == 2 and message in err and 'Traceback' not in err
    assert not (tmp_path / 'out').exists()
