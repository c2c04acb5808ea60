# What every config shares: MMSegmentation's runtime with a depth visualizer and a guard against broken losses.

default_scope = 'mmseg'
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))
log_level = 'INFO'
log_processor = dict(by_epoch=False)
load_from = None
resume = False

# TensorBoard, where it is installed (the extras install it): tensorboard --logdir work_dirs
# (An import statement would make this a config of MMEngine's other kind.)
vis_backends = [dict(type='LocalVisBackend')]
if __import__('importlib.util').util.find_spec('tensorboard'):
    vis_backends.append(dict(type='TensorboardVisBackend'))
# One logarithmic color scale for all pictures, of the range of the model's bins: the same metres have the same color,
# dark blue is near, yellow is far. Blue near and red far, as in the paper: colormap='turbo'.
visualizer = dict(type='DepthVisualizer', vis_backends=vis_backends, name='visualizer')

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # abs_rel is an error: without rule='less' the worst checkpoint would be kept as the best.
    checkpoint=dict(
        type='CheckpointHook', by_epoch=False, interval=10000, max_keep_ckpts=3, save_best='abs_rel', rule='less'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='SegVisualizationHook', interval=1))
custom_hooks = [
    dict(type='FiniteLossHook'), dict(type='FiniteLoaderHook'), dict(type='ResumeBinsHook'),
    dict(type='WorkFolderHook')]

# tools/test.py --tta: average the probabilities of the image and its mirror image, then decode once.
tta_model = dict(type='DepthTTAModel')
