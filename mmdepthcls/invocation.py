"""How a person has started the command that runs, so that messages name other commands in the same way. Pure.

By a script, ``python tools/train.py``, or by the one program, ``mmdepthcls train`` or ``python -m mmdepthcls train``.
It is kept in ``sys.argv[0]``, which Python hands on to the processes that a command starts.
"""
import os.path as osp
import shlex
import sys
from pathlib import Path

from .shipped_files import is_checkout, shipped_folder

PROGRAM = 'mmdepthcls'
MODULE = f'python -m {PROGRAM}'


def begin(command):
    """Take the command's name out of the arguments of the program.

    Args:
        command (str): such as 'train': the first argument.
    """
    program = MODULE if osp.basename(sys.argv[0]) == '__main__.py' else PROGRAM
    sys.argv[:2] = [f'{program} {command}']


def program_name():
    """str: 'mmdepthcls train' where the one program runs; '' for a script."""
    return sys.argv[0].removeprefix(MODULE.removesuffix(PROGRAM)) if _program() else ''


def own_name():
    """str: how messages call the command that runs: 'mmdepthcls train', or 'train' of tools/train.py."""
    return program_name() or Path(sys.argv[0]).stem


def command(name):
    """How the person can run a command of this package.

    Args:
        name (str): a name of :data:`mmdepthcls.commands.COMMANDS`, such as 'make-minidrive'.

    Returns:
        str: as one types it into a shell, from the working directory of this process. Where neither a script of this
        package nor the program runs, the script if there is a repository, else the program.
    """
    if _program():
        return f'{_program()} {name}'
    script = f'{name.replace("-", "_")}.py'
    if _is_tool(sys.argv[0]):
        return f'python {shlex.quote(_shown(Path(sys.argv[0]).with_name(script)))}'
    return f'python tools/{script}' if is_checkout() else f'{PROGRAM} {name}'


def launched():
    """str: what ``torchrun`` is given to run this command in several processes."""
    if _program():
        return f'-m {program_name()}'
    return shlex.quote(_shown(Path(sys.argv[0]))) if _is_tool(sys.argv[0]) else 'tools/NAME.py'


def _program():
    """The beginning of ``sys.argv[0]`` that :func:`begin` has written; '' if it has not run."""
    return next((each for each in (PROGRAM, MODULE) if sys.argv[0].startswith(f'{each} ')), '')


def _is_tool(path):
    return bool(path) and Path(path).resolve().parent == shipped_folder('tools').resolve()


def _shown(path):
    """A path as it is short: from the working directory, if it is below that."""
    return osp.relpath(path) if path.resolve().is_relative_to(Path.cwd()) else str(path)
