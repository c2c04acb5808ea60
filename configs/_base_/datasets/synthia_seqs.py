# SYNTHIA-SEQS: see mmdepthcls/datasets/tree_presets.py. SYNTHIA_SEQS_ROOT holds SYNTHIA-SEQS-01-DAWN ... There is no
# official split: whole sequences are held out, in all their seasons.
_base_ = ['whole_images.py']
data_root = '{{$SYNTHIA_SEQS_ROOT:data/SYNTHIA-SEQS}}'
train_set = dict(type='DepthTreeDataset', preset='synthia_seqs', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, scenes=['*-01-*', '*-02-*', '*-04-*']))
val_dataloader = dict(dataset=dict(train_set, scenes=['*-05-*']))
test_dataloader = dict(dataset=dict(train_set, scenes=['*-06-*']))
