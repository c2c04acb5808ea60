# What the public data sets beside this file share: how they are loaded, tested on whole images and scored. A file a set
# says which samples these are. The training pipeline belongs to the config that uses it: it depends on the bins.
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackDepthInputs')]])
]
train_dataloader = dict(
    batch_size=4, num_workers=4, persistent_workers=True, sampler=dict(type='InfiniteSampler', shuffle=True))
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(test_mode=True, pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type='DepthEvaluator')  # as far as the model's bins reach
test_evaluator = val_evaluator
