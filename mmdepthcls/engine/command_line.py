"""What the command-line tools share: from arguments to a config and a runner."""
import os
import os.path as osp

from mmengine.config import ConfigDict

from ..evaluation.protocols import build_protocols
from .readiness import read_config

# Which published rows stand beside a test on these data.
PUBLISHED_ON = {'KITTIDepthDataset': 'kitti_eigen', 'SYNTHIADepthDataset': 'synthia'}
# How the ground truths that protocols name are loaded on KITTI.
LOADING = {
    'annotated': dict(type='LoadDepth'),
    'velodyne': dict(type='LoadVelodyneDepth', convention='kitti'),
    'velodyne_monodepth': dict(type='LoadVelodyneDepth', convention='monodepth'),
}


def load_config(args):
    """Config of parsed arguments.

    Args:
        args (argparse.Namespace): with what :func:`~mmdepthcls.arguments.add_arguments` defines.

    Returns:
        Config: with ``work_dir`` and ``launcher`` set.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = read_config(args.config, args.cfg_options)
    cfg.launcher = args.launcher
    name = osp.splitext(osp.basename(args.config))[0]
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or osp.join('work_dirs', name)
    return cfg


def enable_amp(cfg):
    """Train with automatic mixed precision.

    Raises:
        ValueError: if the config has an optimizer wrapper of its own.
    """
    wrapper = cfg.optim_wrapper.type
    if wrapper not in ('OptimWrapper', 'AmpOptimWrapper'):
        raise ValueError(f"--amp: expected optim_wrapper.type 'OptimWrapper', got {wrapper!r}")
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')


def enable_tta(cfg):
    """Test with the config's ``tta_pipeline`` and ``tta_model``.

    Raises:
        ValueError: if the config lacks one of them, or has those of a segmentation recipe.
    """
    missing = [key for key in ('tta_pipeline', 'tta_model') if key not in cfg]
    if missing:
        raise ValueError(f'--tta: the config has no {" and no ".join(missing)}')
    if cfg.model.type == 'DepthClassifier' and cfg.tta_model.type == 'SegTTAModel':
        raise ValueError("--tta: the config still has MMSegmentation's SegTTAModel, which knows no depth. Set "
                         "tta_model=dict(type='DepthTTAModel') and a tta_pipeline with LoadDepth, as "
                         'configs/segformer_mit-b0_kitti_sid71.py does.')
    cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline
    cfg.model = ConfigDict(**cfg.tta_model, module=cfg.model)


def write_predictions(cfg, folder):
    """Make every evaluator that can do so write its predictions into ``folder``."""
    for evaluator in _evaluators(cfg):
        evaluator.update(output_dir=folder, keep_results=True)


def score_protocols(cfg, names):
    """Test under these protocols: the evaluator, what the model gives, and on KITTI the ground truths that they need.

    Protocols of the KB crop have another input than all others. Where all of ``names`` are such, the test pipeline gets
    a ``KBCrop``; else they are left unscored, and the table says so.

    Args:
        cfg (Config): changed in place.
        names (list[str]): presets, see :mod:`mmdepthcls.evaluation.protocols`.

    Raises:
        ValueError: for an unknown preset; if the config's test evaluator is no ``DepthEvaluator``.
    """
    protocols = build_protocols(names)
    for evaluator in _depth_evaluators(cfg, '--protocols'):
        evaluator.protocols = list(names)
    if cfg.model.type == 'DepthClassifier':
        test_cfg = cfg.model.setdefault('test_cfg', ConfigDict(mode='whole'))
        test_cfg.outputs = tuple({*test_cfg.get('outputs', ()), 'views'})
        test_cfg.flip = any(protocol.flip for protocol in protocols)
    dataset = cfg.test_dataloader.dataset
    if dataset.type == 'KITTIDepthDataset':
        needed = {protocol.ground_truth for protocol in protocols} - {None}
        dataset.ground_truth = [name for name, wanted in (('annotated', 'annotated' in needed),
                                                          ('velodyne', needed - {'annotated'})) if wanted]
        loading = [step for name, step in LOADING.items() if name in needed]
        dataset.pipeline = _with_loading(dataset.pipeline, loading)
    if all(protocol.input_crop == 'kb' for protocol in protocols):
        first = next(index for index, step in enumerate(dataset.pipeline) if step['type'] == 'LoadImageFromFile')
        if not any(step['type'] == 'KBCrop' for step in dataset.pipeline):
            dataset.pipeline = [*dataset.pipeline[:first + 1], dict(type='KBCrop'), *dataset.pipeline[first + 1:]]
    dataset.pipeline = [dict(step, type='PackDepthInputs') if step['type'] == 'PackSegInputs' else step
                        for step in dataset.pipeline]


def write_report(cfg, folder, title):
    """Make the test's ``DepthEvaluator`` write a report into ``folder``.

    Args:
        cfg (Config): changed in place.
        folder (str): for the report.
        title (str): what is evaluated.

    Raises:
        ValueError: if the config's test evaluator is no ``DepthEvaluator``.
    """
    dataset = cfg.test_dataloader.dataset
    published = PUBLISHED_ON.get(dataset.type) if str(dataset.get('split')).startswith('test') else None
    for evaluator in _depth_evaluators(cfg, '--report'):
        evaluator.update(report_dir=folder, report_title=title, bins=cfg.model.get('bins'), published=published)


def write_submission(cfg, folder, images):
    """Predict the KITTI benchmark's test images instead of the config's, and write its submission into ``folder``.

    Args:
        cfg (Config): changed in place.
        folder (str): for the PNGs and the zip.
        images (str): folder of the 500 test images.
    """
    dataset = cfg.test_dataloader.dataset
    cfg.test_dataloader.dataset = dict(
        type='DepthFolderDataset', data_prefix=dict(img_path=images, depth_map_path=None), test_mode=True,
        pipeline=_with_loading(dataset.pipeline, []))
    cfg.test_evaluator = dict(type='KITTISubmission', output_dir=folder)


def _with_loading(pipeline, loading):
    """A pipeline that loads depth where it did before, but by other steps."""
    types = {step['type'] for step in LOADING.values()}
    first = next((index for index, step in enumerate(pipeline) if step['type'] in types), len(pipeline) - 1)
    return [step for step in (*pipeline[:first], *loading, *pipeline[first:])
            if step['type'] not in types or any(step is added for added in loading)]


def _depth_evaluators(cfg, option):
    found = [evaluator for evaluator in _evaluators(cfg) if evaluator.get('type') == 'DepthEvaluator']
    if not found:
        raise ValueError(f"{option}: the config's test_evaluator is no DepthEvaluator")
    return found


def _evaluators(cfg):
    return cfg.test_evaluator if isinstance(cfg.test_evaluator, (list, tuple)) else [cfg.test_evaluator]


def draw_predictions(cfg, show, folder, wait_time):
    """Turn on the visualization hook.

    Raises:
        ValueError: if the config has none.
    """
    hook = cfg.get('default_hooks', {}).get('visualization')
    if hook is None:
        raise ValueError("--show and --show-dir need default_hooks.visualization=dict(type='SegVisualizationHook')")
    hook.update(draw=True, show=show, wait_time=wait_time)
    if folder:
        cfg.visualizer.save_dir = folder
