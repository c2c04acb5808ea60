# segformer_mit-b0 for depth on KITTI, as `mmdepthcls make-config` writes it.
# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on the onedl
# stack: they look for that base before mmdepthcls, which mends this, is imported.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = ['mmseg::segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512.py']

# The three changes: the model classifies depth ...
crop_size = (352, 704)
model = dict(
    type='DepthClassifier',
    bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71),
    data_preprocessor=dict(size=crop_size),
    decode_head=dict(loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]))
# ... of these images (the model makes its labels itself, so the pipeline needs none) ...
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    dict(
        type='RandomDepthWarp', crop_size=crop_size, scale_range=(1.0, 1.5), max_angle=5.0,
        flip_prob=0.5, min_valid=0.01),
    dict(type='RandomColorGain'),
    dict(type='PackDepthInputs'),
]
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackSegInputs')]
data = dict(type='KITTIDepthDataset', data_root='{{$KITTI_ROOT:data/kitti}}', ground_truth='annotated', _delete_=True)
train_dataloader = dict(dataset=dict(data, split='fit', pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(data, split='val', test_mode=True, pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(data, split='test', test_mode=True, pipeline=test_pipeline))
# ... and is judged by depth errors.
val_evaluator = dict(type='DepthEvaluator', crop='garg', _delete_=True)
test_evaluator = val_evaluator

# Pictures, test-time augmentation and checkpoints of depth.
visualizer = dict(type='DepthVisualizer')
tta_model = dict(type='DepthTTAModel')
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackSegInputs')]])
]
default_hooks = dict(checkpoint=dict(save_best='abs_rel', rule='less'))
custom_hooks = [
    dict(type='FiniteLossHook'), dict(type='FiniteLoaderHook'), dict(type='ResumeBinsHook'),
    dict(type='WorkFolderHook')]
