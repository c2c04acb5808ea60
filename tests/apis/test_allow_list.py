"""What a model file may say: exact names in their places, plain values, and none of what imports, calls or reads."""
import copy

import pytest

from mmdepthcls.apis import ModelFileError
from mmdepthcls.apis.allow_list import CLASSES, KINDS, REFUSED_KEYS, SETTINGS, TIMM_FAMILIES, AllowList

MODEL = dict(
    type='DepthClassifier', bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=8),
    backbone=dict(type='ResNet', depth=18, out_indices=(0, 1, 2, 3), norm_cfg=dict(type='BN', requires_grad=True)),
    decode_head=dict(type='AdaptiveBinsHead', network=dict(grid=(2, 3)), head=dict(
        type='FCNHead', in_channels=64, act_cfg=dict(type='ReLU'))),
    neck=dict(type='FPN', in_channels=[8, 16], out_channels=16, num_outs=2, upsample_cfg=dict(mode='nearest')),
    decoder=dict(type='ExpectationDecoder', space='log'), test_cfg=dict(mode='slide', crop_size=(32, 64), stride=16))
# Where a dict stands at every depth of it.
PLACES = [(), ('bins', ), ('backbone', ), ('backbone', 'norm_cfg'), ('decode_head', ), ('decode_head', 'network'),
          ('decode_head', 'head'), ('decode_head', 'head', 'act_cfg'), ('neck', ), ('neck', 'upsample_cfg'),
          ('decoder', ), ('test_cfg', )]


def changed(place, **changes):
    model = copy.deepcopy(MODEL)
    node = model
    for key in place:
        node = node[key]
    node.update(changes)
    return model


def refuses(model, words=''):
    with pytest.raises(ModelFileError, match=words) as error:
        AllowList().check_model(model)
    return str(error.value)


def test_the_model_is_allowed():
    AllowList().check_model(MODEL)


@pytest.mark.parametrize('name', [
    'os.system', 'subprocess.Popen', 'mmseg.ResNet', 'mmseg.models.backbones.resnet.ResNet', 'ResNet ', 'resnet', '',
    'antigravity', 'mmdet::ResNet', 'torch.nn.BatchNorm2d', 'EncoderDecoder', 'Pretrained', 'PretrainedInit', 'VPD',
    None, 3, ['ResNet'], {'type': 'ResNet'}, print, ('BN', )])
def test_no_other_type_is_built(name):
    for place in PLACES:
        message = refuses(changed(place, type=name))
        assert '.'.join(('model', *place)) in message and message.endswith('Nothing was built')


@pytest.mark.parametrize('key', [*REFUSED_KEYS, '__class__.x', 'a b', '', 'x' * 100, 'a.b', '../x'])
def test_no_key_that_reads_or_imports(key):
    for place in PLACES:
        refuses(changed(place, **{key: dict(type='Pretrained', checkpoint='a.pth')}))
        refuses(changed(place, **{key: 'a.pth'}))


@pytest.mark.parametrize('value', [
    'weights.pth', '/etc/passwd', 'https://example.org/a', 'a/b', 'a\\b', '~', '$HOME', 'os.system', 'x' * 100, 'a b',
    '', '\x1b[2J', float('nan'), float('inf'), 1 << 20, -(1 << 20), 10**9, print, object(), {1: 2}, {3}, b'bytes',
    [0] * 10000, dict(type='ResNet'), [dict(type='os.system')], [[['a.pth']]]], ids=lambda value: repr(value)[:20])
def test_values_are_numbers_and_words(value):
    for place in PLACES:
        refuses(changed(place, some_key=value), 'some_key' if place != ('test_cfg', ) else 'takes no')


def test_a_part_stands_in_its_place_alone():
    for key, kind in KINDS.items():
        for other, names in CLASSES.items():
            part = dict(type=next(iter(names)))
            if other == kind:
                continue
            model = changed((), **{key: part}) if key in MODEL else changed(('backbone', ), **{key: part})
            shared = part['type'] in CLASSES[kind]
            if not shared:
                refuses(model, f'{key}.type')


@pytest.mark.parametrize('model', [None, 3, 'DepthClassifier', [], {}, dict(type='DepthClassifier', backbone=3),
                                   dict(type='DepthClassifier', backbone=[dict(type='ResNet')]), ResourceWarning])
def test_what_is_no_model(model):
    if isinstance(model, dict) and isinstance(model.get('backbone'), list):
        AllowList().check_model(model)  # of allowed parts; the class refuses it
    else:
        refuses(model)


def test_nesting_and_length_have_an_end():
    deep = 1
    for _ in range(100):
        deep = [deep]
    refuses(changed(('backbone', ), some_key=deep), 'nested too deep')
    head = dict(type='FCNHead')
    for _ in range(100):
        head = dict(type='AdaptiveBinsHead', head=head)
    refuses(changed((), decode_head=head), 'nested too deep')
    AllowList().check_model(changed(('backbone', ), some_key=[[0] * 255] * 255))
    refuses(changed(('backbone', ), some_key=[[[0] * 500] * 500] * 2), 'too long')


@pytest.mark.parametrize('name', ['hf-hub:somebody/model', 'hf_hub:somebody/model', 'local-dir:/tmp/x', 'evil_net',
                                  'resnet18/../x', 'resnet18.a.b', '', 3, None, 'RESNET18', 'resnet18 '])
def test_networks_of_timm_are_of_known_families(name):
    refuses(changed((), backbone=dict(type='TIMMBackbone', model_name=name)), 'of timm')


def test_timm_takes_no_other_argument():
    allowed = changed((), backbone=dict(type='TIMMBackbone', model_name='tf_efficientnet_lite0', out_indices=(1, 2)))
    AllowList().check_model(allowed)
    for key in ('pretrained_cfg', 'norm_layer', 'act_layer', 'cache_dir', 'pretrained', 'checkpoint_path', 'hub_id',
                'scriptable', 'kwargs', 'global_pool'):
        refuses(changed((), backbone=dict(type='TIMMBackbone', model_name='resnet18', **{key: 'word'})), key)
    assert all(family.islower() for family in TIMM_FAMILIES)


@pytest.mark.parametrize('test_cfg', [
    dict(crop_size=(64, 64), stride=(0, 0)), dict(crop_size=(640, 640), stride=(1, 1)), dict(crop_size=64, stride=-1),
    dict(crop_size=(0, 0), stride=(1, 1)), dict(crop_size=('a', 'b'), stride=(1, 1)), dict(crop_size=64, stride=5000)])
def test_windows_advance(test_cfg):
    refuses(changed(('test_cfg', ), **test_cfg), 'windows of')


@pytest.mark.parametrize(('place', 'changes', 'words'), [
    (('test_cfg', ), dict(outputs=('logits', )), 'test_cfg takes no'), (('test_cfg', ), dict(flip=True), 'takes no'),
    ((), dict(crf=dict(type='DenseCRF', iterations=60000)), 'iterations: expected at most 1000'),
    ((), dict(data_preprocessor=dict(type='DepthDataPreProcessor', std=[0.0, 1.0, 1.0])), 'std: expected numbers > 0'),
    ((), dict(data_preprocessor=dict(type='DepthDataPreProcessor', std='one')), 'std'),
    ((), dict(data_preprocessor=dict(type='DepthDataPreProcessor', test_cfg=dict(size=(60000, 60000)))), 'at most'),
    (('backbone', ), dict(window_size=1000), 'window_size: expected at most 64')])
def test_what_would_take_for_ever_is_refused(place, changes, words):
    refuses(changed(place, **changes), words)


GOOD_STEPS = [dict(type='Resize', scale=(208, 64), keep_ratio=False), dict(type='KBCrop'),
              dict(type='DepthCrop', crop_size=(420, 800), position='center'),
              dict(type='ResizeToMultiple', size_divisor=32), dict(type='Resize', scale_factor=0.5)]


def test_pipelines():
    AllowList().check_pipeline(GOOD_STEPS)
    AllowList().check_pipeline(())
    for steps in ([dict(type='LoadImageFromFile')], [dict(type='Resize', backend_args=dict(a=1))], dict(type='Resize'),
                  [dict(type='Resize', scale=(10**6, 64))], [dict(type='Resize', scale=(0, 64))], [3], 'Resize', None,
                  [dict(type='Resize', scale_factor=1000.0)], [dict(type='Albu', transforms=[dict(type='Blur')])],
                  [dict(type='DepthCrop', crop_size=(65000, 10))], [dict(type='Resize')] * 100,
                  [dict(type='os.system', command='x')], [dict(type='Resize', scale='a.pth')]):
        with pytest.raises(ModelFileError):
            AllowList().check_pipeline(steps)


def test_every_name_means_a_class(mmseg_scope):
    """And that class is what this MMSegmentation registers, with keys that no file is read by."""
    from mmdepthcls.apis.pinned_classes import keys_of, pinned_class
    for kind, names in CLASSES.items():
        for name in names:
            try:
                found = pinned_class(kind, name)
            except ModelFileError as error:
                assert 'is not registered' in str(error)  # of a later torch or mmcv
                assert kind in ('activation', 'norm')
                continue
            assert isinstance(found, type) and keys_of(kind, name).isdisjoint({'self', 'kwargs'})
    assert not SETTINGS & (KINDS.keys() - {'upsample_cfg'})
