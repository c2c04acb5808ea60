# NYU Depth v2 in BTS's folders: see mmdepthcls/datasets/nyu.py. NYU_ROOT holds sync/ and official_splits/.
# There is no official validation set. As in the papers that use these folders, the test images choose the checkpoint:
# hold rooms out of the training (scenes=[...]) where that matters.
# ann_file='nyudepthv2_train_files_with_gt.txt' takes the images that BTS lists, and no others.
_base_ = ['whole_images.py']
data_root = '{{$NYU_ROOT:data/nyu_depth_v2}}'
train_set = dict(type='NYUDepthDataset', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, split='train'))
val_dataloader = dict(dataset=dict(train_set, split='test'))
test_dataloader = dict(dataset=dict(train_set, split='test'))
val_evaluator = dict(protocols=['nyu_eigen'])
test_evaluator = val_evaluator
