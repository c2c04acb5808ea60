# ScanNet: see mmdepthcls/datasets/scannet.py. SCANNET_ROOT holds the scenes, and the official lists of them.
# Depth is smaller than color: the color is resized, and depth stays as it was measured.
# The training pipeline belongs to the config that uses this file: it depends on the bins.
data_root = '{{$SCANNET_ROOT:data/scannet/scans}}'
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackDepthInputs')]])
]

train_set = dict(type='ScanNetDepthDataset', resized='image', data_root=data_root)
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(train_set, scenes='scannetv2_train.txt'))
evaluation_loader = dict(
    batch_size=1, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(train_set, test_mode=True, pipeline=test_pipeline)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, scenes='scannetv2_val.txt'))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, scenes='scannetv2_val.txt'))
val_evaluator = dict(type='DepthEvaluator')  # as far as the model's bins reach
test_evaluator = val_evaluator
