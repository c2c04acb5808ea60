# EfficientNet-Lite0 of timm (pip install timm) with feature pyramids, from scratch, on generated street scenes: minutes
# on two CPU cores. The twin of fpn_efficientnet-lite0_kitti_sid71.py.
# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on the onedl
# stack: they look for that base before mmdepthcls, which mends this, is imported.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    'mmseg::_base_/models/fpn_r50.py', '_base_/datasets/minidrive_half.py', '_base_/schedules/adamw_poly_600.py',
    '_base_/default_runtime.py'
]

model = dict(
    type='DepthClassifier',
    bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71),
    data_preprocessor=dict(mean=[127.0, 127.0, 127.0], std=[128.0, 128.0, 128.0]),
    pretrained=None,
    backbone=dict(
        _delete_=True,
        type='TIMMBackbone',
        model_name='tf_efficientnet_lite0',
        features_only=True,
        pretrained=False,
        out_indices=(1, 2, 3, 4)),
    neck=dict(in_channels=[24, 40, 112, 320], out_channels=64),
    decode_head=dict(
        in_channels=[64, 64, 64, 64],
        channels=64,
        loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]))
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=300, max_keep_ckpts=1))
