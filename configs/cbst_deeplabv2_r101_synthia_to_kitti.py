# Class-balanced self-training (Zou et al., 2018) from SYNTHIA to KITTI: the paper's last sentence, docs/adaptation.md.
#   mmdepthcls adapt cbst_deeplabv2_r101_synthia_to_kitti --checkpoint SYNTHIA.pth
# of a model that deeplabv2_r101_synthia_canonical_sid71.py trained. KITTI's depth is read by --curve alone, when all
# rounds are done.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './deeplabv2_r101_synthia_canonical_sid71.py'

crop_size = (352, 704)
kitti_root = '{{$KITTI_ROOT:data/kitti}}'
loaded, labelled = _base_.train_pipeline[:2], _base_.train_pipeline[-3:]
augmented = [
    dict(
        type='RandomDepthWarp', crop_size=crop_size, scale_range=(1.0, 1.5), max_angle=5.0, flip_prob=0.5,
        min_valid=0.01),
    dict(type='RandomColorGain', gain_range=(0.8, 1.2)),
]
source_set = dict(
    type='SYNTHIADepthDataset',
    data_root=_base_.data_root,
    split='train',
    focal_px=_base_.synthia_focal_px,
    pipeline=[*loaded, *augmented, *labelled])
# Images of the training drives alone; LoadDepth loads pseudo-labels. Rare depths are looked for before the zoom.
target_set = dict(
    type='KITTIDepthDataset',
    data_root=kitti_root,
    split='train',
    images_only=True,
    pipeline=[*loaded, dict(type='RareDepthCrop', crop_size=(352, 1056)), *augmented, *labelled])
# As in the authors' repository: two images, momentum 0.9, weight decay 5e-4.
train_dataloader = dict(
    _delete_=True,
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    batch_sampler=dict(type='TwoDomainBatchSampler', source=1),
    dataset=dict(type='TwoDomainDataset', datasets=[source_set, target_set]))
test_pipeline = [
    dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='LoadVelodyneDepth'), dict(type='PackDepthInputs')
]
test_dataloader = dict(
    dataset=dict(
        _delete_=True, type='KITTIDepthDataset', data_root=kitti_root, split='test', ground_truth='velodyne',
        test_mode=True, pipeline=test_pipeline))
test_evaluator = dict(crop='garg')
self_training = dict(
    rounds=6, portion=0.2, portion_step=0.05, portion_max=0.5, epochs=2, lr=1e-4, num_groups=10, ignore_top=0.3)
