# The same on a ResNet-18 of half width, from scratch: small enough for two CPU cores. Its losses are those that
# nothing in docs/study.md beats in abs_rel.
_base_ = './deeplabv2_r101-d8.py'
model = dict(
    backbone=dict(
        depth=18, base_channels=32, norm_cfg=dict(type='BN', requires_grad=True), norm_eval=False, init_cfg=None),
    decode_head=dict(
        in_channels=256,
        loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]))
