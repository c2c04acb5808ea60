"""What the command-line tools share: from arguments to a config and a runner."""
import argparse
import os
import os.path as osp
import sys

from mmengine.config import Config, DictAction
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.runner import Runner
from mmseg.registry import OPTIM_WRAPPERS, RUNNERS

from ..config_class import class_name, class_of, name_classes
from .config_check import check_config

# Set by launchers: the number of a process among all.
RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')


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
        Config: with ``work_dir``, ``launcher`` and ``default_scope`` set. What was mended in it is said.

    Raises:
        ValueError: see :func:`~.config_check.check_config`.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = Config.fromfile(args.config)
    if args.cfg_options:
        cfg.merge_from_dict(args.cfg_options)
    cfg.launcher = args.launcher
    name = osp.splitext(osp.basename(args.config))[0]
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or osp.join('work_dirs', name)
    cfg.default_scope = cfg.get('default_scope') or 'mmseg'  # pure Python configs need none; what is added here does
    for remark in check_config(cfg):
        say(remark)
    return cfg


def say(remark):
    """Print a line for whoever started the program, once however many processes there are."""
    if all(os.environ.get(name, '0') == '0' for name in RANKS):
        print(remark, file=sys.stderr, flush=True)


def build_runner(cfg):
    """Runner of a config: MMEngine's, or the one that ``runner_type`` names."""
    name_classes(cfg._cfg_dict)
    return RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)


def enable_amp(cfg):
    """Train with automatic mixed precision.

    Raises:
        ValueError: if the config has an optimizer wrapper of its own.
    """
    wrapper = cfg.optim_wrapper
    if 'type' in wrapper and class_of(wrapper, OPTIM_WRAPPERS) not in (OptimWrapper, AmpOptimWrapper):
        raise ValueError(f"--amp: expected optim_wrapper.type 'OptimWrapper', got {class_name(wrapper)!r}")
    wrapper.type = 'AmpOptimWrapper'
    wrapper.setdefault('loss_scale', 'dynamic')
