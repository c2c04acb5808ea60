# Two worlds of MiniDrive at half their size: a source with depth, and a target of which training sees images alone.
#   mmdepthcls make-minidrive data/minidrive_source --world source
#   mmdepthcls make-minidrive data/minidrive_target --world target
# What is tested is the target. The pipelines need no bins: the model makes its labels.
_base_ = './minidrive_half.py'
source_root = '{{$MINIDRIVE_SOURCE_ROOT:data/minidrive_source}}'
target_root = '{{$MINIDRIVE_TARGET_ROOT:data/minidrive_target}}'
source_set = dict(type='MiniDriveDataset', data_root=source_root, split='train', pipeline=_base_.train_pipeline)
# The target's depth is not read: LoadDepth is for pseudo-labels.
target_set = dict(
    type='MiniDriveDataset', data_root=target_root, split='train', images_only=True, pipeline=_base_.train_pipeline)
train_dataloader = dict(
    _delete_=True,
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    batch_sampler=dict(type='TwoDomainBatchSampler', source=4),
    dataset=dict(type='TwoDomainDataset', datasets=[source_set, target_set]))
val_dataloader = dict(dataset=dict(data_root=target_root))
test_dataloader = dict(dataset=dict(data_root=target_root))
