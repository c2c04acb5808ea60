# ARKitScenes: see mmdepthcls/datasets/arkitscenes.py. ARKITSCENES_ROOT holds Training/ and Validation/.
# For the large images: images='wide', resized='image' (or depth='highres_depth').
_base_ = ['whole_images.py']
data_root = '{{$ARKITSCENES_ROOT:data/arkitscenes/raw}}'
train_set = dict(type='ARKitScenesDepthDataset', data_root=data_root)
train_dataloader = dict(dataset=dict(train_set, split='Training'))
val_dataloader = dict(dataset=dict(train_set, split='Validation'))
test_dataloader = dict(dataset=dict(train_set, split='Validation'))
