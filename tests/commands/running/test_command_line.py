import argparse
import re

import pytest
from mmengine.config import Config
from mmengine.optim import OptimWrapper

from mmdepthcls.commands.running import command_line
from mmdepthcls.commands.running.arguments import add_arguments


def parse(tmp_path, *arguments, text="model = dict(type='A', depth=18)\n"):
    config = tmp_path / 'my_config.py'
    config.write_text(text)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([str(config), *arguments])


def test_config_options_and_work_dir(tmp_path):
    cfg = command_line.load_config(parse(tmp_path, '--cfg-options', 'model.depth=34'))
    assert cfg.model.depth == 34 and cfg.launcher == 'none' and cfg.work_dir == 'work_dirs/my_config'
    assert command_line.load_config(parse(tmp_path, '--work-dir', 'here')).work_dir == 'here'
    assert command_line.load_config(parse(tmp_path, text="work_dir = 'there'\n")).work_dir == 'there'


def test_amp():
    cfg = Config(dict(optim_wrapper=dict(type='OptimWrapper')))
    command_line.enable_amp(cfg)
    assert cfg.optim_wrapper == dict(type='AmpOptimWrapper', loss_scale='dynamic')
    with pytest.raises(ValueError, match="got 'MyWrapper'"):
        command_line.enable_amp(Config(dict(optim_wrapper=dict(type='MyWrapper'))))


@pytest.mark.parametrize('name', ['OptimWrapper', 'mmengine.OptimWrapper', 'mmengine.optim.OptimWrapper', OptimWrapper])
def test_amp_knows_the_wrapper_by_every_name(name):
    cfg = Config(dict(optim_wrapper=dict(type=name)))
    command_line.enable_amp(cfg)
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'
    cfg = Config(dict(optim_wrapper=dict(optimizer=dict(type='SGD'))))  # MMEngine's default
    command_line.enable_amp(cfg)
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'


@pytest.mark.parametrize(('device', 'wrapper', 'expected', 'said'), [
    ('cpu', dict(type='AmpOptimWrapper', loss_scale='dynamic', dtype='float16', accumulative_counts=2),
     dict(type='Bfloat16OptimWrapper', accumulative_counts=2),
     "bfloat16.*loss_scale='dynamic', dtype='float16' left out"),
    ('cpu', dict(type='OptimWrapper'), dict(type='OptimWrapper'), None),
    ('cpu', dict(optimizer=dict(type='SGD')), dict(optimizer=dict(type='SGD')), None),
    ('cuda', dict(type='AmpOptimWrapper', dtype='float16'), dict(type='AmpOptimWrapper', dtype='float16'), None)])
def test_mixed_precision_is_that_of_the_device(device, wrapper, expected, said, monkeypatch):
    monkeypatch.setattr(command_line, 'get_device', lambda: device)
    cfg = Config(dict(optim_wrapper=wrapper))
    remark = command_line.fit_amp(cfg)
    assert cfg.optim_wrapper == expected
    assert remark is None if said is None else re.search(said, remark)


def test_what_is_mended_is_said_once(tmp_path, capsys, monkeypatch):
    text = "train_dataloader = dict(num_workers=2, persistent_workers=True, dataset=dict())\n"
    args = parse(tmp_path, '--cfg-options', 'train_dataloader.num_workers=0', text=text)
    assert 'persistent_workers' not in command_line.load_config(args).train_dataloader
    assert capsys.readouterr().err == 'train_dataloader has num_workers=0: persistent_workers left out\n'
    monkeypatch.setenv('RANK', '1')
    command_line.load_config(args)
    assert not capsys.readouterr().err


def test_misspelt_keys_are_refused(tmp_path):
    with pytest.raises(ValueError, match="'load_form'.*Did you mean 'load_from'"):
        command_line.load_config(parse(tmp_path, text='load_form = 5'))


def test_a_variable_that_is_set_is_remarked(tmp_path, capsys):
    text = "model = dict(type='A', depth=18)\ndata = dict(depth=3)\n"
    cfg = command_line.load_config(parse(tmp_path, '--cfg-options', 'data.depth=5', 'model.depth=34', text=text))
    assert cfg.model.depth == 34 and cfg.data.depth == 5
    assert "'data' is a variable" in (err := capsys.readouterr().err) and "'depth' is read as model.depth=..." in err
    assert err.count('--cfg-options') == 1
