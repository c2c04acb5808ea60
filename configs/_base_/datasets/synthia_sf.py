# SYNTHIA-SF: see mmdepthcls/datasets/tree_presets.py. SYNTHIA_SF_ROOT holds SEQ1 ... SEQ6. There is no official split:
# whole sequences are held out. Its focal length is in no file that this project has seen: say it (focal_px).
_base_ = ['whole_images.py']
data_root = '{{$SYNTHIA_SF_ROOT:data/SYNTHIA-SF}}'
train_set = dict(type='DepthTreeDataset', preset='synthia_sf', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, scenes=['SEQ1', 'SEQ2', 'SEQ3', 'SEQ4']))
val_dataloader = dict(dataset=dict(train_set, scenes=['SEQ5']))
test_dataloader = dict(dataset=dict(train_set, scenes=['SEQ6']))
