# KITTI, Eigen split, raw-LiDAR ground truth. Folders: see mmdepthcls/datasets/kitti.py. KITTI_ROOT is their parent.
# The training pipeline belongs to the config that uses this file: it depends on the bins.
data_root = '{{$KITTI_ROOT:data/kitti}}'
# 'velodyne' projects the raw scans (all 23 488 training frames have one), 'annotated' has 23 158 and 652 of 697.
ground_truth = 'velodyne'

load_depth = [dict(type='LoadDepth'), dict(type='LoadVelodyneDepth')]  # each skips the samples of the other kind
test_pipeline = [dict(type='LoadImageFromFile'), *load_depth, dict(type='PackSegInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], load_depth[:1],
                    load_depth[1:], [dict(type='PackSegInputs')]])
]

train_dataloader = dict(
    batch_size=3,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(type='KITTIDepthDataset', data_root=data_root, split='train', ground_truth=ground_truth))
# The paper trains on all 23 488 frames. 'val' are four of those drives: `best` watches the training and measures
# nothing. To hold them out, set split='fit' above.
evaluation_loader = dict(
    batch_size=1, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(
    type='KITTIDepthDataset',
    data_root=data_root,
    ground_truth=ground_truth,
    test_mode=True,
    pipeline=test_pipeline)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='val'))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='test'))
# paper silent: evaluated region. Garg's crop and the 80 m cap are what most papers since 2016 report.
val_evaluator = dict(type='DepthEvaluator', max_depth=80.0, crop='garg')
test_evaluator = val_evaluator
