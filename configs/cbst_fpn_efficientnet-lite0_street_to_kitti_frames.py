# A demonstration of self-training on real pictures: the provisional model, which has seen generated streets alone,
# teaches itself on whatever KITTI frames are on disk. It is tested on these frames too (said as `transductive`), so
# with a handful of them its numbers say that the way can be gone, not how far. docs/adaptation.md.
#   mmdepthcls make-minidrive data/minidrive_varied --look varied --train 200 --val 0 --test 0
#   KITTI_ROOT=... mmdepthcls adapt cbst_fpn_efficientnet-lite0_street_to_kitti_frames --checkpoint STREET.pth --curve
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './fpn_efficientnet-lite0_street_sid71.py'

kitti_root = '{{$KITTI_ROOT:data/kitti}}'
# With KITTI's shape and focal length this is the provisional model's camera: 241.7 px against 241.3.
target_pipeline = [*_base_.train_pipeline[:2], _base_.input_size, *_base_.train_pipeline[2:]]
source_set = dict(
    type='MiniDriveDataset', data_root=_base_.train_dataloader.dataset.data_root, split='train',
    pipeline=_base_.train_pipeline)
target_set = dict(
    type='KITTIDepthDataset',
    data_root=kitti_root,
    ground_truth='annotated',
    images_only=True,
    pipeline=target_pipeline)
train_dataloader = dict(
    _delete_=True,
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    batch_sampler=dict(type='TwoDomainBatchSampler', source=4),
    dataset=dict(type='TwoDomainDataset', datasets=[source_set, target_set]))
test_dataloader = dict(
    _delete_=True,
    batch_size=1,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='KITTIDepthDataset',
        data_root=kitti_root,
        ground_truth='annotated',
        test_mode=True,
        pipeline=_base_.test_pipeline))
test_evaluator = dict(_delete_=True, type='DepthEvaluator', protocols=['eigen_annotated'])
val_dataloader = None
val_cfg = None
val_evaluator = None
# The top of the picture is sky, of which no training has said how far it is.
self_training = dict(
    rounds=4, portion=0.2, portion_step=0.1, portion_max=0.5, epochs=10, lr=1e-4, ignore_top=0.4, transductive=True)
check_data = dict(allow_leakage=True)  # what is tested on is what is adapted to
default_hooks = dict(checkpoint=dict(interval=100))
