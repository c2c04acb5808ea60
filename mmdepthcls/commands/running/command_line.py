"""What the command-line tools share: from arguments to a config and a runner."""
import os
import os.path as osp

from mmengine.device import get_device
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmseg.registry import OPTIM_WRAPPERS

from ...config.config_check import check_config
from ...config.config_class import class_name, class_of
from .first_process import say
from .readiness import read_config


def load_config(args):
    """Config of parsed arguments.

    Args:
        args (argparse.Namespace): with what :func:`~mmdepthcls.commands.running.arguments.add_arguments` defines.

    Returns:
        Config: with ``work_dir``, ``launcher`` and ``default_scope`` set. What was mended in it is said.

    Raises:
        ValueError: see :func:`~.config_check.check_config`.
    """
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    cfg = read_config(args.config, args.cfg_options)
    cfg.launcher = args.launcher
    name = osp.splitext(osp.basename(args.config))[0]
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or osp.join('work_dirs', name)
    cfg.default_scope = cfg.get('default_scope') or 'mmseg'  # pure Python configs need none; what is added here does
    for remark in check_config(cfg):
        say(remark)
    return cfg


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


def fit_amp(cfg):
    """Where there is no GPU, let automatic mixed precision be that of CPUs, which MMEngine's wrapper refuses.

    Args:
        cfg (Config): changed in place.

    Returns:
        str or None: what a person should know of it.
    """
    wrapper = cfg.get('optim_wrapper') or {}
    if get_device() != 'cpu' or class_of(wrapper, OPTIM_WRAPPERS) is not AmpOptimWrapper:
        return None
    wrapper.type = 'Bfloat16OptimWrapper'
    dropped = [f'{key}={wrapper.pop(key)!r}' for key in ('loss_scale', 'dtype', 'use_fsdp') if key in wrapper]
    return ('Mixed precision on a CPU is bfloat16, whose loss is not scaled'
            + (f' ({", ".join(dropped)} left out)' if dropped else ''))
