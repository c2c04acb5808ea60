# Uniform bins (eq. 1) instead of SID; all else as in deeplabv2_r101_synthia_sid71.py.
custom_imports = dict(imports=['mmdepthcls'], allow_failed_imports=False)
_base_ = './deeplabv2_r101_synthia_sid71.py'

bins = dict(type='UDBins', min_depth=0.0, max_depth=80.0, num_bins=71)

train_pipeline = [
    dict(step, bins=bins) if step['type'] == 'DepthToBinLabel' else step for step in _base_.train_pipeline
]
model = dict(bins=bins)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
