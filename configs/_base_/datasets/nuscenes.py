# nuScenes' LiDAR as depth of the front camera: see mmdepthcls/datasets/nuscenes.py. NUSCENES_ROOT holds v1.0-trainval/
# and samples/. The official validation scenes are tested too, as papers do. cameras_used='all' takes all six cameras;
# whole_scenes=True takes a part of the archives, split='mini_train' and 'mini_val' are v1.0-mini.
_base_ = ['whole_images.py']
data_root = '{{$NUSCENES_ROOT:data/nuscenes}}'
train_set = dict(type='NuScenesDepthDataset', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, split='train'))
val_dataloader = dict(dataset=dict(train_set, split='val'))
test_dataloader = dict(dataset=dict(train_set, split='val'))
