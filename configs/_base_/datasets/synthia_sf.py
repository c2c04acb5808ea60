# SYNTHIA-SF: see mmdepthcls/datasets/tree_presets.py. SYNTHIA_SF_ROOT holds SEQ1 ... SEQ6. There is no official split:
# whole sequences are held out. Its focal length is in no file that this project has seen: say it (focal_px).
# The training pipeline belongs to the config that uses this file: it depends on the bins.
data_root = '{{$SYNTHIA_SF_ROOT:data/SYNTHIA-SF}}'
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackDepthInputs')]])
]

train_set = dict(type='DepthTreeDataset', preset='synthia_sf', data_root=data_root)
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(train_set, scenes=['SEQ1', 'SEQ2', 'SEQ3', 'SEQ4']))
evaluation_loader = dict(
    batch_size=1, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(train_set, test_mode=True, pipeline=test_pipeline)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, scenes=['SEQ5']))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, scenes=['SEQ6']))
val_evaluator = dict(type='DepthEvaluator')  # as far as the model's bins reach
test_evaluator = val_evaluator
