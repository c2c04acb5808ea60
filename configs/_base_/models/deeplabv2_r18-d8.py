# DeepLab v2's head on a ResNet-18 of half width, from scratch, output stride 8: small enough for two CPU cores.
model = dict(
    type='DepthClassifier',
    data_preprocessor=dict(
        type='DepthDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    backbone=dict(
        type='ResNet',
        depth=18,
        base_channels=32,
        num_stages=4,
        out_indices=(3, ),
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        style='pytorch',
        norm_cfg=dict(type='BN')),
    decode_head=dict(
        type='DeepLabV2Head',
        in_channels=256,
        in_index=0,
        dilations=(6, 12, 18, 24),
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True)),
    decoder=dict(type='ExpectationDecoder'),
    test_cfg=dict(mode='whole'))
