# Oluwafemi et al., "Deep Classification Network for Monocular Depth Estimation" (2019), KITTI (Table 1).
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    '_base_/models/deeplabv2_r101-d8.py', '_base_/datasets/kitti_eigen.py', '_base_/schedules/sgd_poly_100k.py',
    '_base_/default_runtime.py'
]

# 71 classes by spatially increasing discretisation (eq. 2); depths beyond 80 m are ignored in the loss.
# paper silent: alpha. 1 m: nothing on KITTI is nearer, and the same 71 classes are DORN's.
bins = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)
crop_size = (420, 800)  # larger than KITTI's 375 rows: reached by zoom, else padded (image: mean, depth: none)

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    dict(type='LoadVelodyneDepth'),
    # Augmentation of Eigen et al. [26]: zoom by s with depth divided by s, rotation, crop, flip; color gain.
    dict(
        type='RandomDepthWarp', crop_size=crop_size, scale_range=(1.0, 1.5), max_angle=5.0, flip_prob=0.5,
        min_valid=0.01),
    dict(type='RandomColorGain', gain_range=(0.8, 1.2)),
    dict(type='DepthToBinLabel', bins=bins),
    dict(type='PackDepthInputs'),
]
model = dict(bins=bins)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
