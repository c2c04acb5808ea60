# A start for adaptations from one world of MiniDrive to another: trained and validated on the source alone, with a
# canonical camera, tested on the target.
#   mmdepthcls make-minidrive data/minidrive_source --world source
#   mmdepthcls make-minidrive data/minidrive_target --world target
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './deeplabv2_r18_minidrive_canonical_sid71.py'

source_root = '{{$MINIDRIVE_SOURCE_ROOT:data/minidrive_source}}'
target_root = '{{$MINIDRIVE_TARGET_ROOT:data/minidrive_target}}'
# Pictures of the source are higher than those of the target: half of their size, and a part as large as the target's.
source_size = dict(type='Resize', scale=(216, 128), keep_ratio=False)
train_pipeline = [
    *_base_.train_pipeline[:2], source_size, dict(type='DepthCrop', crop_size=(64, 208)), *_base_.train_pipeline[3:]
]
train_dataloader = dict(dataset=dict(data_root=source_root, pipeline=train_pipeline))
# Of the target nothing is known before the test.
source_pipeline = [_base_.test_pipeline[0], source_size, *_base_.test_pipeline[2:]]
val_dataloader = dict(dataset=dict(data_root=source_root, pipeline=source_pipeline))
test_dataloader = dict(dataset=dict(data_root=target_root))
