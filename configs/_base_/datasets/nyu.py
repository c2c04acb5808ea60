# NYU Depth v2 in BTS's folders: see mmdepthcls/datasets/nyu.py. NYU_ROOT holds sync/ and official_splits/.
# There is no official validation set. As in the papers that use these folders, the test images choose the checkpoint:
# hold rooms out of the training (scenes=[...]) where that matters.
# ann_file='nyudepthv2_train_files_with_gt.txt' takes the images that BTS lists, and no others.
# The training pipeline belongs to the config that uses this file: it depends on the bins.
data_root = '{{$NYU_ROOT:data/nyu_depth_v2}}'
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackDepthInputs')]])
]

train_set = dict(type='NYUDepthDataset', data_root=data_root)
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
val_evaluator = dict(type='DepthEvaluator', protocols=['nyu_eigen'])
test_evaluator = val_evaluator
