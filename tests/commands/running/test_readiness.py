"""A data root that is not there is told with all keys that have it, and with the folder that is meant, where one is."""
import pytest
from mmengine.config import Config

from mmdepthcls.commands.running.program import UsageError
from mmdepthcls.commands.running.readiness import check_run

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
