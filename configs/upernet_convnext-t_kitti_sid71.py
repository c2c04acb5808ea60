# UPerNet on ConvNeXt-T of timm (pip install timm) for depth on KITTI. Head and schedule as in MMSegmentation's
# convnext-tiny_upernet_8xb2-amp-160k_ade20k-512x512.py, whose backbone is MMPretrain's. Any other timm model with
# features of strides 4, 8, 16 and 32: change model_name and the in_channels.
# Use it with `mmdepthcls train` and `mmdepthcls test`. MMSegmentation's own tools cannot read 'mmseg::...' on the onedl
# stack: they look for that base before mmdepthcls, which mends this, is imported.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    'mmseg::_base_/models/upernet_swin.py', '_base_/datasets/kitti_crops.py',
    '_base_/schedules/adamw_poly_160k.py', '_base_/default_runtime.py'
]

model = dict(
    type='DepthClassifier',
    bins=dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71),
    data_preprocessor=dict(size=(352, 704)),
    backbone=dict(
        _delete_=True,
        type='TIMMBackbone',
        model_name='convnext_tiny.in12k_ft_in1k',
        # Downloaded when the model is built, for testing too: there --cfg-options model.backbone.pretrained=False does.
        pretrained=True,
        drop_path_rate=0.4),
    decode_head=dict(loss_decode=[dict(type='SparseCrossEntropyLoss'), dict(type='ExpectationSILogLoss')]),
    auxiliary_head=dict(in_channels=384))
# The recipe's learning rates by stage know only MMPretrain's ConvNeXt.
optim_wrapper = dict(optimizer=dict(lr=1e-4, weight_decay=0.05))
