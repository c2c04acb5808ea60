# cameras.py with the paper's augmentation, a random zoom that divides depth and a random crop: a network that has always
# seen whole pictures of one size has learned what is where in them.
# python tools/study.py cameras_zoomed --out docs/measurements/camera_study_zoomed.md
_base_ = './cameras.py'
options = {
    'train_dataloader': dict(dataset=dict(pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadDepth'),
        dict(type='RandomDepthWarp', crop_size=(36, 120), scale_range=(0.75, 1.35), flip_prob=0.5),
        dict(type='PackDepthInputs')])),
}
