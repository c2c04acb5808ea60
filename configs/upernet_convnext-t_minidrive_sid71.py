# UPerNet on a ConvNeXt of timm (pip install timm), narrow and from scratch, on generated street scenes: minutes on two
# CPU cores. The twin of upernet_convnext-t_kitti_sid71.py.
# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on the onedl
# stack: they look for that base before mmdepthcls, which mends this, is imported.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    'mmseg::_base_/models/upernet_swin.py', '_base_/datasets/minidrive_half.py',
    '_base_/schedules/adamw_poly_600.py', '_base_/default_runtime.py'
]

model = dict(
    type='DepthClassifier',
    bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71),
    backbone=dict(
        _delete_=True,
        type='TIMMBackbone',
        model_name='convnext_tiny',
        pretrained=False,
        depths=(1, 1, 2, 1),
        dims=(24, 48, 96, 192),
        drop_path_rate=0.1),
    decode_head=dict(
        in_channels=[24, 48, 96, 192],
        channels=32,
        loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]),
    auxiliary_head=dict(in_channels=96, channels=16))
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=300, max_keep_ckpts=1))
