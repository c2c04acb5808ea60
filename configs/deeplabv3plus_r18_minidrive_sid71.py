# DeepLabV3+ on a ResNet-18, narrow and from scratch, on generated street scenes: minutes on two CPU cores.
# The twin of deeplabv3plus_r101_kitti_sid71.py.
# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on the onedl
# stack: they look for that base before mmdepthcls, which mends this, is imported.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    'mmseg::_base_/models/deeplabv3plus_r50-d8.py', '_base_/datasets/minidrive_half.py',
    '_base_/schedules/adamw_poly_600.py', '_base_/default_runtime.py'
]

model = dict(
    type='DepthClassifier',
    bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71),
    pretrained=None,
    backbone=dict(depth=18, base_channels=16),
    # The dilations fit 8 x 26 features.
    decode_head=dict(
        in_channels=128,
        channels=64,
        dilations=(1, 3, 6, 9),
        c1_in_channels=16,
        c1_channels=16,
        loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]),
    auxiliary_head=dict(in_channels=64, channels=16))
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=300, max_keep_ckpts=1))
