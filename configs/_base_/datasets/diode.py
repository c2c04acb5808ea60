# DIODE: see mmdepthcls/datasets/diode.py. DIODE_ROOT holds train/ and val/. side='indoors' takes rooms alone.
_base_ = ['whole_images.py']
data_root = '{{$DIODE_ROOT:data/diode}}'
train_set = dict(type='DIODEDepthDataset', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, split='train'))
val_dataloader = dict(dataset=dict(train_set, split='val'))
test_dataloader = dict(dataset=dict(train_set, split='val'))
