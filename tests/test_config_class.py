import pytest
from mmengine.dataset import DefaultSampler, InfiniteSampler
from mmseg.registry import DATA_SAMPLERS, MODELS, WEIGHT_INITIALIZERS

from mmdepthcls.config_class import class_name, class_of, is_a
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
