"""tools/predict.py, run as users run it; and what they do wrong."""
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from script_process import run_script

ROOT = Path(__file__).parents[2]
TOOL = ROOT / 'tools' / 'predict.py'
CONFIG = 'deeplabv2_r18_minidrive_sid71'


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    """A checkpoint of the config."""
    from mmengine.registry import DefaultScope
    path = tmp_path_factory.mktemp('weights') / 'w.pth'
    with DefaultScope.overwrite_default_scope('mmseg'):
        torch.save(dict(state_dict=MODELS.build(Config.fromfile(ROOT / 'configs' / f'{CONFIG}.py').model).state_dict()),
                   path)
    return path


@pytest.fixture
def place(tmp_path, builders):
    """A working directory with pictures and rubbish."""
    for index in range(3):
        builders.write(tmp_path / f'in/sub/{index} of 3.PNG', builders.image(index, (64, 96)))
    (tmp_path / 'empty').mkdir()
    (tmp_path / 'file').touch()
    (tmp_path / 'notes.pth').write_text('no weights')
    (tmp_path / 'notes.safetensors').write_text('no weights')
    return tmp_path


def test_a_folder(place, weights):
    command = ['in', '--out', 'out', '--config', CONFIG, '--checkpoint', weights]
    result = run_script(TOOL, *command, cwd=place, fresh=True)
    assert result.returncode == 0, result.stderr
    assert 'Written: out (3 pictures)' in result.stdout and 'Predicting: 3/3 pictures' in result.stderr
    depth = cv2.imread(str(place / 'out/sub/0 of 3.png'), cv2.IMREAD_UNCHANGED)
    assert depth.dtype == np.uint16 and depth.shape == (64, 96) and depth.min() >= 256 and depth.max() <= 80 * 256
    assert cv2.imread(str(place / 'out/sub/0 of 3_color.png')).shape == (64, 96, 3)
    (place / 'in/broken.jpg').write_bytes(b'\xff\xd8\xff')
    result = run_script(TOOL, *command, '--save', 'ply', cwd=place)
    assert result.returncode == 1 and '(0 pictures, 4 failed)' in result.stdout
    assert re.search(r'Failed: in/broken.jpg: .*truncated', result.stderr) and 'need a focal length' in result.stderr
    assert 'Traceback' not in result.stderr


def test_cameras(place, weights):
    command = ['in', '--out', 'out', '--config', CONFIG, '--checkpoint', weights]
    result = run_script(TOOL, *command, '--fov', '90', '--save', 'ply', 'npz', '--trained-focal-px', '52', cwd=place)
    assert result.returncode == 0, result.stderr
    # 48 px, 96 x 64 to 208 x 64: 48 * sqrt(208 / 96) / 52.
    factor = 48 * np.sqrt(208 / 96) / 52
    assert f'(a field of view of 90 degrees): 3 pictures, metres x {factor:.3g}' in result.stdout
    arrays = np.load(place / 'out/sub/0 of 3.npz')
    assert arrays['correction'] == pytest.approx(factor) and arrays['focal_px'] == pytest.approx(48)
    result = run_script(TOOL, *command, cwd=place)
    assert result.returncode == 2 and 'Give another folder (--out)' in result.stderr


MODEL = ['--config', CONFIG, '--checkpoint', 'WEIGHTS']


@pytest.mark.parametrize(('arguments', 'expected'), [
    (['none.png', '--out', 'out', *MODEL], 'none.png does not exist'),
    (['empty', '--out', 'out', *MODEL], 'empty holds no pictures'),
    (['in/*.gif', '--out', 'out', *MODEL], 'the pattern fits no picture'),
    (['in', '--out', 'in', *MODEL], '--out in is the folder of the pictures'),
    (['in', '--out', 'file', *MODEL], '--out file cannot be used: file is a file'),
    (['in', '--out', 'file/below', *MODEL], 'file is a file'),
    (['in', '--out', 'out', *MODEL, '--model', 'a.safetensors'], 'give either --model'),
    (['in', '--out', 'out', '--config', CONFIG], 'go together'),
    (['in', '--out', 'out', '--checkpoint', 'WEIGHTS'], 'go together'),
    (['in', '--out', 'out', '--cfg-options', 'a=3'], 'needs --config and --checkpoint'),
    (['in', '--out', 'out', '--model', 'none.safetensors'], '--model none.safetensors does not exist'),
    (['in', '--out', 'out', '--model', 'empty'], '--model empty is a folder'),
    (['in', '--out', 'out', '--model', 'notes.safetensors'], 'notes.safetensors'),
    (['in', '--out', 'out', '--config', 'deeplabv2_r18_minidrive_sid7', '--checkpoint', 'WEIGHTS'], 'Near it'),
    (['in', '--out', 'out', '--config', CONFIG, '--checkpoint', 'notes.pth'], 'is no checkpoint'),
    (['in', '--out', 'out', *MODEL, '--cfg-options', 'model.bins.num_bins=9'], 'bins'),
    (['in', '--out', 'out', *MODEL, '--cfg-options', 'bins.num_bins=9', 'decoder.type=ArgmaxDecoder'],
     'read as model.decoder.type='),
    (['in', '--out', 'out', *MODEL, '--save', 'exr'], 'invalid choice'),
    (['in', '--out', 'out', *MODEL, '--focal-px', '-3'], '--focal-px must be positive'),
    (['in', '--out', 'out', *MODEL, '--focal-px', '0.8'], 'cannot be the focal length of in/sub/0 of 3.PNG'),
    (['in', '--out', 'out', *MODEL, '--fov', '180'], '--fov must be between'),
    (['in', '--out', 'out', *MODEL, '--cameras', 'file'], 'file is no JSON'),
    (['in', '--out', 'out', *MODEL, '--min-depth', '90'], 'min_depth'),
    (['in', '--out', 'out', *MODEL, '--colormap', 'none'], 'colormap'),
    (['in', '--out', 'out', *MODEL, '--batch-size', '0'], '--batch-size must be at least 1'),
    (['in'], '--out'),
])
def test_a_mistake_is_refused(place, weights, arguments, expected):
    arguments = [weights if each == 'WEIGHTS' else each for each in arguments]
    result = run_script(TOOL, *arguments, cwd=place)
    assert result.returncode == 2, result.stderr
    assert expected in result.stderr and 'Traceback' not in result.stderr and result.stdout == ''
    assert sorted(path.name for path in place.iterdir()) == [
        'empty', 'file', 'in', 'notes.pth', 'notes.safetensors']
