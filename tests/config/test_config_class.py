import pytest
from mmengine.config import Config
from mmengine.dataset import DefaultSampler, InfiniteSampler, pseudo_collate
from mmseg.registry import DATA_SAMPLERS, MODELS, WEIGHT_INITIALIZERS

from mmdepthcls.config.config_class import class_name, class_of, is_a, name_classes
from mmdepthcls.models import DepthClassifier


@pytest.mark.parametrize('kind', [
    'DepthClassifier', 'mmseg.DepthClassifier', 'mmdepthcls.models.DepthClassifier',
    'mmdepthcls.models.depth_classifier.DepthClassifier', DepthClassifier])
def test_every_way_to_name_a_class(kind):
    assert class_of(dict(type=kind), MODELS) is DepthClassifier and class_name(dict(type=kind)) == 'DepthClassifier'
    assert is_a(dict(type=kind), MODELS, 'DepthClassifier') and is_a(dict(type=kind), MODELS, 'EncoderDecoder')
    assert not is_a(dict(type=kind), MODELS, 'DepthTTAModel')


def test_subclasses_built_objects_and_aliases():
    class Mine(DepthClassifier):
        pass

    class Endless(InfiniteSampler):
        pass

    assert is_a(dict(type=Mine), MODELS, 'DepthClassifier')
    assert not is_a(dict(type=MODELS.get('EncoderDecoder')), MODELS, 'DepthClassifier')
    assert is_a(Endless(range(3)), DATA_SAMPLERS, 'InfiniteSampler')
    assert not is_a(DefaultSampler(range(3)), DATA_SAMPLERS, 'InfiniteSampler')
    assert is_a(dict(type='Pretrained'), WEIGHT_INITIALIZERS, 'PretrainedInit')


@pytest.mark.parametrize('kind', ['Unknown', 'nowhere.at.all.Unknown', 'mmseg.Unknown', None])
def test_what_nobody_knows_is_no_class(kind, capfd):
    cfg = {} if kind is None else dict(type=kind)
    assert class_of(cfg, MODELS) is None and not is_a(cfg, MODELS, 'DepthClassifier')
    assert class_name(cfg) == ('' if kind is None else 'Unknown')
    assert 'WARNING' not in ''.join(capfd.readouterr())


def test_configs_with_classes_can_be_written(tmp_path):
    class Local:
        pass

    cfg = Config(dict(model=dict(type=DepthClassifier, parts=[dict(type=DefaultSampler)]), size=(1, 2), either=(
        dict(type=InfiniteSampler), 3), collate_fn=pseudo_collate))
    name_classes(cfg._cfg_dict)
    cfg.dump(tmp_path / 'config.py')
    again = Config.fromfile(tmp_path / 'config.py')
    assert class_of(again.model, MODELS) is DepthClassifier and again.size == (1, 2)
    assert class_of(again.model.parts[0], DATA_SAMPLERS) is DefaultSampler
    assert class_of(again.either[0], DATA_SAMPLERS) is InfiniteSampler
    assert again.collate_fn.endswith('.pseudo_collate')
    assert name_classes(dict(type=Local)) == dict(type=Local)
