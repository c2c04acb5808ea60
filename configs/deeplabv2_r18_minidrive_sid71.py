# DeepLab v2 on ResNet-18, from scratch, on generated street scenes: minutes on two CPU cores.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    '_base_/models/deeplabv2_r18-d8.py', '_base_/datasets/minidrive_half.py', '_base_/schedules/adamw_poly_600.py',
    '_base_/default_runtime.py'
]

bins = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)
# Labels made in the pipeline, as stock heads and tools of MMSegmentation expect them.
train_pipeline = [*_base_.train_pipeline[:-1], dict(type='DepthToBinLabel', bins=bins), _base_.train_pipeline[-1]]
model = dict(bins=bins)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
optim_wrapper = dict(optimizer=dict(lr=2e-3))
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=300, max_keep_ckpts=1))
