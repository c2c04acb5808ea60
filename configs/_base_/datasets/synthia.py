# SYNTHIA-RAND-CITYSCAPES. Folders: see mmdepthcls/datasets/synthia.py. SYNTHIA_ROOT is the folder RAND_CITYSCAPES.
# Its focal length is in no file of it: for a canonical camera give the data sets focal_px (docs/cameras.md).
# The training pipeline belongs to the config that uses this file: it depends on the bins.
data_root = '{{$SYNTHIA_ROOT:data/synthia/RAND_CITYSCAPES}}'
crop_size = (420, 800)

# The paper crops for testing too: the middle, which becomes the image that is predicted and compared.
cropped = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadDepth'),
    dict(type='DepthCrop', crop_size=crop_size, position='center'),
]
pack = dict(type='PackDepthInputs')
test_pipeline = [*cropped, pack]
tta_pipeline = [
    *cropped,
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [pack]]),
]

train_dataloader = dict(
    batch_size=3,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(type='SYNTHIADepthDataset', data_root=data_root, split='train'))
# paper silent: the split of the 9 400 images. Whole blocks of neighboring files, since neighbors show one scene.
evaluation_loader = dict(
    batch_size=1, num_workers=4, persistent_workers=True, sampler=dict(type='DefaultSampler', shuffle=False))
evaluation_set = dict(type='SYNTHIADepthDataset', data_root=data_root, test_mode=True, pipeline=test_pipeline)
val_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='val'))
test_dataloader = dict(evaluation_loader, dataset=dict(evaluation_set, split='test'))
val_evaluator = dict(type='DepthEvaluator', max_depth=80.0, crop=None)
test_evaluator = val_evaluator
