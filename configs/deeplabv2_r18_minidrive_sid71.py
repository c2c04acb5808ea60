# DeepLab v2 on ResNet-18, from scratch, on generated street scenes: minutes on two CPU cores.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    '_base_/models/deeplabv2_r18-d8.py', '_base_/datasets/minidrive.py', '_base_/default_runtime.py'
]

bins = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)
input_size = dict(type='Resize', scale=(208, 64), keep_ratio=False)  # half size, for speed

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    input_size,
    dict(type='RandomFlip', prob=0.5),
    dict(type='DepthToBinLabel', bins=bins),
    dict(type='PackSegInputs'),
]
# Ground truth is loaded after Resize: predictions are compared at the original size.
test_pipeline = [dict(type='LoadImageFromFile'), input_size, dict(type='LoadDepth'), dict(type='PackSegInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    input_size,
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackSegInputs')]])
]
model = dict(bins=bins)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=2e-3, weight_decay=1e-2))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, begin=0, end=40, by_epoch=False),
    dict(type='PolyLR', power=0.9, eta_min=0.0, begin=40, end=600, by_epoch=False),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=600, val_interval=300)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=300, max_keep_ckpts=1))
