# SegFormer-B2 for depth on KITTI. Model and schedule as in MMSegmentation's
# segformer_mit-b2_8xb2-160k_ade20k-512x512.py.
# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on the onedl
# stack: they look for that base before mmdepthcls, which mends this, is imported.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    'mmseg::_base_/models/segformer_mit-b0.py', '_base_/datasets/kitti_crops.py',
    '_base_/schedules/adamw_poly_160k.py', '_base_/default_runtime.py'
]

model = dict(
    type='DepthClassifier',
    bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71),
    data_preprocessor=dict(size=(352, 704)),
    backbone=dict(
        embed_dims=64,
        num_layers=[3, 4, 6, 3],
        # ImageNet-1k
        init_cfg=dict(
            type='Pretrained',
            checkpoint='https://download.openmmlab.com/mmsegmentation/v0.5/pretrain/segformer/'
            'mit_b2_20220624-66e8bf70.pth')),
    decode_head=dict(
        in_channels=[64, 128, 320, 512],
        loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]))
optim_wrapper = dict(
    paramwise_cfg=dict(
        custom_keys=dict(pos_block=dict(decay_mult=0.0), norm=dict(decay_mult=0.0), head=dict(lr_mult=10.0))))
