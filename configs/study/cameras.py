# The study of docs/cameras.md: python tools/study.py cameras
# One small network at three focal lengths, on the same scenes; the one trained at `trained` is tested at all, in all
# `ways`. So is one for which `trained` was mixed with the cameras of `mixture`, in the `mixture_way`, whose canonical
# camera is that of `trained`. Small enough for two CPU cores.

# The config that every run changes, seen from this file, and the scenes (arguments of make_minidrive).
base = 'deeplabv2_r18_minidrive_sid71.py'
data = dict(num_train=320, num_val=0, num_test=60, height=48, width=160)
# Focal lengths in image widths, by name: MiniDrive's (KITTI's), a wider and a longer one.
cameras = {'0.75x': 0.75 * 0.58, '1x': 0.58, '1.3x': 1.3 * 0.58}
trained = '1x'
# What is mixed with it: none of the others that are tested.
mixture = {'0.6x': 0.6 * 0.58, '0.85x': 0.85 * 0.58, '1.15x': 1.15 * 0.58, '1.6x': 1.6 * 0.58}
mixture_way = 'by depth'
seeds = (0, 1, 2)
scored_range = (1.0, 80.0)  # metres of the camera that took the picture

# 1 to 80 m of all cameras, in metres of the trained one: 0.63 to 133 m.
_bins = dict(type='SIDBins', min_depth=1.0 / 1.6, max_depth=80.0 / 0.6, num_bins=32)
iterations = 900
_load = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]
_loader = dict(num_workers=0, persistent_workers=False)
options = {
    'model.bins': _bins,
    'model.backbone': dict(base_channels=16, strides=(1, 2, 2, 1), dilations=(1, 1, 1, 1)),
    'model.decode_head': dict(in_channels=128, dilations=(2, 4, 6, 8)),
    'train_dataloader': dict(_loader, dataset=dict(pipeline=[
        *_load, dict(type='RandomFlip', prob=0.5), dict(type='PackDepthInputs')])),
    'test_dataloader': dict(_loader, batch_size=1),
    'train_cfg.max_iters': iterations,
    'param_scheduler': [
        dict(type='LinearLR', start_factor=0.1, begin=0, end=40, by_epoch=False),
        dict(type='PolyLR', power=0.9, eta_min=0.0, begin=40, end=iterations, by_epoch=False),
    ],
    'default_hooks.checkpoint': None,  # the last weights are what is kept
    'log_level': 'WARNING',
}
# Test pipelines by name. 'without' has no canonical camera: its metres are those of the trained focal length. The
# others get the trained focal length, in pixels, as their canonical one.
ways = {
    'without': [*_load, dict(type='PackDepthInputs')],
    'by depth': [*_load, dict(type='CanonicalCamera', by='depth'), dict(type='PackDepthInputs')],
    'by image': [
        dict(type='LoadImageFromFile'), dict(type='CanonicalCamera', by='image'), dict(type='LoadDepth'),
        dict(type='PackDepthInputs')],
}
