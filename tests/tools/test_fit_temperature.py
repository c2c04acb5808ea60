"""tools/fit_temperature.py, run as users run it."""
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from script_process import run_script

from mmdepthcls.datasets.files.depth_png import decode_depth_png

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'deeplabv2_r18_minidrive_sid71.py'
QUICK = ['--cfg-options', 'val_dataloader.num_workers=0', 'val_dataloader.persistent_workers=False']


def run(folder, root, *arguments, fresh=False):
    return run_script(ROOT / 'tools' / 'fit_temperature.py', CONFIG, *arguments, '--work-dir', folder / 'work', *QUICK,
                      cwd=folder, fresh=fresh, MINIDRIVE_ROOT=root)


@pytest.fixture
def checkpoint(tmp_path, mmseg_scope, minidrive):
    """Weights that are too sure: everywhere three times the logarithms of how frequent the bins are."""
    model = MODELS.build(Config.fromfile(CONFIG).model)
    paths = sorted(Path(minidrive).glob('depth/val/*.png'))
    maps = [decode_depth_png(path.read_bytes(), str(path)) for path in paths]
    label = model.bins.encode(np.stack(maps))
    counts = np.bincount(label[label != 255], minlength=71) + 1
    biases = [p for name, p in model.decode_head.named_parameters() if name.endswith('bias')]
    for parameter in model.decode_head.parameters():
        parameter.data.zero_()
    biases[0].data = 3 * torch.from_numpy(np.log(counts / counts.sum())).float()
    torch.save(dict(state_dict=model.state_dict(), meta={}, message='kept'), tmp_path / 'weights.pth')
    return tmp_path / 'weights.pth'


def fitted(folder, root, source, target, fresh=False):
    """Temperature, and the NLL before and after it."""
    result = run(folder, root, source, target, '--pixels', 300, fresh=fresh)
    assert result.returncode == 0, result.stderr[-3000:]
    numbers = [float(x) for x in re.findall(r'^\| (?:before|after ) \| +(\S+) \|', result.stdout, re.MULTILINE)]
    return float(re.search(r'Temperature (\S+), fitted to 600 pixels', result.stdout)[1]), *numbers


@pytest.mark.long  # a slice: the test below
def test_the_fit_of_what_is_calibrated_changes_nothing(checkpoint, minidrive, tmp_path):
    first = fitted(tmp_path, minidrive, checkpoint, tmp_path / 'once.pth')
    second = fitted(tmp_path, minidrive, tmp_path / 'once.pth', tmp_path / 'twice.pth')
    assert second[0] == pytest.approx(first[0], rel=1e-3) and second[1] == second[2] == first[2]


def test_writes_a_copy_with_the_temperature_of_least_nll(checkpoint, minidrive, tmp_path):
    original = checkpoint.read_bytes()
    temperature, before, after = fitted(tmp_path, minidrive, checkpoint, tmp_path / 'once.pth', fresh=True)
    assert checkpoint.read_bytes() == original
    assert temperature == pytest.approx(3, rel=0.15) and after < before
    before, after = (torch.load(path, weights_only=True) for path in (checkpoint, tmp_path / 'once.pth'))
    assert after['message'] == 'kept'
    assert set(after['state_dict']) == {*before['state_dict'], 'temperature'}
    assert all(torch.equal(value, after['state_dict'][key]) for key, value in before['state_dict'].items())


def test_what_cannot_be_read_or_written_is_a_message(checkpoint, minidrive, tmp_path):
    for source, target, words in ((tmp_path / 'none.pth', tmp_path / 'out.pth', 'none.pth does not exist'),
                                  (checkpoint, tmp_path / 'no' / 'out.pth', 'out.pth: there is no folder')):
        result = run(tmp_path, minidrive, source, target)
        assert result.returncode == 2 and result.stderr.strip().splitlines()[-1].startswith('fit_temperature: ')
        assert words in result.stderr and not target.exists()


def test_the_checkpoint_itself_is_never_written_over(checkpoint, minidrive, tmp_path):
    (tmp_path / 'link.pth').symlink_to(checkpoint)
    (tmp_path / 'hard.pth').hardlink_to(checkpoint)
    original, config = checkpoint.read_bytes(), CONFIG.read_bytes()
    for source, target in ((checkpoint, checkpoint), (checkpoint, tmp_path / 'link.pth'), (checkpoint, CONFIG),
                           (tmp_path / 'link.pth', checkpoint), (checkpoint, tmp_path / 'hard.pth'),
                           ('weights.pth', tmp_path / '..' / tmp_path.name / 'weights.pth'), (checkpoint, tmp_path)):
        result = run(tmp_path, minidrive, source, target)
        assert result.returncode in (1, 2) and 'Traceback' not in result.stderr
        assert re.search(r'^fit_temperature: .* (would be written over|is a folder)', result.stderr, re.MULTILINE)
        assert checkpoint.read_bytes() == original and CONFIG.read_bytes() == config
