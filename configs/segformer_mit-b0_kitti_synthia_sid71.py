# SegFormer-B0 on KITTI and SYNTHIA together, as one canonical camera sees them, and scored on each: docs/datasets.md.
# Data of your own are one more entry in each of the four lists below. Model and schedule as in
# segformer_mit-b0_kitti_sid71.py, which builds on 'mmseg::': use this project's tools/train.py and tools/test.py.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './segformer_mit-b0_kitti_sid71.py'

import mmdepthcls.camera  # noqa: E402

crop_size = (352, 704)
# The focal length of SYNTHIA-RAND-CITYSCAPES is in none of its files: this is what other sets of SYNTHIA's have. Change
# it if you know better.
synthia_focal_px = 532.740352
# Labels are of the metres of one camera, here that of most of KITTI's days. Its bins hold 1 to 80 m of every camera.
canonical_focal_px, depth_range = 721.5377, (1.0, 80.0)
min_depth, max_depth = mmdepthcls.camera.canonical_range(
    depth_range, (707.0493, 721.5377, synthia_focal_px), canonical_focal_px)
model = dict(
    bins=dict(min_depth=min_depth, max_depth=max_depth), canonical_focal_px=canonical_focal_px,
    depth_range=depth_range)

kitti = dict(
    type='KITTIDepthDataset', set_name='kitti', data_root='{{$KITTI_ROOT:data/kitti}}', ground_truth='annotated')
synthia = dict(
    type='SYNTHIADepthDataset',
    set_name='synthia',
    data_root='{{$SYNTHIA_ROOT:data/synthia/RAND_CITYSCAPES}}',
    focal_px=synthia_focal_px)
# own = dict(type='DepthFolderDataset', set_name='own', data_root='data/mine', depth_format=dict(scale=1000.0),
#            focal_px=900.0)

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    dict(
        type='RandomDepthWarp', crop_size=crop_size, scale_range=(1.0, 1.5), max_angle=5.0, flip_prob=0.5,
        min_valid=0.01),
    dict(type='RandomColorGain'),
    dict(type='PackDepthInputs'),
]
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
train_dataloader = dict(
    # Two of three images are KITTI's, however many each set has.
    sampler=dict(type='WeightedSetSampler', weights=dict(kitti=2, synthia=1), _delete_=True),
    dataset=dict(
        type='ConcatDataset',
        datasets=[dict(kitti, split='fit', pipeline=train_pipeline),
                  dict(synthia, split='train', pipeline=train_pipeline)],
        _delete_=True))
val_dataloader = dict(
    dataset=dict(
        type='ConcatDataset',
        datasets=[dict(kitti, split='val', test_mode=True, pipeline=test_pipeline),
                  dict(synthia, split='val', test_mode=True, pipeline=test_pipeline)],
        _delete_=True))
test_dataloader = dict(
    dataset=dict(
        type='ConcatDataset',
        datasets=[dict(kitti, split='test', test_mode=True, pipeline=test_pipeline),
                  dict(synthia, split='test', test_mode=True, pipeline=test_pipeline)],
        _delete_=True))
# A row a set. 'abs_rel', by which the best checkpoint is chosen, is the mean of the sets.
val_evaluator = dict(
    type='PerSetEvaluator', sets=dict(kitti=dict(crop='garg', max_depth=80.0), synthia=dict(max_depth=80.0)),
    _delete_=True)
test_evaluator = val_evaluator
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackDepthInputs')]])
]
