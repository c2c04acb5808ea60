"""What a training begins with: initial weights, or what a work folder has reached."""
import os.path as osp

from mmseg.registry import HOOKS

from ...config.config_check import is_local
from ...config.config_class import is_a
from ...hooks.folder_lock import hold
from ...hooks.folder_lock_hook import PATIENCE
from ...hooks.resume_point import resume_point
from ..running.first_process import is_first, say

HOOK = 'WorkFolderHook'


def choose_start(cfg, args):
    """Set ``load_from`` and ``resume`` to what a training is to begin with, and keep it inside its work folder.

    With ``--resume`` (or ``resume=True`` in the config) the work folder's latest checkpoint, unless ``--cfg-options
    load_from=...`` names one, as MMSegmentation's tools have it. Where there is none: what the config's own
    ``load_from`` and ``resume`` say, so that a job that is run again may have one command line.

    Args:
        cfg (Config): changed in place.
        args (argparse.Namespace): with ``resume``, ``cfg_options`` and ``config``.

    Returns:
        str or None: what a resumed training goes on from; that it begins anew if there is nothing to go on from.

    Raises:
        ValueError: if ``load_from`` is a path where no file is.
        NothingGoodError: if there are checkpoints to go on from, and all are damaged.
    """
    of_config, named = bool(cfg.get('resume')), (args.cfg_options or {}).get('load_from')
    wanted, remark = args.resume or of_config, None
    if wanted and not named:
        checkpoint_hook = (cfg.get('default_hooks') or {}).get('checkpoint') or {}
        point = resume_point(cfg.work_dir, checkpoint_hook.get('out_dir')).needed()
        remark = str(point)
        if point.path:
            cfg.load_from = point.path
        else:
            # With load_from, MMEngine takes resume=True for that file.
            wanted = of_config and bool(cfg.get('load_from'))
            if wanted:
                remark = f'Resuming from {cfg.load_from}, the load_from of the config ({point.remark})'
            elif cfg.get('load_from'):
                remark += f', with load_from={cfg.load_from}'
    cfg.resume = wanted
    _check_load_from(cfg.get('load_from'), args.config)
    hooks = cfg.get('custom_hooks') or []
    if not any(is_a(hook, HOOKS, HOOK) for hook in hooks):
        cfg.custom_hooks = [*hooks, dict(type=HOOK)]
    return remark


def hold_folder(cfg):
    """Keep other trainings out of the work folder until this process ends, or its runner's hook lets go.

    Raises:
        FolderInUseError: if one is there, and does not end soon where this training goes on from its checkpoints.
    """
    if is_first():
        hold(cfg.work_dir, PATIENCE if cfg.resume else 0.0, say)


def _check_load_from(path, config):
    """Refuse a path where no file is: MMEngine would say so after the model and the data are built."""
    if not path or not is_local(path) or osp.isfile(path):
        return
    beside = osp.join(osp.dirname(config), path)
    hint = f'. There is {beside}: name it so' if not osp.isabs(path) and osp.isfile(beside) else ''
    raise ValueError(f'load_from={path}: there is no such file (a relative path starts where the program does){hint}')
