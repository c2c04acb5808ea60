# Train and score on whatever KITTI frames are on disk, a handful is enough: shows in minutes on two CPU cores that real
# data goes the whole way. It scores the frames it has trained on, so its numbers say nothing about other frames.
# KITTI_ROOT: folder with raw/ and annotated/. KITTI_GT: annotated, velodyne or velodyne_png.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = ['_base_/models/deeplabv2_r18-d8.py', '_base_/default_runtime.py']

bins = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)
# It scores what it trains on, and means to: tools/check_data.py takes it as a note.
check_data = dict(allow_leakage=True)
data_root = '{{$KITTI_ROOT:data/kitti}}'
ground_truth = '{{$KITTI_GT:annotated}}'

# Depth is loaded after Resize and stays as it is on disk: logits are upsampled to it, and no LiDAR point is lost.
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(640, 192), keep_ratio=False),
    dict(type='LoadDepth'),
    dict(type='LoadVelodyneDepth'),
    dict(type='PackSegInputs'),
]
train_pipeline = [*test_pipeline[:-1], dict(type='DepthToBinLabel', bins=bins), test_pipeline[-1]]
model = dict(bins=bins)
train_dataloader = dict(
    batch_size=1,  # frames of different days have different sizes
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='KITTIDepthDataset', data_root=data_root, ground_truth=ground_truth, pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='KITTIDepthDataset',
        data_root=data_root,
        ground_truth=ground_truth,
        test_mode=True,
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type='DepthEvaluator')  # as far as the model's bins reach
test_evaluator = val_evaluator

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-3, weight_decay=1e-4))
param_scheduler = [dict(type='PolyLR', power=0.9, eta_min=0.0, begin=0, end=300, by_epoch=False)]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=300, val_interval=300)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=300))
