# Bins predicted for each image, as in AdaBins (Bhat et al., 2021), on the paper's network and KITTI data. Not yet
# trained to its end: no result is claimed.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = ['./deeplabv2_r101_kitti_sid71.py']

# Bins begin as the 71 of the base config.
model = dict(
    decode_head=dict(
        _delete_=True,
        type='AdaptiveBinsHead',
        head=dict(type='DeepLabV2Head', in_channels=2048, in_index=0, dilations=(6, 12, 18, 24))))

# AdaBins' optimizer: AdamW, 3.5e-4, weight decay 0.1, a tenth of the rate for the pretrained backbone. Length and poly
# decay are the base config's.
optim_wrapper = dict(
    _delete_=True,
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=3.5e-4, weight_decay=0.1),
    clip_grad=dict(max_norm=0.1),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))))
