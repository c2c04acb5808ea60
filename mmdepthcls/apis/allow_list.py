"""What a model file may say of a model: classes by exact names, each in its place, and plain values. Pure.

MMEngine's registries import and call whatever a ``type`` names, and some classes read files that their arguments name.
So a file is not asked for what is dangerous: what it says is compared with what models need. Which keys a class takes
is checked where the class is known (:mod:`.pinned_classes`).
"""
from __future__ import annotations

import math
import re
from typing import Any

from .tensor_file import ModelFileError

_BACKBONES = 'mmseg.models.backbones'
_HEADS = 'mmseg.models.decode_heads'
_NECKS = 'mmseg.models.necks'
_OWN = 'mmdepthcls.models'

# Kind of a part -> name -> module of the class; of a package alone where the class is a layer, which torch and mmcv
# register under names of their own.
CLASSES: dict[str, dict[str, str]] = {
    'model': {'DepthClassifier': f'{_OWN}.depth_classifier'},
    'bins': dict.fromkeys(('DepthBins', 'SIDBins', 'UDBins', 'LIDBins'), 'mmdepthcls.bins'),
    'decoder': {
        **dict.fromkeys(('ExpectationDecoder', 'ArgmaxDecoder', 'LocalExpectationDecoder', 'QuantileDecoder'),
                        f'{_OWN}.decoders'),
        'OrdinalDecoder': f'{_OWN}.ordinal_decoder', 'RegressionDecoder': f'{_OWN}.regression_decoder'},
    'crf': {'DenseCRF': f'{_OWN}.crf'},
    'loss': {'OrdinalLoss': f'{_OWN}.losses.ordinal', 'RegressionSILogLoss': f'{_OWN}.losses.silog'},
    'preprocessor': {'DepthDataPreProcessor': f'{_OWN}.data_preprocessor'},
    'backbone': {name: f'{_BACKBONES}.{module}' for module, names in dict(
        resnet='ResNet ResNetV1c ResNetV1d', resnext='ResNeXt', resnest='ResNeSt', hrnet='HRNet', fast_scnn='FastSCNN',
        mobilenet_v2='MobileNetV2', mobilenet_v3='MobileNetV3', unet='UNet', cgnet='CGNet', vit='VisionTransformer',
        swin='SwinTransformer', mit='MixVisionTransformer', bisenetv1='BiSeNetV1', bisenetv2='BiSeNetV2',
        icnet='ICNet', timm_backbone='TIMMBackbone', erfnet='ERFNet', twins='PCPVT SVT',
        stdc='STDCNet STDCContextPathNet', beit='BEiT', mae='MAE', mscan='MSCAN', ddrnet='DDRNet',
    ).items() for name in names.split()},
    'neck': {name: f'{_NECKS}.{module}' for module, name in dict(
        fpn='FPN', multilevel_neck='MultiLevelNeck', mla_neck='MLANeck', ic_neck='ICNeck', jpu='JPU',
        featurepyramid='Feature2Pyramid').items()},
    'head': {
        'DeepLabV2Head': f'{_OWN}.deeplabv2_head', 'AdaptiveBinsHead': f'{_OWN}.adaptive_bins_head',
        **{name: f'{_HEADS}.{module}' for module, name in dict(
            fcn_head='FCNHead', psp_head='PSPHead', aspp_head='ASPPHead', psa_head='PSAHead', nl_head='NLHead',
            gc_head='GCHead', cc_head='CCHead', uper_head='UPerHead', sep_aspp_head='DepthwiseSeparableASPPHead',
            ann_head='ANNHead', da_head='DAHead', enc_head='EncHead', sep_fcn_head='DepthwiseSeparableFCNHead',
            fpn_head='FPNHead', ema_head='EMAHead', dnl_head='DNLHead', apc_head='APCHead', dm_head='DMHead',
            lraspp_head='LRASPPHead', setr_up_head='SETRUPHead', setr_mla_head='SETRMLAHead', dpt_head='DPTHead',
            segmenter_mask_head='SegmenterMaskTransformerHead', segformer_head='SegformerHead', isa_head='ISAHead',
            ham_head='LightHamHead', ddr_head='DDRHead').items()}},
    'transform': {
        'Resize': '', 'KBCrop': 'mmdepthcls.datasets.transforms.geometry',
        'DepthCrop': 'mmdepthcls.datasets.transforms.geometry',
        'CanonicalCamera': 'mmdepthcls.datasets.transforms.canonical_camera',
        'ResizeToMultiple': 'mmseg.datasets.transforms.transforms',
        'ResizeShortestEdge': 'mmseg.datasets.transforms.transforms'},
    'norm': dict.fromkeys(('BN', 'BN2d', 'SyncBN', 'GN', 'LN', 'IN', 'IN2d'), ''),
    'activation': dict.fromkeys(('ReLU', 'LeakyReLU', 'PReLU', 'ReLU6', 'ELU', 'Sigmoid', 'Tanh', 'SiLU', 'GELU',
                                 'HSigmoid', 'HSwish', 'Swish'), ''),
    'convolution': dict.fromkeys(('Conv', 'Conv2d'), ''),
    'upsampling': {**dict.fromkeys(('nearest', 'bilinear', 'deconv', 'pixel_shuffle'), ''),
                   'InterpConv': f'{_BACKBONES}.unet', 'DeconvModule': f'{_BACKBONES}.unet'},
    'dropout': dict.fromkeys(('Dropout', 'DropPath'), ''),
}
# Packages that a layer's class may come from.
LAYER_PACKAGES = ('torch', 'mmcv', 'mmengine', 'mmseg')
# Which kind of part stands under a key, wherever; a part under another key has no place.
KINDS = {
    'bins': 'bins', 'decoder': 'decoder', 'crf': 'crf', 'loss_decode': 'loss', 'data_preprocessor': 'preprocessor',
    'backbone': 'backbone', 'backbone_cfg': 'backbone', 'neck': 'neck', 'decode_head': 'head', 'head': 'head',
    **dict.fromkeys(('norm_cfg', 'dw_norm_cfg', 'pw_norm_cfg'), 'norm'),
    **dict.fromkeys(('act_cfg', 'ffn_act_cfg', 'dw_act_cfg', 'pw_act_cfg'), 'activation'),
    'conv_cfg': 'convolution', 'upsample_cfg': 'upsampling', 'dropout_layer': 'dropout'}
# Keys under which stand settings without a class.
SETTINGS = frozenset({
    'test_cfg', 'network', 'extra', 'stage1', 'stage2', 'stage3', 'stage4', 'ffm_cfg', 'ham_kwargs', 'attn_cfg',
    'ffn_cfg', 'upsample_cfg'})
# Keys of layers, whose classes hand theirs on.
LAYER_KEYS = {
    'norm': frozenset({'requires_grad', 'eps', 'momentum', 'affine', 'track_running_stats', 'num_groups',
                       'elementwise_affine'}),
    'activation': frozenset({'inplace', 'negative_slope', 'num_parameters', 'approximate', 'alpha', 'bias', 'divisor',
                             'min_value', 'max_value'}),
    'convolution': frozenset(),
    'upsampling': frozenset({'scale_factor', 'kernel_size', 'stride', 'padding', 'upsample_cfg', 'conv_first', 'mode',
                             'align_corners', 'upsample_kernel', 'norm_cfg', 'act_cfg', 'with_cp'}),
    'dropout': frozenset({'drop_prob', 'p', 'inplace'}),
    'loss': frozenset(),
    'transform': frozenset({'scale', 'scale_factor', 'keep_ratio', 'clip_object_border', 'interpolation', 'crop_size',
                            'position', 'pad_value', 'size_divisor', 'max_size', 'focal_px', 'by'}),
}
# timm's create_model takes anything; of these nothing is a file, an address or a class.
TIMM_KEYS = frozenset({'model_name', 'features_only', 'in_channels', 'out_indices', 'output_stride', 'drop_rate',
                       'drop_path_rate', 'img_size', 'depths', 'dims'})
TIMM_FAMILIES = (
    'efficientnet', 'tf_efficientnet', 'efficientnetv2', 'tf_efficientnetv2', 'mobilenet', 'tf_mobilenet', 'convnext',
    'resnet', 'resnext', 'wide_resnet', 'resnest', 'seresnet', 'seresnext', 'res2net', 'res2next', 'regnet', 'swin',
    'swinv2', 'repvgg', 'repvit', 'edgenext', 'fastvit', 'mobilevit', 'mobileone', 'poolformer', 'metaformer',
    'caformer', 'convformer', 'pvt', 'mixnet', 'hrnet', 'dla', 'ghostnet', 'lcnet', 'tinynet', 'fbnet', 'mnasnet',
    'semnasnet', 'spnasnet', 'rexnet', 'hardcorenas', 'gernet', 'hgnet', 'efficientformer', 'efficientvit', 'maxvit',
    'coatnet', 'levit', 'nfnet', 'dm_nfnet', 'eca_nfnet', 'densenet', 'vgg', 'inception', 'xception', 'cspresnet',
    'cspdarknet', 'vovnet', 'ese_vovnet', 'selecsls', 'davit', 'tiny_vit', 'vit_', 'focalnet', 'nextvit', 'starnet')
# Why a key is none of a model file.
REFUSED_KEYS = {
    '_scope_': 'chooses other classes', '_delete_': 'belongs to config files', '_base_': 'names a file',
    'custom_imports': 'imports what it names', 'init_cfg': 'reads files that it names',
    'pretrained': 'reads files that it names', 'pretrained_cfg': 'reads files that it names',
    'pretrained_cfg_overlay': 'reads files that it names', 'checkpoint': 'reads files that it names',
    'checkpoint_path': 'reads files that it names', 'backend_args': 'reads files that it names',
    'file_client_args': 'reads files that it names', 'class_weight': 'reads files that it names',
    'cache_dir': 'names a folder', 'norm_layer': 'names any class', 'act_layer': 'names any class',
    'auxiliary_head': 'is for training alone', 'train_cfg': 'is for training alone'}
_WORD = re.compile(r'[A-Za-z_][A-Za-z0-9_]{0,63}')
_TIMM_NAME = re.compile(r'[a-z][a-z0-9_]{0,63}(?:\.[a-z0-9_]{1,40})?')
# Keys of test_cfg, the model's and the preprocessor's: what else it may hold is asked for by whoever predicts.
OF_TEST_CFG = frozenset({'mode', 'crop_size', 'stride', 'decode_at', 'size', 'size_divisor'})
LARGEST_WHOLE = 1 << 16
LARGEST_WINDOW = 64
LARGEST_IMAGE = 16384  # rows or columns of a network's input
MOST_ITEMS = 512
MOST_ITERATIONS = 1000  # of a CRF
MOST_VALUES = 1 << 18
DEEPEST = 16
# The largest number under a key.
LIMITS = {'window_size': LARGEST_WINDOW, 'window_sizes': LARGEST_WINDOW, 'iterations': MOST_ITERATIONS,
          'size': LARGEST_IMAGE, 'crop_size': LARGEST_IMAGE, 'size_divisor': LARGEST_IMAGE}


class AllowList:
    """Compares what a file says of a model and its pipeline with what is allowed."""

    def __init__(self) -> None:
        self._values = 0

    def check_model(self, model: Any) -> None:
        """Refuse a config of a model that is not of allowed parts.

        Raises:
            ModelFileError: names the key.
        """
        self._check_part(model, 'model', 'model', 0)
        test_cfg = model.get('test_cfg')
        if isinstance(test_cfg, dict):
            self._check_windows(test_cfg)

    def check_pipeline(self, pipeline: Any) -> None:
        """Refuse steps that are no allowed geometry.

        Raises:
            ModelFileError: names the step.
        """
        if not isinstance(pipeline, (list, tuple)) or len(pipeline) > 16:
            self._refuse('pipeline', 'expected a list of at most 16 steps')
        for index, step in enumerate(pipeline):
            where = f'pipeline[{index}]'
            self._check_part(step, 'transform', where, 0)
            for key in ('scale', 'crop_size', 'max_size'):
                lengths = step.get(key)
                lengths = lengths if isinstance(lengths, (list, tuple)) else [lengths]
                if any(isinstance(each, (int, float)) and not 1 <= each <= LARGEST_IMAGE for each in lengths):
                    self._refuse(f'{where}.{key}', f'expected 1 to {LARGEST_IMAGE} pixels, got {step[key]!r}')
            factor = step.get('scale_factor')
            if factor is not None and not all(isinstance(each, (int, float)) and 1 / 64 <= each <= 64 for each in (
                    factor if isinstance(factor, (list, tuple)) else [factor])):
                self._refuse(f'{where}.scale_factor', f'expected 1/64 to 64, got {factor!r}')

    def _refuse(self, where, why):
        raise ModelFileError(f'{where}: {why}. Nothing was built')

    def _check_part(self, part, kind, where, depth):
        if not isinstance(part, dict):
            self._refuse(where, f'expected a {kind} with a type, got {_shown(part)}')
        name, known = part.get('type'), CLASSES[kind]
        if not isinstance(name, str) or name not in known:
            near = ', '.join(known) if len(known) < 12 else f'{", ".join(list(known)[:8])}, ...'
            self._refuse(f'{where}.type', f'a model file may not build {_shown(name)} here; a {kind} is one of {near}')
        for key, value in part.items():
            if key != 'type':
                self._check_key(key, value, where, depth, kind, name)

    def _check_key(self, key, value, where, depth, kind=None, name=None):
        if not isinstance(key, str) or not _WORD.fullmatch(key):
            self._refuse(where, f'a key {_shown(key)}')
        where = f'{where}.{key}'
        if key in REFUSED_KEYS:
            self._refuse(where, f'{key} {REFUSED_KEYS[key]}, and is not allowed in a model file')
        if kind in LAYER_KEYS and key not in LAYER_KEYS[kind] or name == 'TIMMBackbone' and key not in TIMM_KEYS:
            self._refuse(where, f'{name} takes no such key in a model file')
        if name == 'TIMMBackbone' and key == 'model_name':
            self._check_timm_name(value, where)
        elif self._largest(value) > LIMITS.get(key, math.inf):
            self._refuse(where, f'expected at most {LIMITS[key]}, got {_shown(value)}')
        elif key == 'std' and not self._are_positive(value):
            self._refuse(where, f'expected numbers > 0, got {_shown(value)}')
        else:
            self._check_value(value, where, key, depth + 1)

    def _check_timm_name(self, value, where):
        if not isinstance(value, str) or not _TIMM_NAME.fullmatch(value) or not value.startswith(TIMM_FAMILIES):
            self._refuse(where, f'a model file may not build {_shown(value)} of timm')

    def _check_value(self, value, where, key, depth):
        self._values += 1
        if depth > DEEPEST or self._values > MOST_VALUES:
            self._refuse(where, 'the model is nested too deep' if depth > DEEPEST else 'the model is too long')
        if isinstance(value, dict):
            self._check_dict(value, where, key, depth)
        elif isinstance(value, (list, tuple)):
            if len(value) > MOST_ITEMS:
                self._refuse(where, f'{len(value)} items, expected at most {MOST_ITEMS}')
            for index, item in enumerate(value):
                self._check_value(item, f'{where}[{index}]', key, depth + 1)
        elif value is not None:
            self._check_plain(value, where, key)

    def _check_plain(self, value, where, key):
        if key in KINDS:
            self._refuse(where, f'expected a {KINDS[key]} with a type, got {_shown(value)}')
        if isinstance(value, bool):
            return
        if isinstance(value, int):
            if abs(value) > LARGEST_WHOLE:
                self._refuse(where, f'expected a number up to {LARGEST_WHOLE}, got {_shown(value)}')
        elif isinstance(value, float):
            if not math.isfinite(value):
                self._refuse(where, f'expected a finite number, got {value}')
        elif not isinstance(value, str) or not _WORD.fullmatch(value):
            self._refuse(where, f'expected a number or a word, got {_shown(value)}')

    def _check_dict(self, value, where, key, depth):
        if key in KINDS and ('type' in value or key not in SETTINGS):
            self._check_part(value, KINDS[key], where, depth)
        elif key in SETTINGS:
            if 'type' in value:
                self._refuse(f'{where}.type', 'nothing is built here')
            for name, item in value.items():
                if key == 'test_cfg' and name not in OF_TEST_CFG:
                    self._refuse(where, f'test_cfg takes no {_shown(name)} in a model file')
                self._check_key(name, item, where, depth)
        else:
            self._refuse(where, 'expected a number or a word, got an object')

    def _largest(self, value):
        values = value if isinstance(value, (list, tuple)) else [value]
        return max((each for each in values if isinstance(each, (int, float))), default=0)

    def _are_positive(self, value):
        return isinstance(value, (list, tuple)) and all(isinstance(each, (int, float)) and each > 0 for each in value)

    def _check_windows(self, test_cfg):
        """Windows that do not advance would never come to an end."""
        mode = test_cfg.get('mode', 'whole')
        if mode not in ('whole', 'slide') or mode == 'slide' and not {'crop_size', 'stride'} <= test_cfg.keys():
            self._refuse('model.test_cfg', f"expected mode='whole', or 'slide' with crop_size and stride, got "
                                           f'{_shown(test_cfg)}')
        pairs = [(value, value) if isinstance(value, int) else value
                 for value in (test_cfg.get(key) for key in ('crop_size', 'stride')) if value is not None]
        if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs) or len(pairs) == 2 and not all(
                isinstance(size, int) and isinstance(step, int) and 1 <= step <= size * 8 and step * 16 >= size
                for size, step in zip(*pairs, strict=True)):
            self._refuse('model.test_cfg', f'windows of {_shown(pairs[0])} pixels every {_shown(pairs[-1])} pixels')


def _shown(value):
    text = repr(value)
    return text if len(text) < 80 else f'{text[:77]}...'
