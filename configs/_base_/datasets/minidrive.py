# MiniDrive, generated street scenes at 128 x 416: python tools/make_minidrive.py
# The pipelines belong to the config that uses this file: they depend on the bins and the size.
data_root = '{{$MINIDRIVE_ROOT:data/minidrive}}'
train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(type='MiniDriveDataset', data_root=data_root, split='train'))
evaluation_loader = dict(
    batch_size=1, num_workers=1, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(type='MiniDriveDataset', data_root=data_root, test_mode=True)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='val'))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='test'))
val_evaluator = dict(type='DepthEvaluator')  # as far as the model's bins reach
test_evaluator = val_evaluator
