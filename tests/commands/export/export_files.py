"""Small models to export, and arguments of the command."""
from argparse import Namespace

import torch
from mmengine.config import ConfigDict
from mmseg.registry import MODELS

NEEDED = ('onnx', 'onnxscript', 'onnxruntime', 'openvino')
PIPELINE = (dict(type='Resize', scale=(90, 70), keep_ratio=False), )


def small_model(**changes):
    """dict: config of a network with a pyramid of pools that do not divide, as a model file has it."""
    cfg = dict(
        type='DepthClassifier', bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=8),
        data_preprocessor=dict(type='DepthDataPreProcessor', mean=[120.0, 110.0, 100.0], std=[60.0, 61.0, 62.0],
                               bgr_to_rgb=True),
        backbone=dict(type='ResNet', depth=18, base_channels=8, num_stages=1, out_indices=(0, ), strides=(1, ),
                      dilations=(1, ), norm_cfg=dict(type='BN')),
        decode_head=dict(type='PSPHead', in_channels=8, in_index=0, channels=8, pool_scales=(1, 3), num_classes=8,
                         norm_cfg=dict(type='BN')),
        decoder=dict(type='ExpectationDecoder'), test_cfg=dict(mode='whole'))
    cfg.update(changes)
    return cfg


def make_file(path, facts, **changes):
    """Write the model file of a small model."""
    from mmdepthcls.apis import ModelDescription, write_model_file
    from mmdepthcls.apis.pinned_classes import host_scope
    from mmdepthcls.commands.export.matrix_row import see_pictures
    config = small_model(**changes)
    torch.manual_seed(0)
    with host_scope():
        model = MODELS.build(ConfigDict(config))
    see_pictures(model)
    model.temperature = 1.25
    write_model_file(path, model.eval(), ModelDescription(config, temperature=1.25, **facts))
    return path


def options(model, out, **changes):
    """Arguments of the command."""
    return Namespace(**{**dict(
        model=str(model), format='onnx', out=str(out), size=None, batch=None, output_size=None, focal_px=None,
        input_type='uint8', half=False, pictures=None, number=1, force=False), **changes})
