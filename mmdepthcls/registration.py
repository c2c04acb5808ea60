"""Imports every registered class once, and registers the pure ones.

MMSegmentation's registries live in scope 'mmseg', so configs name everything without a prefix.
"""
from mmseg.registry import TASK_UTILS

from .adaptation import (  # noqa: F401  (imported only to register)
    deep_coral,
    maximum_mean_discrepancy,
    mean_teacher,
    output_adversary,
    rare_depth_crop,
    target_data,
    two_domain_data,
)
from .bins import DepthBins, LIDBins, SIDBins, UDBins
from .datasets import (  # noqa: F401  (imported only to register)
    arkitscenes,
    cityscapes,
    ddad,
    depth_folder_dataset,
    depth_tree_dataset,
    diode,
    kitti,
    minidrive_dataset,
    nuscenes,
    nyu,
    scannet,
    seven_scenes,
    synthia,
    virtual_kitti,
    weighted_set_sampler,
)
from .datasets.transforms import canonical_camera, color, formatting, geometry, labels, loading  # noqa: F401
from .evaluation import (  # noqa: F401
    depth_evaluator,
    edge_evaluator,
    per_set_evaluator,
    submission_metric,
    uncertainty_evaluator,
)
from .hooks import (  # noqa: F401
    finite_loader_hook,
    finite_loss_hook,
    folder_lock_hook,
    resume_bins_hook,
    run_state_hook,
    stop_hook,
    work_folder_hook,
    worker_end_hook,
)
from .models import (  # noqa: F401
    adaptive_bins_head,
    bfloat16_optim_wrapper,
    crf,
    data_preprocessor,
    decoders,
    deeplabv2_head,
    depth_classifier,
    depth_tta,
    ordinal_decoder,
    regression_decoder,
)
from .models.losses import (  # noqa: F401
    balanced_cross_entropy,
    chamfer,
    cross_entropy,
    focal,
    ordinal,
    silog,
    soft_label,
)
from .visualization import depth_visualizer  # noqa: F401

for scheme in (DepthBins, LIDBins, SIDBins, UDBins):
    TASK_UTILS.register_module(module=scheme)
