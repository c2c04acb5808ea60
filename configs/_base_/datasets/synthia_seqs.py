# SYNTHIA-SEQS: see mmdepthcls/datasets/tree_presets.py. SYNTHIA_SEQS_ROOT holds SYNTHIA-SEQS-01-DAWN ... There is no
# official split: whole sequences are held out, in all their seasons.
# The training pipeline belongs to the config that uses this file: it depends on the bins.
data_root = '{{$SYNTHIA_SEQS_ROOT:data/SYNTHIA-SEQS}}'
test_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='LoadDepth')],
                    [dict(type='PackDepthInputs')]])
]

train_set = dict(type='DepthTreeDataset', preset='synthia_seqs', data_root=data_root)
train_dataloader = dict(
    batch_size=4,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(train_set, scenes=['*-01-*', '*-02-*', '*-04-*']))
evaluation_loader = dict(
    batch_size=1, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(train_set, test_mode=True, pipeline=test_pipeline)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, scenes=['*-05-*']))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, scenes=['*-06-*']))
val_evaluator = dict(type='DepthEvaluator')  # as far as the model's bins reach
test_evaluator = val_evaluator
