"""One program for all commands: ``mmdepthcls COMMAND ...``, or ``python -m mmdepthcls COMMAND ...``."""
import difflib
import importlib
import os
import shutil
import sys
import textwrap

from . import __version__, invocation
from .commands import COMMANDS
from .invocation import PROGRAM


def main():
    """Run the command that the first argument names, with the others.

    Returns:
        int: exit status; 2 for an unknown command.
    """
    command = sys.argv[1] if len(sys.argv) > 1 else '--help'
    if command in ('-h', '--help'):
        _show(overview(shutil.get_terminal_size().columns if sys.stdout.isatty() else None))
        return 0
    if command == '--version':
        _show(f'{PROGRAM} {__version__}')
        return 0
    if command not in COMMANDS:
        near = difflib.get_close_matches(command.lower(), COMMANDS, 3, 0.5)
        print(f'{PROGRAM}: there is no command {command!r}' + (f'. Near it: {", ".join(near)}' if near else '')
              + f'. {PROGRAM} --help lists all', file=sys.stderr)
        return 2
    invocation.begin(command)
    module = f'.commands.{COMMANDS[command][0]}.{command.replace("-", "_")}'
    return importlib.import_module(module, __package__).run()


def _show(text):
    """Print; whoever was to read it may have gone (``mmdepthcls | head``)."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def overview(columns=None):
    """str: the help of the program: its commands, in the order in which a person meets them; as wide as a terminal of
    so many columns, where it is one."""
    width = max(map(len, COMMANDS))
    lines = [f'  {name:{width}}  {what}' for name, (_, what) in COMMANDS.items()]
    if columns is not None:
        lines = [textwrap.fill(line, columns, subsequent_indent=' ' * (width + 4), break_on_hyphens=False)
                 for line in lines]
    return '\n'.join([
        f'usage: {PROGRAM} COMMAND ...', '', 'Metric depth by classification for any MMSegmentation model.', '',
        'commands:', *lines, '',
        f'{PROGRAM} COMMAND --help says more of one,', f'{PROGRAM} --version which version this is.'])


if __name__ == '__main__':
    sys.exit(main())
