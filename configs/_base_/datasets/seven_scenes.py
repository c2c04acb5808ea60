# 7-Scenes: see mmdepthcls/datasets/seven_scenes.py, also for why it is no benchmark of depth. SEVEN_SCENES_ROOT holds
# chess/, fire/, ...
# The training pipeline belongs to the config that uses this file: it depends on the bins.
data_root = '{{$SEVEN_SCENES_ROOT:data/7scenes}}'
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackDepthInputs')]])
]

train_set = dict(type='SevenScenesDepthDataset', data_root=data_root)
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(train_set, split='train'))
evaluation_loader = dict(
    batch_size=1, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(train_set, test_mode=True, pipeline=test_pipeline)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='test'))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='test'))
val_evaluator = dict(type='DepthEvaluator')  # as far as the model's bins reach
test_evaluator = val_evaluator
