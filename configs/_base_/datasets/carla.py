# CARLA: see mmdepthcls/datasets/tree_presets.py. CARLA_ROOT holds a folder a recording, and train.txt, val.txt and
# test.txt with the names of recordings. The camera is yours: focal_px = image width / (2 tan(fov / 2)).
_base_ = ['whole_images.py']
data_root = '{{$CARLA_ROOT:data/carla}}'
train_set = dict(type='DepthTreeDataset', preset='carla', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, scenes='train.txt'))
val_dataloader = dict(dataset=dict(train_set, scenes='val.txt'))
test_dataloader = dict(dataset=dict(train_set, scenes='test.txt'))
