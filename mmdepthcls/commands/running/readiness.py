"""What a run needs that only a loaded config says: its data, a device, a folder for its logs, and keys that exist."""
import os
import os.path as osp
import re
import shlex

import torch
from mmengine.config import Config
from mmengine.device import get_device

from ...config.config_parts import SPLITS
from ...config.unread_key import check_new_key, variable_remark
from ...invocation import launched
from .arguments import check_checkpoint, check_folder
from .config_files import variable_of
from .first_process import say
from .program import UsageError, answer_of

# What MMEngine's runner wants together: all of them, or none.
TOGETHER = {'train': ('train_dataloader', 'train_cfg', 'optim_wrapper'),
            'val': ('val_dataloader', 'val_cfg', 'val_evaluator'),
            'test': ('test_dataloader', 'test_cfg', 'test_evaluator')}


def read_config(path, options=None):
    """Load a config and override its keys.

    Args:
        path (str): of the file.
        options (dict, optional): dotted key -> value, as ``--cfg-options`` gives them.

    Returns:
        Config: where an option changes nothing, that is said.

    Raises:
        UsageError: names the file and the line that cannot be read, or the option that fits nothing.
    """
    try:
        cfg = Config.fromfile(path)
    except Exception as error:  # a config is Python: anything may be raised
        raise UsageError(f'config {_place(error, path)}: {_reason(error)}') from error
    remarks = []
    for key, value in (options or {}).items():
        try:
            check_new_key(cfg, key)
        except ValueError as error:
            raise UsageError(error) from error
        remarks.append(variable_remark(cfg, key))
        try:
            cfg.merge_from_dict({key: value})
        except Exception as error:
            raise UsageError(f'--cfg-options {key}: {_reason(error)}') from error
    for remark in filter(None, remarks):
        say(remark)
    return cfg


def _place(error, path):
    """File and line of a config (or one that it builds on) that an error comes from."""
    place, trace = path, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith('.py') and 'site-packages' not in file and trace.tb_frame.f_code.co_name == '<module>' \
                and trace.tb_frame.f_globals.get('__name__') in (None, 'builtins'):
            place = f'{osp.relpath(file)}, line {trace.tb_lineno}' if osp.exists(file) else path
        trace = trace.tb_next
    return place


def _reason(error):
    answer = answer_of(error)
    if answer is not None:
        return answer.removeprefix('the config is wrong: ')
    text = error.args[0] if isinstance(error, KeyError) and error.args else error
    return f'{type(error).__name__}: {text}'


def check_run(cfg, splits, training=False):
    """Refuse a run that could not begin, before its model is built.

    Args:
        cfg (Config): as it will run.
        splits (sequence of str): whose data loaders will be used, of 'train', 'val', 'test'.
        training (bool): whether the run trains.

    Raises:
        UsageError: the work folder, the device, the checkpoint to begin with or the data cannot be had.
    """
    check_folder('work_dir', cfg.work_dir)
    check_device(cfg)
    if cfg.get('load_from'):
        check_checkpoint(cfg.load_from, 'load_from')
    for split in splits:
        for key, root in _roots(cfg, split):
            _check_root(cfg, key, root)


def check_parts(cfg, used):
    """Refuse a split of which a part is set and another is not, before MMEngine's runner does.

    Args:
        cfg (Config)
        used (str): the split that cannot be left out: 'train', 'val' or 'test'.

    Raises:
        UsageError: names what is missing.
    """
    for split, keys in TOGETHER.items():
        missing = [key for key in keys if cfg.get(key) is None]
        if missing and (len(missing) < len(keys) or split == used):
            remedy = 'Set all of them' + ('' if split == used else ', or all to None')
            raise UsageError(f'{split} needs {", ".join(keys)}, and the config has no {" and no ".join(missing)}. '
                             f'{remedy}')


def _roots(cfg, split):
    """(key, data_root) of the data sets of a split."""
    loader = cfg.get(f'{split}_dataloader')
    if loader:
        for key, dataset in _datasets(loader.get('dataset') or {}, f'{split}_dataloader.dataset'):
            yield f'{key}.data_root', dataset.get('data_root')


def _datasets(dataset, key):
    """Configs of data sets that hold files, inside others that wrap them."""
    inner = dataset.get('datasets') or ([dataset['dataset']] if dataset.get('dataset') else [])
    if not inner:
        yield key, dataset
    for index, each in enumerate(inner):
        yield from _datasets(each, f'{key}.datasets[{index}]' if dataset.get('datasets') else f'{key}.dataset')


def _check_root(cfg, key, root):
    if not root or not isinstance(root, str) or '://' in root:
        return
    missing = not osp.exists(root)
    if missing or not osp.isdir(root):
        beside = osp.join(osp.dirname(osp.abspath(cfg.filename)), root) if cfg.filename else root
        folder = shlex.quote(beside) if osp.isdir(beside) else 'DIR'
        options = ' '.join(f'{_as_option(other)}={folder}' for split in SPLITS for other, its in _roots(cfg, split)
                           if its == root)
        variable = variable_of(cfg.filename, root)
        raise UsageError(f'{root} {"does not exist" if missing else "is no folder"} ({key}); set '
                         f'{variable or "it with --cfg-options " + options} or see docs/data.md')


def _as_option(key):
    """str: a key as --cfg-options takes it: 'datasets[0]' -> 'datasets.0'."""
    return re.sub(r'\[(\d+)\]', r'.\1', key)


def check_device(cfg):
    """Refuse several processes where there is no device for them.

    Raises:
        UsageError
    """
    device = get_device()
    launcher = cfg.get('launcher', 'none')
    if launcher != 'none' and device == 'cpu':
        raise UsageError(f'--launcher {launcher} needs a GPU, and torch finds none here'
                         + ('' if torch.version.cuda else f': this torch ({torch.__version__}) is built without CUDA'))
    if launcher == 'pytorch':
        missing = [name for name in ('RANK', 'WORLD_SIZE', 'MASTER_ADDR', 'MASTER_PORT') if name not in os.environ]
        if missing:
            raise UsageError(f'--launcher pytorch: {", ".join(missing)} is not set. Start the tool with '
                             f'torchrun --nproc_per_node=GPUS {launched()} ... --launcher pytorch')
        rank, there = int(os.environ.get('LOCAL_RANK', 0)), torch.cuda.device_count()
        if device == 'cuda' and rank >= there:
            raise UsageError(f'process {rank} of this machine has no GPU: torch finds {there}. Give torchrun '
                             f'--nproc_per_node={there}')
