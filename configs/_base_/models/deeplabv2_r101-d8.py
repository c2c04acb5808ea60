# DeepLab v2 (Chen et al., 2018) on ResNet-101, output stride 8. The bins are given by the config that uses this file.
model = dict(
    type='DepthClassifier',
    data_preprocessor=dict(
        type='DepthDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True),
    backbone=dict(
        type='ResNet',
        depth=101,
        num_stages=4,
        out_indices=(3, ),
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        style='pytorch',
        # paper silent: batch norm at batch 3. ImageNet's statistics and affine parameters are kept, as in the DeepLab
        # family at small batches: statistics over 3 crops are noise.
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        # torchvision's ImageNet weights (IMAGENET1K_V1)
        init_cfg=dict(type='Pretrained', checkpoint='https://download.pytorch.org/models/resnet101-63fe2227.pth')),
    # paper silent: auxiliary head. DeepLab v2 has none.
    decode_head=dict(
        type='DeepLabV2Head',
        in_channels=2048,
        in_index=0,
        dilations=(6, 12, 18, 24),
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True)),
    # paper silent: how bins become metres. DepthClassifier's default, the expectation of log depth, has no quantization
    # steps, and less AbsRel than the expectation of depth (docs/study.md).
    # paper silent: test size. The whole image at its own size.
    test_cfg=dict(mode='whole'))
