"""A data root that is not there is told with all keys that have it, and with the folder that is meant, where one is."""
import pytest
from mmengine.config import Config

from mmdepthcls.commands.running.program import UsageError
from mmdepthcls.commands.running.readiness import TOGETHER, check_parts, check_run

TEXT = """
work_dir = 'work'
data = dict(type='DepthFolderDataset', data_root='my data')
train_dataloader = dict(dataset=dict(type='ConcatDataset', datasets=[data, dict(data, data_root='.')]))
val_dataloader = dict(dataset=data)
test_dataloader = dict(dataset=dict(type='RepeatDataset', dataset=data))
"""
KEYS = ('train_dataloader.dataset.datasets.0.data_root', 'val_dataloader.dataset.data_root',
        'test_dataloader.dataset.dataset.data_root')


@pytest.fixture
def cfg(tmp_path, monkeypatch):
    (tmp_path / 'configs').mkdir()
    (tmp_path / 'configs/mine.py').write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    return Config.fromfile('configs/mine.py')


def test_all_keys_of_a_missing_root_are_named(cfg):
    with pytest.raises(UsageError) as caught:
        check_run(cfg, ('train', 'val'))
    assert 'my data does not exist (train_dataloader.dataset.datasets[0].data_root)' in str(caught.value)
    assert '--cfg-options ' + ' '.join(f'{key}=DIR' for key in KEYS) in str(caught.value)


def test_the_folder_beside_the_config_is_proposed_and_what_is_proposed_works(cfg, tmp_path):
    (tmp_path / 'configs/my data').mkdir()
    with pytest.raises(UsageError) as caught:
        check_run(cfg, ('val', ))
    root = str(tmp_path / 'configs/my data')
    assert ' '.join(f"{key}='{root}'" for key in KEYS) in str(caught.value)
    cfg.merge_from_dict(dict.fromkeys(KEYS, root))
    check_run(cfg, ('train', 'val', 'test'))


def test_an_environment_variable_is_named_instead(cfg, tmp_path, monkeypatch):
    monkeypatch.delenv('MY_ROOT', raising=False)
    (tmp_path / 'configs/mine.py').write_text(TEXT.replace("'my data'", "'{{$MY_ROOT:nowhere}}'"))
    with pytest.raises(UsageError, match='nowhere does not exist .*; set MY_ROOT or see'):
        check_run(Config.fromfile('configs/mine.py'), ('test', ))


@pytest.mark.parametrize('missing', ['train_cfg', 'train_dataloader', 'optim_wrapper', 'val_evaluator'])
def test_what_the_runner_wants_together_is_told(missing):
    cfg = {key: {} for keys in TOGETHER.values() for key in keys}
    check_parts(Config(cfg), 'train')
    for value in (None, ...):
        changed = {key: each for key, each in cfg.items() if key != missing} | ({} if value else {missing: None})
        with pytest.raises(UsageError, match=f'needs .*{missing}.*the config has no {missing}. Set all of them'):
            check_parts(Config(changed), 'train')


def test_only_the_split_that_runs_must_be_there():
    cfg = Config(dict.fromkeys(TOGETHER['test'], {}))
    check_parts(cfg, 'test')
    with pytest.raises(UsageError, match='train needs .*no train_dataloader and no train_cfg and no optim_wrapper'):
        check_parts(cfg, 'train')
