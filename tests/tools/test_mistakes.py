"""What a person does wrong is answered by one message, without a traceback, before a model is built."""
from pathlib import Path

import pytest
import torch
from script_process import run_script

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'deeplabv2_r18_minidrive_sid71.py'


@pytest.fixture
def place(tmp_path):
    """A working directory with files that are not what they should be."""
    (tmp_path / 'file').touch()
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'broken.py').write_text('a = 1\nb = dict(\nc = 2\n')
    (tmp_path / 'above.py').write_text("_base_ = ['broken.py']\n")
    (tmp_path / 'orphan.py').write_text("_base_ = ['nowhere.py']\n")
    (tmp_path / 'unknown.py').write_text('a = 1\nb = no_such_name\n')
    (tmp_path / 'latin.py').write_bytes('a = "\xe9"\n'.encode('latin-1'))
    (tmp_path / 'notes.pth').write_text('no weights\n')
    torch.save(dict(state_dict={}), tmp_path / 'weights.pth')
    return tmp_path


@pytest.mark.parametrize(('command', 'expected'), [
    (['train', 'deeplabv2_r18_minidrive_sid7.py'], 'does not exist. Near it:'),
    (['train', 'deeplabv2_r18_minidrive_sid7.py'], 'deeplabv2_r18_minidrive_sid71.py'),
    (['train', 'folder'], 'config folder is a folder'),
    (['train', 'file'], 'expected a file that ends in .py'),
    (['train', 'broken.py'], "config broken.py, line 2: '(' was never closed"),
    (['test', 'above.py', 'weights.pth'], "config broken.py, line 2: '(' was never closed"),
    (['train', 'orphan.py'], 'orphan.py builds on nowhere.py'),
    (['train', 'unknown.py'], "unknown.py, line 2: NameError: name 'no_such_name' is not defined"),
    (['train', 'latin.py'], 'is no text in UTF-8'),
    (['check_data', 'broken.py'], 'config broken.py, line 2'),
    (['analyze_bins', 'broken.py'], 'config broken.py, line 2'),
    (['study', 'nothing.py'], 'config nothing.py does not exist'),
    (['test', CONFIG, 'missing.pth'], 'checkpoint missing.pth does not exist; that folder holds notes.pth'),
    (['test', CONFIG, 'folder'], 'checkpoint folder is a folder'),
    (['test', CONFIG, 'notes.pth'], 'notes.pth is no checkpoint'),
    (['fit_temperature', CONFIG, 'missing.pth', 'out.pth'], 'checkpoint missing.pth does not exist'),
    (['fit_temperature', CONFIG, 'weights.pth', 'nowhere/out.pth'], 'there is no folder'),
    (['tune_crf', CONFIG, 'notes.pth'], 'notes.pth is no checkpoint'),
    (['compare_crfs', CONFIG, 'folder', '--crf', 'a', 'iterations=1'], 'checkpoint folder is a folder'),
    (['train', CONFIG, '--work-dir', 'file'], '--work-dir file cannot be used: file is a file'),
    (['train', CONFIG, '--work-dir', 'file/below'], 'file is a file'),
    (['test', CONFIG, 'weights.pth', '--out', 'file'], '--out file cannot be used'),
    (['test', CONFIG, 'weights.pth', '--report', 'file'], '--report file cannot be used'),
    (['demo', '--work-dir', 'file'], '--work-dir file cannot be used'),
    (['demo', '--iterations', '0'], '--iterations must be at least 1'),
    (['train', CONFIG], 'data/minidrive does not exist (train_dataloader.dataset.data_root); set MINIDRIVE_ROOT or '
                        'see docs/data.md'),
    (['test', CONFIG, 'weights.pth'], 'data/minidrive does not exist (test_dataloader.dataset.data_root)'),
    (['train', CONFIG, '--cfg-options', 'nonsense'], "expected KEY=VALUE, got 'nonsense'"),
    (['train', CONFIG, '--cfg-options', 'train_cfg.max_iter=3'], 'Is train_cfg.max_iters meant?'),
    (['train', CONFIG, '--cfg-options', 'model.backbone.depht=3'], 'Is model.backbone.depth meant?'),
    (['train', CONFIG, '--cfg-options', 'load_form=a.pth'], 'Is load_from meant?'),
    (['train', CONFIG, '--cfg-options', 'depth_format.scale=100'],
     'It is read as train_dataloader.dataset.depth_format.scale=...'),
    (['train', CONFIG, '--cfg-options', 'train_pipeline.99.type=x'], '--cfg-options train_pipeline.99.type:'),
    (['train', CONFIG, '--cfg-options', 'load_from=none.pth'], 'load_from=none.pth: there is no such file'),
    (['make_config', 'no_such_recipe'], 'no_such_recipe'),
    (['sweep_models', 'no_such_model'], 'no_such_model: no such model'),
])
@pytest.mark.sliced(every=2)
def test_a_mistake_is_refused(command, expected, place):
    tool, *arguments = command
    result = run_script(ROOT / 'tools' / f'{tool}.py', *arguments, cwd=place)
    assert result.returncode == 2, result.stderr
    assert expected in result.stderr
    assert 'Traceback' not in result.stderr and result.stdout == ''
    if 'usage:' not in result.stderr:
        assert result.stderr.startswith(f'{tool}: ') and len(result.stderr.splitlines()) == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
@pytest.mark.parametrize(('options', 'expected'), [
    (['--launcher', 'pytorch'], '--launcher pytorch needs a GPU'),
    (['--launcher', 'slurm'], '--launcher slurm needs a GPU'),
])
def test_a_gpu_that_is_not_there(options, expected, minidrive, tmp_path):
    result = run_script(ROOT / 'tools' / 'train.py', CONFIG, *options, cwd=tmp_path, MINIDRIVE_ROOT=minidrive)
    assert result.returncode == 2 and result.stderr.startswith(f'train: {expected}'), result.stderr
    assert not (tmp_path / 'work_dirs').exists()


@pytest.mark.parametrize(('option', 'expected'), [
    ('model.backbone.type=ResNext9', 'ResNext9 is not in the'),
    ('model.backbone.bogus=3', "unexpected keyword argument 'bogus'"),
    ('val_evaluator.bogus=3', "unexpected keyword argument 'bogus'"),
    ('train_dataloader.dataset.bogus=3', "unexpected keyword argument 'bogus'"),
    ('model.bins.min_depth=90.0', 'min_depth'),
])
def test_what_a_config_says_wrongly_has_no_traceback(option, expected, minidrive, tmp_path):
    result = run_script(ROOT / 'tools' / 'train.py', CONFIG, '--cfg-options', option, cwd=tmp_path,
                        MINIDRIVE_ROOT=minidrive)
    assert result.returncode == 1 and expected in result.stderr, result.stderr
    assert 'Traceback' not in result.stderr


def test_debug_shows_where(place):
    result = run_script(ROOT / 'tools' / 'train.py', 'unknown.py', '--debug', cwd=place)
    assert result.returncode == 2 and 'Traceback' in result.stderr and 'no_such_name' in result.stderr


def test_a_key_that_is_new_is_allowed(place, minidrive):
    """It goes on to what is wrong next."""
    result = run_script(ROOT / 'tools' / 'train.py', CONFIG, '--work-dir', 'work', '--cfg-options',
                        'train_dataloader.dataset.ground_truth=sparse', 'load_from=none.pth', cwd=place,
                        MINIDRIVE_ROOT=minidrive)
    assert 'load_from=none.pth: there is no such file' in result.stderr
