# What minidrive.py varies, in one file, so that changes of other configs do not change the study:
# DeepLab v2 on a ResNet-18 of half width, from scratch, on MiniDrive at 64 x 208.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
default_scope = 'mmseg'
env_cfg = dict(
    cudnn_benchmark=True, mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0), dist_cfg=dict(backend='nccl'))
log_level = 'INFO'
log_processor = dict(by_epoch=False)
load_from = None
resume = False
visualizer = dict(type='DepthVisualizer', vis_backends=[dict(type='LocalVisBackend')], name='visualizer')
default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(
        type='CheckpointHook', by_epoch=False, interval=300, max_keep_ckpts=1, save_best='abs_rel', rule='less'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='SegVisualizationHook', interval=1))
custom_hooks = [dict(type='FiniteLossHook'), dict(type='ResumeBinsHook')]

bins = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)
model = dict(
    type='DepthClassifier',
    bins=bins,
    data_preprocessor=dict(
        type='DepthDataPreProcessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True),
    backbone=dict(
        type='ResNet', depth=18, base_channels=32, num_stages=4, out_indices=(3, ), strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4), style='pytorch', norm_cfg=dict(type='BN', requires_grad=True), norm_eval=False,
        init_cfg=None),
    decode_head=dict(
        type='DeepLabV2Head', in_channels=256, in_index=0, dilations=(6, 12, 18, 24),
        loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]),
    test_cfg=dict(mode='whole'))

data_root = '{{$MINIDRIVE_ROOT:data/minidrive}}'
input_size = dict(type='Resize', scale=(208, 64), keep_ratio=False)
test_pipeline = [dict(type='LoadImageFromFile'), input_size, dict(type='LoadDepth'), dict(type='PackSegInputs')]
train_dataloader = dict(
    batch_size=8, num_workers=1, persistent_workers=True, sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='MiniDriveDataset', data_root=data_root, split='train', pipeline=[
            dict(type='LoadImageFromFile'), dict(type='LoadDepth'), input_size, dict(type='RandomFlip', prob=0.5),
            dict(type='DepthToBinLabel', bins=bins), dict(type='PackSegInputs')]))
evaluation_loader = dict(
    batch_size=1, num_workers=1, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(type='MiniDriveDataset', data_root=data_root, test_mode=True, pipeline=test_pipeline)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='val'))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='test'))
val_evaluator = dict(type='DepthEvaluator')
test_evaluator = val_evaluator

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=2e-3, weight_decay=1e-2))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, begin=0, end=40, by_epoch=False),
    dict(type='PolyLR', power=0.9, eta_min=0.0, begin=40, end=600, by_epoch=False),
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=600, val_interval=300)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
