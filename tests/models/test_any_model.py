"""Any backbone with any head is built, trained for a step and asked for metres: every day each once, in the long tests
each pair. Tiny, on one CPU core."""
import itertools
import math

import pytest
import torch
from mmseg.registry import MODELS

import mmdepthcls  # noqa: F401  (imported only to register)

pytestmark = pytest.mark.usefixtures('mmseg_scope')

BINS = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=12)
SIZE = (64, 96)
FRAME = (70, 101)  # of the image on disk
BN = dict(type='BN')


def hrnet_stage(num_branches, block='BASIC'):
    return dict(num_modules=1, num_branches=num_branches, block=block, num_blocks=(1, ) * num_branches,
                num_channels=(8, 16, 32, 64)[:num_branches])


# Name: backbone, channels of its four levels (strides 4, 8, 16 and 32 but where said), what else the model needs.
BACKBONES = {
    'ResNet': (dict(type='ResNet', depth=18, base_channels=8, norm_cfg=BN), (8, 16, 32, 64), {}),
    'ResNeXt': (dict(type='ResNeXt', depth=50, base_channels=4, groups=2, base_width=32, norm_cfg=BN),
                (16, 32, 64, 128), {}),
    'ResNeSt': (dict(type='ResNeSt', depth=50, base_channels=4, stem_channels=8, radix=2, norm_cfg=BN),
                (16, 32, 64, 128), {}),
    'MobileNetV2': (dict(type='MobileNetV2', widen_factor=0.25, out_indices=(1, 2, 4, 6), norm_cfg=BN),
                    (8, 8, 24, 80), {}),
    # Levels of stride 2, 4, 8 and 8: it is dilated.
    'MobileNetV3': (dict(type='MobileNetV3', arch='small', out_indices=(0, 1, 4, 9), norm_cfg=BN),
                    (16, 16, 40, 96), {}),
    'HRNet': (dict(type='HRNet', norm_cfg=BN, extra=dict(
        stage1=hrnet_stage(1, 'BOTTLENECK'), stage2=hrnet_stage(2), stage3=hrnet_stage(3), stage4=hrnet_stage(4))),
              (8, 16, 32, 64), {}),
    'Swin': (dict(type='SwinTransformer', embed_dims=8, depths=(1, 1, 1, 1), num_heads=(1, 1, 2, 2), window_size=4),
             (8, 16, 32, 64), {}),
    'MiT': (dict(type='MixVisionTransformer', embed_dims=8, num_layers=(1, 1, 1, 1), num_heads=(1, 2, 4, 8)),
            (8, 16, 32, 64), {}),
    # One scale in all its layers; the neck makes four of them.
    'ViT': (dict(type='VisionTransformer', img_size=SIZE, patch_size=16, embed_dims=16, num_layers=4, num_heads=2,
                 out_indices=(0, 1, 2, 3), final_norm=True), (16, 16, 16, 16),
            dict(neck=dict(type='MultiLevelNeck', in_channels=[16] * 4, out_channels=16, scales=[4, 2, 1, 0.5]))),
    'ViT-Feature2Pyramid': (
        dict(type='VisionTransformer', img_size=SIZE, patch_size=16, embed_dims=16, num_layers=4, num_heads=2,
             out_indices=(0, 1, 2, 3), final_norm=True), (16, 16, 16, 16),
        dict(neck=dict(type='Feature2Pyramid', embed_dim=16, rescales=[4, 2, 1, 0.5], norm_cfg=BN))),
    'ConvNeXt': (dict(type='TIMMBackbone', model_name='convnext_tiny', pretrained=False, depths=(1, 1, 1, 1),
                      dims=(8, 16, 24, 32)), (8, 16, 24, 32), {}),
}

last = dict(in_index=3, channels=8, norm_cfg=BN)
every = dict(in_index=(0, 1, 2, 3), channels=8, norm_cfg=BN)
HEADS = {
    'DeepLabV2Head': lambda c: dict(in_channels=c[3], in_index=3, dilations=(1, 2)),
    'ASPPHead': lambda c: dict(last, in_channels=c[3], dilations=(1, 2)),
    'DepthwiseSeparableASPPHead': lambda c: dict(last, in_channels=c[3], dilations=(1, 2), c1_in_channels=c[0],
                                                 c1_channels=4),
    'PSPHead': lambda c: dict(last, in_channels=c[3], pool_scales=(1, 2)),
    'UPerHead': lambda c: dict(every, in_channels=list(c), pool_scales=(1, 2)),
    'FCNHead': lambda c: dict(last, in_channels=c[3], num_convs=1),
    'SegformerHead': lambda c: dict(every, in_channels=list(c)),
}


def model_cfg(backbone, head):
    backbone, channels, more = BACKBONES[backbone]
    return dict(
        type='DepthClassifier', bins=BINS, backbone=backbone, **more,
        decode_head=dict(HEADS[head](channels), type=head),
        auxiliary_head=dict(type='FCNHead', in_channels=channels[2], in_index=2, channels=8, num_convs=1, norm_cfg=BN,
                            loss_decode=dict(type='CrossEntropyLoss', loss_weight=0.4)),
        data_preprocessor=dict(type='DepthDataPreProcessor', mean=[127.0] * 3, std=[60.0] * 3))


def train_a_step(model, batch):
    """Losses before and gradients of the one step that it makes."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    data = model.data_preprocessor(batch, training=True)
    losses = model.loss(data['inputs'], data['data_samples'])
    model.parse_losses(losses)[0].backward()
    optimizer.step()
    return losses


# Each backbone and each head, though not each with each.
FEW = list(zip(BACKBONES, itertools.cycle(HEADS), strict=False))
PAIRS = [pytest.param(*pair, id='-'.join(pair), marks=() if pair in FEW else pytest.mark.long)
         for pair in itertools.product(BACKBONES, HEADS)]


@pytest.mark.parametrize('backbone, head', PAIRS)
def test_trains_a_step_and_predicts_metres(backbone, head, make_batch):
    torch.manual_seed(0)
    model = MODELS.build(model_cfg(backbone, head)).train()
    model.init_weights()
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    losses = train_a_step(model, make_batch(height=SIZE[0], width=SIZE[1]))
    assert {'decode.loss_ce', 'aux.loss_ce'} <= losses.keys()
    # An untrained classifier knows nothing of 12 bins: about log(12) = 2.48, and 0.4 times that.
    assert float(losses['decode.loss_ce']) == pytest.approx(math.log(12), abs=1.0)
    assert float(losses['aux.loss_ce']) == pytest.approx(0.4 * math.log(12), abs=0.5)
    after = dict(model.named_parameters())
    assert all(value.isfinite().all() for value in after.values())
    moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
    first = next(name for name in before if name.startswith('backbone') and name.endswith('weight'))
    assert first in moved  # the gradient has reached the first layer
    assert {name.partition('.')[0] for name in moved} >= {'backbone', 'decode_head', 'auxiliary_head'}

    batch = make_batch(num=1, height=SIZE[0], width=SIZE[1], seed=1)
    batch['data_samples'][0].set_metainfo(dict(ori_shape=FRAME))
    with torch.no_grad():
        depth = model.eval().test_step(batch)[0].pred_depth_map.data
    assert depth.shape == (1, *FRAME) and depth.dtype == torch.float32
    assert ((depth >= 1) & (depth <= 80)).all() and depth.std() > 0
