# Cityscapes with its disparity: see mmdepthcls/datasets/cityscapes.py. CITYSCAPES_ROOT holds leftImg8bit/, disparity/
# and camera/.
_base_ = ['whole_images.py']
data_root = '{{$CITYSCAPES_ROOT:data/cityscapes}}'
train_set = dict(type='CityscapesDepthDataset', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, split='train'))
val_dataloader = dict(dataset=dict(train_set, split='val'))
test_dataloader = dict(dataset=dict(train_set, split='test'))
