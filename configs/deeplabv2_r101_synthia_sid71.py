# Oluwafemi et al., "Deep Classification Network for Monocular Depth Estimation" (2019), SYNTHIA (Table 2).
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    '_base_/models/deeplabv2_r101-d8.py', '_base_/datasets/synthia.py', '_base_/schedules/sgd_poly_100k.py',
    '_base_/default_runtime.py'
]

# 71 classes by spatially increasing discretisation (eq. 2); depths beyond 80 m are ignored in the loss.
# paper silent: alpha. 1 m, as on KITTI.
bins = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    # paper silent: augmentation on SYNTHIA. As on KITTI.
    dict(type='RandomDepthZoom', scale_range=(1.0, 1.5)),
    dict(type='DepthCrop', crop_size=(420, 800)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='DepthToBinLabel', bins=bins),
    dict(type='PackSegInputs'),
]
model = dict(bins=bins)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
