# Virtual KITTI 2: see mmdepthcls/datasets/virtual_kitti.py. VKITTI2_ROOT holds Scene01 ... Scene20.
# There is no official split: Scene20 is held out, whole. conditions=['clone', 'fog', ...] takes more than the clones.
# The training pipeline belongs to the config that uses this file: it depends on the bins.
data_root = '{{$VKITTI2_ROOT:data/vkitti2}}'
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackDepthInputs')]])
]

train_set = dict(type='VirtualKITTIDepthDataset', data_root=data_root)
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(train_set, scenes=['Scene01', 'Scene02', 'Scene06', 'Scene18']))
evaluation_loader = dict(
    batch_size=1, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(train_set, test_mode=True, pipeline=test_pipeline)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, scenes=['Scene20']))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, scenes=['Scene20']))
val_evaluator = dict(type='DepthEvaluator', crop='garg')
test_evaluator = val_evaluator
