# The paper's network and schedule, shortened, on MiniDrive: what minidrive_r101.py trains.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = [
    '../_base_/models/deeplabv2_r101-d8.py', '../_base_/datasets/minidrive.py', '../_base_/schedules/sgd_poly_100k.py',
    '../_base_/default_runtime.py'
]
train_dataloader = dict(batch_size=3)  # the paper's
