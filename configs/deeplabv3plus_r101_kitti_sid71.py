# DeepLabV3+ on ResNet-101 for depth on KITTI. Model and schedule as in MMSegmentation's
# deeplabv3plus_r101-d8_4xb2-80k_cityscapes-512x1024.py.
# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on the onedl
# stack: they look for that base before mmdepthcls, which mends this, is imported.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    'mmseg::_base_/models/deeplabv3plus_r50-d8.py', '_base_/datasets/kitti_crops.py',
    '_base_/default_runtime.py'
]

model = dict(
    type='DepthClassifier',
    bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71),
    data_preprocessor=dict(size=(352, 704)),
    pretrained='open-mmlab://resnet101_v1c',  # ImageNet-1k
    backbone=dict(depth=101),
    decode_head=dict(loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]))
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=5e-4))
param_scheduler = [dict(type='PolyLR', power=0.9, eta_min=1e-4, begin=0, end=80000, by_epoch=False)]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=80000, val_interval=10000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
