"""Keys that nothing reads are refused where they are set by name, with the places where they are read."""
import inspect
import re
from pathlib import Path

import mmengine.runner
import pytest
from mmengine.config import Config
from mmengine.runner import Runner

from mmdepthcls.config.config_check import KEYS
from mmdepthcls.config.unread_key import RARE_KEYS, check_new_key, places_of, variable_remark

ROOT = Path(__file__).parents[2]
TEXT = """
bins = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)
data = dict(type='DepthFolderDataset', data_root='a', depth_format=dict(scale=256.0))
other = dict(type='KITTIDepthDataset', data_root='b')
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
model = dict(type='DepthClassifier', bins=bins, backbone=dict(type='ResNetV1c', depth=18))
train_dataloader = dict(batch_size=2, dataset=dict(type='ConcatDataset', datasets=[
    data, dict(other, pipeline=[dict(type='LoadDepth'), dict(type='RandomDepthWarp', crop_size=(8, 8))])]))
val_dataloader = dict(batch_size=1, dataset=dict(type='RepeatDataset', dataset=other))
"""
FORMATS = ['train_dataloader.dataset.datasets.0.depth_format', 'train_dataloader.dataset.datasets.1.depth_format',
           'val_dataloader.dataset.dataset.depth_format']


@pytest.fixture(scope='module')
def cfg(tmp_path_factory):
    path = tmp_path_factory.mktemp('configs') / 'mine.py'
    path.write_text(TEXT)
    return Config.fromfile(path)


def test_a_key_that_nothing_reads_is_refused_with_the_places_that_do(cfg):
    with pytest.raises(ValueError) as caught:
        check_new_key(cfg, 'depth_format.scale')
    assert ', '.join(f'{place}.scale=...' for place in FORMATS) in str(caught.value)


def test_what_is_named_is_read(cfg):
    changed = Config(cfg.to_dict())
    for place in places_of(cfg, 'depth_format'):
        check_new_key(cfg, f'{place}.scale')
        changed.merge_from_dict({f'{place}.scale': 100.0})
    first, second = changed.train_dataloader.dataset.datasets
    assert first.depth_format.scale == second.depth_format.scale == 100.0
    assert changed.val_dataloader.dataset.dataset.depth_format.scale == 100.0 and changed.data.depth_format.scale == 256


@pytest.mark.parametrize('key, places', [
    ('batch_size', ['train_dataloader.batch_size', 'val_dataloader.batch_size']), ('num_bins', ['model.bins.num_bins']),
    ('decoder', ['model.decoder']),
    ('max_angle', ['train_dataloader.dataset.datasets.1.pipeline.1.max_angle']), ('nothing_of_the_kind', [])])
def test_places_are_those_of_keys_and_of_arguments(cfg, key, places):
    assert places_of(cfg, key) == places
    with pytest.raises(ValueError, match=re.escape(places[0]) if places else 'must be a key of the config'):
        check_new_key(cfg, key)


@pytest.mark.parametrize('key', ['bins.num_bins', 'data.depth_format.scale', 'other', *KEYS, *RARE_KEYS])
def test_what_is_there_and_what_is_read_may_be_set(cfg, key):
    check_new_key(cfg, key)


def test_a_misspelt_key_is_told_also_where_the_config_has_not_the_right_one(cfg):
    with pytest.raises(ValueError, match='Is load_from meant'):
        check_new_key(cfg, 'load_form')
    with pytest.raises(ValueError, match='Is model.backbone.depth meant'):
        check_new_key(cfg, 'model.backbone.depht')


def test_all_that_a_runner_reads_may_be_set():
    source = inspect.getsource(mmengine.runner.runner)
    read = set(re.findall(r"\bcfg\.get\('(\w+)'", source)) | set(inspect.signature(Runner.__init__).parameters)
    assert len(read) > 20 and read - {'self', 'cfg', '_scope_'} <= {*KEYS, *RARE_KEYS}


def test_all_that_this_package_reads_of_a_config_may_be_set():
    texts = (path.read_text('utf-8') for path in (ROOT / 'mmdepthcls').rglob('*.py'))
    read = {key for text in texts for key in re.findall(r"\b(?:runner|self)\.cfg\.get\('(\w+)'", text)}
    assert read and read <= {*KEYS, *RARE_KEYS}


def test_keys_of_every_config_may_be_set():
    for path in sorted((ROOT / 'configs').glob('*.py'))[::7]:
        cfg = Config.fromfile(path, import_custom_modules=False)
        for key in cfg:
            check_new_key(cfg, key)


@pytest.mark.parametrize('key, place', [
    ('bins.num_bins', "'num_bins' is read as model.bins.num_bins=..."), ('bins', "'bins' is read as model.bins=..."),
    ('data.depth_format.scale', f"'depth_format' is read as {FORMATS[0]}.scale=...,"),
    ('data.nothing_of_the_kind', 'code of your own reads')])
def test_a_variable_is_said_to_change_nothing(cfg, key, place):
    remark = variable_remark(cfg, key)
    assert place in remark and 'is a variable' in remark and remark.endswith(('...', 'more', 'reads'))


@pytest.mark.parametrize('key', ['model.bins.num_bins', 'train_dataloader.batch_size', 'check_data.reach', 'work_dir'])
def test_nothing_is_said_of_what_is_read(cfg, key):
    assert variable_remark(cfg, key) is None
