# DDAD's LiDAR as depth of the front camera: see mmdepthcls/datasets/ddad.py. DDAD_ROOT holds ddad.json. Papers report
# to 200 m, for which bins have to end there. cameras_used='all' takes all six cameras.
_base_ = ['whole_images.py']
data_root = '{{$DDAD_ROOT:data/ddad_train_val}}'
train_set = dict(type='DDADDepthDataset', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, split='train'))
val_dataloader = dict(dataset=dict(train_set, split='val'))
test_dataloader = dict(dataset=dict(train_set, split='val'))
