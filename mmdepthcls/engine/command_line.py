"""What the command-line tools share: from arguments to a config and a runner."""
import argparse
import os
import os.path as osp

from mmengine.config import Config, ConfigDict, DictAction
from mmengine.runner import Runner
from mmseg.registry import RUNNERS


def add_arguments(parser):
    """Arguments common to training and testing, as in MMSegmentation's tools."""
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='folder for logs and checkpoints (default: work_dirs/CONFIG)')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction,
                        help="override config keys: key=value, lists as key='[a,b]' without spaces")
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='job launcher')
    # torch.distributed.launch passes it; torchrun sets the environment variable instead.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help=argparse.SUPPRESS)


def load_config(args):
    """Config of parsed arguments.

    Args:
        args (argparse.Namespace): with what :func:`add_arguments` defines.

    Returns:
        Config: with ``work_dir`` and ``launcher`` set.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = Config.fromfile(args.config)
    if args.cfg_options:
        cfg.merge_from_dict(args.cfg_options)
    cfg.launcher = args.launcher
    name = osp.splitext(osp.basename(args.config))[0]
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or osp.join('work_dirs', name)
    return cfg


def build_runner(cfg):
    """Runner of a config: MMEngine's, or the one that ``runner_type`` names."""
    return RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)


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
    evaluators = cfg.test_evaluator if isinstance(cfg.test_evaluator, (list, tuple)) else [cfg.test_evaluator]
    for evaluator in evaluators:
        evaluator.update(output_dir=folder, keep_results=True)


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
