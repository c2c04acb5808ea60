# 7-Scenes: see mmdepthcls/datasets/seven_scenes.py, also for why it is no benchmark of depth. SEVEN_SCENES_ROOT holds
# chess/, fire/, ...
_base_ = ['whole_images.py']
data_root = '{{$SEVEN_SCENES_ROOT:data/7scenes}}'
train_set = dict(type='SevenScenesDepthDataset', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, split='train'))
val_dataloader = dict(dataset=dict(train_set, split='test'))
test_dataloader = dict(dataset=dict(train_set, split='test'))
