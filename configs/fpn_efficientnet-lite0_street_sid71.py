# The provisional model that predicts where none is named: fpn_efficientnet-lite0_minidrive_sid71.py at 128 x 416 on the
# 'varied' look of MiniDrive, chosen on the 'other' look, which it never sees in training. docs/provisional_model.md.
#     python tools/make_minidrive.py data/minidrive_varied --look varied --train 2200 --val 4 --test 4
#     python tools/make_minidrive.py data/minidrive_other --look other --train 0 --val 120 --test 240
# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on the onedl
# stack: they look for that base before mmdepthcls, which mends this, is imported.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './fpn_efficientnet-lite0_minidrive_sid71.py'

crop_size = (128, 256)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    # The camera is what metres are known by: hardly any zoom.
    dict(type='RandomDepthWarp', crop_size=crop_size, scale_range=(1.0, 1.1), max_angle=2.0, flip_prob=0.5),
    dict(type='RandomColorGain', gain_range=(0.75, 1.3)),
    dict(type='PhotoMetricDistortion', contrast_range=(0.6, 1.4), saturation_range=(0.3, 1.6)),
    dict(type='RandomCutOut', prob=0.4, n_holes=(1, 4), cutout_ratio=[(0.08, 0.15), (0.15, 0.08), (0.05, 0.3)],
         fill_in=(104, 117, 124)),
    dict(type='PackDepthInputs'),
]
input_size = dict(type='Resize', scale=(416, 128), keep_ratio=False)
test_pipeline = [dict(type='LoadImageFromFile'), input_size, dict(type='LoadDepth'), dict(type='PackSegInputs')]
model = dict(data_preprocessor=dict(size=crop_size))
train_dataloader = dict(
    batch_size=8,
    dataset=dict(data_root='{{$STREET_ROOT:data}}/minidrive_varied', pipeline=train_pipeline))
other = dict(data_root='{{$STREET_ROOT:data}}/minidrive_other', pipeline=test_pipeline)
val_dataloader = dict(dataset=other)
test_dataloader = dict(dataset=other)
optim_wrapper = dict(optimizer=dict(lr=1.5e-3, weight_decay=3e-2))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, begin=0, end=100, by_epoch=False),
    dict(type='PolyLR', power=0.9, eta_min=0.0, begin=100, end=800, by_epoch=False),
]
train_cfg = dict(max_iters=800, val_interval=400)
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=100, max_keep_ckpts=1))
