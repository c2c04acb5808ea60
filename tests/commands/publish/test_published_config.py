"""What of a config goes into a model file, and what stops it."""
import copy

import pytest
from mmengine.config import Config, ConfigDict
from mmseg.registry import MODELS

from mmdepthcls.apis import ModelDescription
from mmdepthcls.commands.publish.published_config import (
    model_of,
    published_config,
    published_pipeline,
    starting_weights,
)

pytestmark = pytest.mark.usefixtures('mmseg_scope')
RESIZE = dict(type='Resize', scale=(208, 64), keep_ratio=False)


def config(small_model_cfg, **changes):
    return published_config(model_of(Config(dict(model=small_model_cfg(**changes)))))


def test_what_is_for_training_stays_behind(small_model_cfg):
    head = dict(type='FCNHead', in_channels=64, in_index=3, channels=8, num_classes=19, out_channels=19, init_cfg=None,
                sampler=dict(type='OHEMPixelSampler', thresh=0.7), norm_cfg=dict(type='SyncBN', requires_grad=True),
                loss_decode=dict(type='CrossEntropyLoss', class_weight='weights.npy'))
    got = config(small_model_cfg, decode_head=head, auxiliary_head=dict(head, type='DAHead'), pretrained='a.pth',
                 train_cfg=dict(), require_edges=False, init_cfg=dict(type='Pretrained', checkpoint='b.pth'),
                 backbone=dict(type='ResNet', depth=18, with_cp=True, init_cfg=dict(type='Pretrained', checkpoint='c')),
                 test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16), outputs=('bins', ), flip=True))
    assert got == dict(
        type='DepthClassifier', bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=8),
        data_preprocessor=dict(type='DepthDataPreProcessor', mean=[0.0] * 3, std=[255.0] * 3, bgr_to_rgb=True),
        backbone=dict(type='ResNet', depth=18),
        decode_head=dict(type='FCNHead', in_channels=64, in_index=3, channels=8,
                         norm_cfg=dict(type='SyncBN', requires_grad=True)),
        decoder=dict(type='ExpectationDecoder', space='log'),
        test_cfg=dict(mode='slide', crop_size=(32, 32), stride=(16, 16)))
    ModelDescription(got)


@pytest.mark.parametrize(('losses', 'decoder'), [
    ([dict(type='ExpectationSILogLoss')], dict(type='ExpectationDecoder', space='depth')),
    ([dict(type='OrdinalLoss')], dict(type='OrdinalDecoder')),
    ([dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')],
     dict(type='ExpectationDecoder', space='log'))])
def test_the_decoder_that_follows_from_the_losses_is_written_out(losses, decoder, small_model_cfg):
    head = dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2), loss_decode=losses)
    assert config(small_model_cfg, decode_head=head)['decoder'] == decoder


def test_names_of_any_form_mean_the_same(small_model_cfg):
    from mmseg.models.backbones import ResNet

    from mmdepthcls.bins import SIDBins
    plain = small_model_cfg()
    for backbone, bins, head in ((ResNet, SIDBins, 'mmdepthcls.models.DeepLabV2Head'),
                                 ('mmseg.ResNet', 'mmdepthcls.bins.SIDBins', 'mmseg.DeepLabV2Head'),
                                 ('mmseg.models.backbones.resnet.ResNet', 'SIDBins', 'DeepLabV2Head')):
        other = copy.deepcopy(plain)
        other['backbone']['type'], other['bins']['type'], other['decode_head']['type'] = backbone, bins, head
        other['backbone']['_scope_'] = 'mmseg'
        assert published_config(model_of(Config(dict(model=other)))) == published_config(plain)


def test_what_the_runner_and_the_classifier_add_is_there(small_model_cfg):
    cfg = small_model_cfg()
    del cfg['data_preprocessor']
    outside = dict(type='SegDataPreProcessor', mean=[1.0] * 3, std=[2.0] * 3, size=(64, 64), pad_val=0,
                   test_cfg=dict(size_divisor=32))
    got = published_config(model_of(Config(dict(model=cfg, data_preprocessor=outside))))['data_preprocessor']
    assert got == dict(type='DepthDataPreProcessor', mean=[1.0] * 3, std=[2.0] * 3, pad_val=0,
                       test_cfg=dict(size_divisor=32))


@pytest.mark.parametrize(('changes', 'words'), [
    (dict(type='EncoderDecoder'), "expected a config whose model is a DepthClassifier, got 'EncoderDecoder'"),
    (dict(decoder=dict(type='OwnDecoder')), 'model.decoder.type: a model file cannot hold OwnDecoder'),
    (dict(backbone=dict(type='OwnNet')), 'model.backbone.type: a model file cannot hold OwnNet'),
    (dict(crf=dict(type='torch.nn.Identity')), 'model.crf.type: a model file cannot hold Identity'),
    (dict(backbone=dict(type='ResNet', depth=18, plugins=[dict(cfg=dict(type='ContextBlock'))])),
     r'model.backbone.plugins\[0\].cfg.type: a model file cannot hold ContextBlock here'),
    (dict(backbone=dict(type='ResNet', depth=print)), 'model.backbone.depth: a model file cannot hold <built-in'),
])
def test_what_a_file_cannot_hold_is_named(changes, words, small_model_cfg):
    from mmdepthcls.models import Decoder

    @MODELS.register_module(force=True)
    class OwnDecoder(Decoder):
        pass

    try:
        with pytest.raises(ValueError, match=words):
            config(small_model_cfg, **changes)
    finally:
        MODELS._module_dict.pop('OwnDecoder')


def test_the_geometry_of_a_pipeline():
    load = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='LoadVelodyneDepth')]
    pack = dict(type='PackSegInputs')
    for steps, expected in (([*load, pack], ()), ([load[0], RESIZE, load[1], pack], (RESIZE, )),
                            ([load[0], dict(type='KBCrop'), *load[1:], dict(type='PackDepthInputs')],
                             (dict(type='KBCrop'), )),
                            ([load[0], dict(RESIZE, type='mmseg.Resize', _scope_='mmseg'), pack], (RESIZE, ))):
        assert published_pipeline([ConfigDict(step) for step in steps]) == expected
    for step, words in ((dict(type='CLAHE'), 'step 1.type: a model file cannot hold CLAHE'),
                        (dict(type='TestTimeAug', transforms=[]), 'TestTimeAug'),
                        (dict(type='LoadImageFromFile', color_type='grayscale'), 'in grey')):
        with pytest.raises(ValueError, match=words):
            published_pipeline([load[0], step, pack])


def test_weights_that_a_training_began_with_are_named_without_folders():
    model = dict(pretrained='open-mmlab://resnet50', backbone=dict(
        init_cfg=dict(type='Pretrained', checkpoint='/home/somebody/weights/r18.pth'),
        inner=[dict(model_name='convnext_tiny', pretrained=True), dict(model_name='x', pretrained=False)]))
    assert starting_weights(dict(model=model)) == ['open-mmlab://resnet50', 'r18.pth', 'timm convnext_tiny']
    first = dict(model=model, load_from='/runs/first\x1b/iter_9.pth')
    assert starting_weights(first)[3:] == ['iter_9.pth']
    assert len(starting_weights(dict(first, resume=True))) == 3, 'it is a state of the same training'
