# Class-balanced self-training from one world of MiniDrive to another, whose depth nobody knows: docs/adaptation.md.
#   mmdepthcls adapt cbst_deeplabv2_r18_minidrive --checkpoint SOURCE.pth
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    '_base_/models/deeplabv2_r18-d8.py', '_base_/datasets/minidrive_two_domains.py',
    '_base_/schedules/adamw_poly_600.py', '_base_/default_runtime.py'
]

bins = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=71)
# Batch normalization keeps the source's statistics: a batch is of two domains.
model = dict(bins=bins, backbone=dict(norm_eval=True))
self_training = dict(rounds=4, portion=0.2, portion_step=0.1, portion_max=0.5, epochs=2, lr=5e-4)
default_hooks = dict(logger=dict(interval=20), checkpoint=dict(interval=100, max_keep_ckpts=1))
