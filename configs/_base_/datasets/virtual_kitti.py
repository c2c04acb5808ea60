# Virtual KITTI 2: see mmdepthcls/datasets/virtual_kitti.py. VKITTI2_ROOT holds Scene01 ... Scene20.
# There is no official split: Scene20 is held out, whole. conditions=['clone', 'fog', ...] takes more than the clones.
_base_ = ['whole_images.py']
data_root = '{{$VKITTI2_ROOT:data/vkitti2}}'
train_set = dict(type='VirtualKITTIDepthDataset', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, scenes=['Scene01', 'Scene02', 'Scene06', 'Scene18']))
val_dataloader = dict(dataset=dict(train_set, scenes=['Scene20']))
test_dataloader = dict(dataset=dict(train_set, scenes=['Scene20']))
val_evaluator = dict(crop='garg')
test_evaluator = val_evaluator
