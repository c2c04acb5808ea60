# As deeplabv2_r18_minidrive_sid71.py, with one canonical camera: MiniDrives of other focal lengths may be mixed into
# its training, and are answered in metres of their own cameras. See docs/cameras.md.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './deeplabv2_r18_minidrive_sid71.py'
import mmdepthcls.camera  # noqa: E402

canonical_focal_px = 120.64  # 0.58 widths of the network's input, as most of the pictures have it
depth_range = (1.0, 80.0)  # m of each camera, which are learned and scored
# Cameras of 0.7 to 1.4 times that focal length find a bin for every depth.
min_depth, max_depth = mmdepthcls.camera.canonical_range(
    depth_range, (0.7 * canonical_focal_px, 1.4 * canonical_focal_px), canonical_focal_px)
bins = dict(type='SIDBins', min_depth=min_depth, max_depth=max_depth, num_bins=71)
train_pipeline = [
    *_base_.train_pipeline[:-2], dict(type='CanonicalCamera', focal_px=canonical_focal_px),
    dict(type='DepthToBinLabel', bins=bins, depth_range=depth_range), _base_.train_pipeline[-1]
]
model = dict(bins=bins, canonical_focal_px=canonical_focal_px, depth_range=depth_range)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
