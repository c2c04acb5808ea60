# cameras.py with random crops in training, as most recipes have them: a network that has always seen whole pictures of
# one size has learned where their borders are, and is wrong where a canonical camera by image changes the size.
# python tools/study.py cameras_crops --out docs/measurements/camera_study_crops.md
_base_ = './cameras.py'
options = {
    'train_dataloader': dict(dataset=dict(pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadDepth'),
        dict(type='RandomDepthWarp', crop_size=(36, 120), flip_prob=0.5), dict(type='PackDepthInputs')])),
}
