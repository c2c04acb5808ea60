# KITTI as in kitti_eigen.py, trained on crops that the frames hold, without the drives of 'val'. The pipeline needs no
# bins: the model makes its labels itself.
_base_ = './kitti_eigen.py'
crop_size = (352, 704)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    *_base_.load_depth,
    dict(
        type='RandomDepthWarp', crop_size=crop_size, scale_range=(1.0, 1.5), max_angle=5.0, flip_prob=0.5,
        min_valid=0.01),
    dict(type='RandomColorGain'),
    dict(type='PackDepthInputs'),
]
# Images a GPU: MMSegmentation's recipes train on 4 or 8 GPUs.
train_dataloader = dict(batch_size=2, dataset=dict(split='fit', pipeline=train_pipeline))
