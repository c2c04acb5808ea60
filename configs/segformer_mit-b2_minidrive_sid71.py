# SegFormer, narrow and from scratch, on generated street scenes: minutes on two CPU cores.
# The twin of segformer_mit-b2_kitti_sid71.py.
# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on the onedl
# stack: they look for that base before mmdepthcls, which mends this, is imported.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    'mmseg::_base_/models/segformer_mit-b0.py', '_base_/datasets/minidrive_half.py',
    '_base_/schedules/adamw_poly_600.py', '_base_/default_runtime.py'
]

model = dict(
    type='DepthClassifier',
    bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71),
    backbone=dict(embed_dims=16, num_layers=[1, 1, 1, 1]),
    decode_head=dict(
        in_channels=[16, 32, 80, 128],
        channels=64,
        loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]))
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=300, max_keep_ckpts=1))
