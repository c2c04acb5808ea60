# ARKitScenes: see mmdepthcls/datasets/arkitscenes.py. ARKITSCENES_ROOT holds Training/ and Validation/.
# For the large images: images='wide', resized='image' (or depth='highres_depth').
# The training pipeline belongs to the config that uses this file: it depends on the bins.
data_root = '{{$ARKITSCENES_ROOT:data/arkitscenes/raw}}'
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackDepthInputs')]])
]

train_set = dict(type='ARKitScenesDepthDataset', data_root=data_root)
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(train_set, split='Training'))
evaluation_loader = dict(
    batch_size=1, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(train_set, test_mode=True, pipeline=test_pipeline)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='Validation'))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='Validation'))
val_evaluator = dict(type='DepthEvaluator')  # as far as the model's bins reach
test_evaluator = val_evaluator
