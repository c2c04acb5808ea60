"""Classes that are spelled wrongly in a config, as MMEngine's registries refuse them."""
import pytest
from mmengine.config import Config
from mmseg.registry import DATASETS, MODELS

from mmdepthcls.commands.running.program import answer_of
from mmdepthcls.config.near_name import did_you_mean
from mmdepthcls.datasets.sample_listing import list_splits

pytestmark = pytest.mark.usefixtures('mmseg_scope')


@pytest.mark.parametrize(('registry', 'name', 'meant'), [
    (DATASETS, 'DepthOrdnerDataset', 'DepthFolderDataset'), (MODELS, 'ResNext', 'ResNeXt'),
    (MODELS, 'mmseg.DepthClasifier', 'DepthClassifier'), (DATASETS, 'ConcatDatasets', 'ConcatDataset')])
def test_the_answer_names_the_nearest_class(registry, name, meant):
    with pytest.raises(KeyError) as error:
        registry.build(dict(type=name))
    assert answer_of(error.value).startswith(f'the config is wrong: {name} is not in the ')
    assert answer_of(error.value).endswith(f' registry. Did you mean {meant}?')


def test_without_a_near_one_the_answer_is_the_registry_s():
    with pytest.raises(KeyError) as error:
        DATASETS.build(dict(type='Zzzz'))
    assert 'Please check' in answer_of(error.value) and 'Did you mean' not in answer_of(error.value)
    assert did_you_mean('Zzzz', DATASETS) == ''


def test_lists_of_samples_name_it_too():
    splits, _ = list_splits(Config(dict(train_dataloader=dict(dataset=dict(type='DepthOrdnerDataset')))))
    fault, = splits[0].faults
    assert fault.seen.endswith('a subclass of DepthDataset. Did you mean DepthFolderDataset?')
