"""Arguments that commands share, and what can be seen of them before anything is loaded. Pure, and quick to import."""
import argparse
import ast
import json
import os
import os.path as osp
import re
from pathlib import Path

from ...compat import checkpoint_loading
from . import program
from .config_files import find_config
from .program import UsageError

# How the files begin that torch.save has written: a ZIP archive, a pickle, a tar archive of old.
CHECKPOINT_BEGINNINGS = (b'PK\x03\x04', b'\x80', b'./')
# A dict, or a list that begins with one; no template such as {:04}.
OF_DICTS = re.compile(r'\s*[\[(]*\s*(\{.*,|\{\s*["\'].*:|dict\()', re.DOTALL)
CONFIG_HELP = 'config file or, of this package, its name, such as deeplabv2_r18_minidrive_sid71'


class HelpWithDefaults(argparse.ArgumentDefaultsHelpFormatter):
    """Says the default of each option that has one, beside what its help says."""

    def _get_help_string(self, action):
        return action.help if action.default in (None, False) else super()._get_help_string(action)


class ConfigOptions(argparse.Action):
    """MMEngine's ``DictAction``, imported only where the option is given, which here leaves spaces in values: that
    takes them all away, also those of a path. Dicts are read too, as a config or JSON writes them: that takes them
    apart at their commas."""

    SPACE = '\ue000'  # stands for one while MMEngine reads; Unicode gives it no meaning

    def __call__(self, parser, namespace, values, option_string=None):
        from mmengine.config import DictAction
        wrong = [text for text in values if '=' not in text.lstrip('=')]
        if wrong:
            parser.error(f'{option_string}: expected KEY=VALUE, got {wrong[0]!r}')
        action, options = DictAction(self.option_strings, self.dest, nargs='+'), {}
        for text in values:
            key, _, value = text.partition('=')
            read = argparse.Namespace()
            try:
                if OF_DICTS.match(value):
                    options[key] = _read_dict(value.strip())
                else:
                    action(parser, read, [self._hidden(text)], option_string)
                    options[key] = self._shown(getattr(read, self.dest)[key])
            except (AssertionError, ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
                parser.error(f"{option_string}: {key} has brackets that are no list and no dict. Expected such as "
                             f"\"{key}=[1, 2]\" or \"{key}=dict(type='SGD', lr=0.01)\", got {value!r}")
        setattr(namespace, self.dest, {**(getattr(namespace, self.dest, None) or {}), **options})

    def _hidden(self, text):
        key, _, value = text.partition('=')
        value = value.strip()
        if value[:1] in ('[', '(') or ',' in value:  # those beside brackets and commas mean nothing
            value = re.sub(r'\s*([][(),])\s*', r'\1', value)
        return f'{key}={value.replace(" ", self.SPACE)}'

    def _shown(self, value):
        if isinstance(value, (list, tuple)):
            return type(value)(map(self._shown, value))
        return value.replace(self.SPACE, ' ') if isinstance(value, str) else value


def _read_dict(text):
    """The value of a text in Python's notation, in which ``dict(a=1)`` is ``{'a': 1}``, or in JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return ast.literal_eval(_DictCalls().visit(ast.parse(text, mode='eval')))


class _DictCalls(ast.NodeTransformer):
    """``dict(a=1)`` as ``{'a': 1}``."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if getattr(node.func, 'id', None) != 'dict' or node.args or not all(each.arg for each in node.keywords):
            raise ValueError('no dict')
        return ast.Dict([ast.Constant(each.arg) for each in node.keywords], [each.value for each in node.keywords])


def add_config_options(parser):
    """Add ``--cfg-options``."""
    parser.add_argument('--cfg-options', nargs='+', action=ConfigOptions, metavar='KEY=VALUE',
                        help="override config keys: key=value, lists as key='[a, b]', dicts as key=\"dict(a=1)\"")


def add_arguments(parser, optional=False):
    """Add what training and testing have in common, as in MMSegmentation's tools.

    Args:
        parser (argparse.ArgumentParser)
        optional (bool): whether it can do without a config.
    """
    parser.add_argument('config', nargs='?' if optional else None, help=CONFIG_HELP)
    parser.add_argument('--work-dir', help='folder for logs and checkpoints (default: work_dirs/CONFIG)')
    add_config_options(parser)
    parser.add_argument('--trust-checkpoint', action='store_true', help='load checkpoints as MMEngine does, which runs '
                        'what they hold: where one is refused and you trust whoever made it')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='job launcher')
    # torch.distributed.launch passes it; torchrun sets the environment variable instead.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help=argparse.SUPPRESS)
    program.add_arguments(parser)


def add_cameras(parser, why):
    """Add a group of options of what is known of the cameras of pictures, and return it.

    Args:
        parser (argparse.ArgumentParser)
        why (str): what they are for.
    """
    group = parser.add_argument_group('cameras', f'{why} What is known of a picture counts in this order: the '
                                      'calibration beside a KITTI drive, --cameras, --focal-px, EXIF, --fov.')
    group.add_argument('--cameras', metavar='FILE', help='JSON: {"focal_px": 721.5}, or such a camera for the name of '
                       'each picture; see docs/prediction.md')
    group.add_argument('--focal-px', type=float, metavar='F', help='focal length in pixels of the pictures')
    group.add_argument('--fov', type=float, metavar='DEG', help='horizontal field of view, degrees')
    return group


def check_arguments(args):
    """Find the config, and look at it, the checkpoint and the work folder that arguments name.

    Args:
        args (argparse.Namespace): with ``config``, which becomes a path; ``checkpoint`` and ``work_dir`` where there
            are such.

    Raises:
        UsageError: names the first that cannot be used, and what is near.
    """
    args.config = find_config(args.config)
    if getattr(args, 'trust_checkpoint', False):
        checkpoint_loading.trust()
    if getattr(args, 'checkpoint', None) is not None:
        check_checkpoint(args.checkpoint)
    if getattr(args, 'work_dir', None) is not None:
        check_folder('--work-dir', args.work_dir)


def check_checkpoint(path, name='checkpoint'):
    """See whether a file can be a checkpoint.

    Args:
        path (str): of the file; addresses (``https://...``, ``torchvision://...``) are left to MMEngine.
        name (str): what it is called in messages.

    Raises:
        UsageError: if there is none, or it is another kind of file.
    """
    if '://' in path:
        return
    if not osp.exists(path):
        folder = Path(osp.dirname(path) or '.')
        there = sorted(file.name for file in folder.glob('*.pth'))[-5:] if folder.is_dir() else []
        raise UsageError(f'{name} {path} does not exist' + (f'; that folder holds {", ".join(there)}' if there else ''))
    if osp.isdir(path):
        there = sorted(file.name for file in Path(path).glob('*.pth'))[-5:]
        raise UsageError(f'{name} {path} is a folder' + (f'; it holds {", ".join(there)}' if there else ''))
    with open(path, 'rb') as file:
        if not file.read(4).startswith(CHECKPOINT_BEGINNINGS):
            what = 'a model file, which predict --model takes' if path.endswith('.safetensors') else (
                f'{osp.getsize(path)} bytes of something else')
            raise UsageError(f'{name} {path} is no checkpoint: it is {what}')


def check_folder(name, path):
    """See whether files can be written into a folder, which is made later where it is missing.

    Args:
        name (str): the option or key that names it.
        path (str): of the folder.

    Raises:
        UsageError: if it, or a folder above it, is a file or may not be written to.
    """
    place = Path(path).absolute()
    while not osp.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise UsageError(f'{name} {path} cannot be used: {osp.relpath(place)} is '
                         + ('a file' if place.exists() else 'a link to nothing'))
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(f'{name} {path} cannot be used: {place} may not be written to')


def check_file(name, path):
    """See whether a file can be written into a folder that is there.

    Args:
        name (str): the option that names it.
        path (str): of the file.

    Raises:
        UsageError: if it is a folder, or the folder that it is in is missing or may not be written to.
    """
    if osp.isdir(path):
        raise UsageError(f'{name} {path} is a folder; expected a file')
    folder = osp.dirname(osp.abspath(path))
    if not osp.isdir(folder):
        raise UsageError(f'{name} {path}: there is no folder {folder} to write it into')
    check_folder(name, folder)
