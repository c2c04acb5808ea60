# ScanNet: see mmdepthcls/datasets/scannet.py. SCANNET_ROOT holds the scenes, and the official lists of them.
# Depth is smaller than color: the color is resized, and depth stays as it was measured.
_base_ = ['whole_images.py']
data_root = '{{$SCANNET_ROOT:data/scannet/scans}}'
train_set = dict(type='ScanNetDepthDataset', resized='image', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, scenes='scannetv2_train.txt'))
val_dataloader = dict(dataset=dict(train_set, scenes='scannetv2_val.txt'))
test_dataloader = dict(dataset=dict(train_set, scenes='scannetv2_val.txt'))
