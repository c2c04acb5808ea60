# Class-balanced self-training from one world of MiniDrive to another, whose depth nobody knows: docs/adaptation.md.
#   mmdepthcls adapt cbst_deeplabv2_r18_minidrive --checkpoint SOURCE.pth
# of a model that deeplabv2_r18_minidrive_source_sid71.py trained.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './deeplabv2_r18_minidrive_source_sid71.py'

source_set = dict(
    type='MiniDriveDataset', data_root=_base_.source_root, split='train', pipeline=_base_.train_pipeline)
# The target's depth is not read: LoadDepth is for pseudo-labels.
target_set = dict(
    type='MiniDriveDataset',
    data_root=_base_.target_root,
    split='train',
    images_only=True,
    pipeline=[*_base_.train_pipeline[:2], _base_.input_size, *_base_.train_pipeline[4:]])
train_dataloader = dict(
    _delete_=True,
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    batch_sampler=dict(type='TwoDomainBatchSampler', source=4),
    dataset=dict(type='TwoDomainDataset', datasets=[source_set, target_set]))
# Batch normalization keeps the source's statistics: a batch is of two domains.
model = dict(backbone=dict(norm_eval=True))
# Above is mostly sky, of which no training has said how far it is.
self_training = dict(rounds=4, portion=0.2, portion_step=0.1, portion_max=0.5, epochs=2, lr=5e-4, ignore_top=0.4)
default_hooks = dict(checkpoint=dict(interval=100))
