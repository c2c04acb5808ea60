# MiniDrive as in minidrive.py at half its size, for speed. The pipelines need no bins: the model makes its labels.
_base_ = './minidrive.py'
input_size = dict(type='Resize', scale=(208, 64), keep_ratio=False)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    input_size,
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
# Ground truth is loaded after Resize: predictions are compared at the original size.
test_pipeline = [dict(type='LoadImageFromFile'), input_size, dict(type='LoadDepth'), dict(type='PackSegInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    input_size,
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackSegInputs')]])
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
