# As deeplabv2_r101_synthia_sid71.py, in metres of KITTI's camera: a start for the adaptation to KITTI.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './deeplabv2_r101_synthia_sid71.py'
import mmdepthcls.camera  # noqa: E402

canonical_focal_px = 721.5377  # of most of KITTI's days
# SYNTHIA's archive does not say it. This is what is told of other SYNTHIA sets, and not verified for RAND-CITYSCAPES.
synthia_focal_px = 532.74
depth_range = (1.0, 80.0)  # m of each camera
min_depth, max_depth = mmdepthcls.camera.canonical_range(
    depth_range, (707.0912, canonical_focal_px, synthia_focal_px), canonical_focal_px)
bins = dict(type='SIDBins', min_depth=min_depth, max_depth=max_depth, num_bins=71)
train_pipeline = [
    *_base_.train_pipeline[:-2], dict(type='CanonicalCamera', focal_px=canonical_focal_px),
    dict(type='DepthToBinLabel', bins=bins, depth_range=depth_range), _base_.train_pipeline[-1]
]
model = dict(bins=bins, canonical_focal_px=canonical_focal_px, depth_range=depth_range)
train_dataloader = dict(dataset=dict(focal_px=synthia_focal_px, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(focal_px=synthia_focal_px))
test_dataloader = dict(dataset=dict(focal_px=synthia_focal_px))
