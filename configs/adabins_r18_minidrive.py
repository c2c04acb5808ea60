# Bins predicted for each image, as in AdaBins (Bhat et al., 2021), around the same head: minutes on two CPU cores.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = ['./deeplabv2_r18_minidrive_sid71.py']

model = dict(
    decode_head=dict(
        _delete_=True,
        type='AdaptiveBinsHead',
        head=dict(type='DeepLabV2Head', in_channels=256, in_index=0, dilations=(6, 12, 18, 24))))
