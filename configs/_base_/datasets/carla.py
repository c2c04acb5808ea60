# CARLA: see mmdepthcls/datasets/tree_presets.py. CARLA_ROOT holds a folder a recording, and train.txt, val.txt and
# test.txt with the names of recordings. The camera is yours: focal_px = image width / (2 tan(fov / 2)).
# The training pipeline belongs to the config that uses this file: it depends on the bins.
data_root = '{{$CARLA_ROOT:data/carla}}'
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackDepthInputs')]])
]

train_set = dict(type='DepthTreeDataset', preset='carla', data_root=data_root)
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(train_set, scenes='train.txt'))
evaluation_loader = dict(
    batch_size=1, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(train_set, test_mode=True, pipeline=test_pipeline)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, scenes='val.txt'))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, scenes='test.txt'))
val_evaluator = dict(type='DepthEvaluator')  # as far as the model's bins reach
test_evaluator = val_evaluator
