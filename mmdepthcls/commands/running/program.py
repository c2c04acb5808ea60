"""How every command begins and ends: arguments, messages, exit status. Pure, and quick to import.

Exit status: 0 done; 1 the work failed; 2 it was refused before it began (wrong usage); 130 interrupted, 143 ended by
SIGTERM, 129 by SIGHUP. A command that has other meanings says so in its help.

What this package says by a ``raise`` statement is an answer to the person: one message on stderr, without a traceback,
which ``--debug`` shows. So is what the system says of files, what MMEngine says of a config, and a module that is not
installed. Everything else is a fault of the program and keeps its traceback.
"""
import builtins
import dis
import os
import re
import signal
import sys
import threading
import traceback
import warnings
from contextlib import contextmanager
from pathlib import Path

from ... import compat, invocation
from ...shipped_files import PACKAGE, shipped_folder
from .terminal import fitted

DONE, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130
AGAIN = 0.2  # s after which an interrupt that was passed over comes again
# Modules of MMEngine whose errors are about what a config says.
OF_CONFIGS = ('mmengine.registry.', 'mmengine.config.')
# A frame of a traceback that another process has written: file, source.
_FRAME = re.compile(r'^ *File "([^"]+)", line \d+, in .*\n(?: +(.*)\n)?(?: *[~^][ ~^]*\n)?', re.M)


class UsageError(Exception):
    """What is asked for cannot be: ends a command with this message and status 2."""


def add_arguments(parser):
    """Add what every command has, and call it as the person has called it."""
    parser.prog = invocation.program_name() or parser.prog
    group = parser.add_argument_group('output')
    group.add_argument('--verbose', action='store_true', help='show all that MMEngine and MMSegmentation say')
    group.add_argument('--debug', action='store_true', help='show where in the code an error comes from')


def run(parse_args, main, *, host=False, failed=FAILED, interrupted='Interrupted.'):
    """Run a command to its end.

    Args:
        parse_args (callable): returns the arguments; ends the program itself where they are wrong, or raises
            :class:`UsageError`.
        main (callable): takes the arguments, returns the status or None.
        host (bool): ``main`` needs MMSegmentation, which is imported first.
        failed (int): status for work that fails.
        interrupted (str): what is said after Ctrl-C.

    Returns:
        int: exit status.

    Raises:
        Exception: a fault of the program.
    """
    former, unraisable = {}, sys.unraisablehook
    try:
        sys.unraisablehook = _Unraisable(unraisable)
        args = parse_args()
        former = _listen()
        _begin(args.verbose, host)
        return main(args) or DONE
    except KeyboardInterrupt:
        _say(f'\n{interrupted}', 'main')
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        answer = answer_of(error)
        if answer is None:
            raise
        if '--debug' in sys.argv:
            traceback.print_exc()
        refused = isinstance(error, UsageError)
        _say(f'{invocation.own_name()}: {answer}', 'main' if refused else 'any')
        return REFUSED if refused else failed
    finally:
        sys.unraisablehook = unraisable
        for number, handler in former.items():
            signal.signal(number, handler)


class _Unraisable:
    """A ``sys.unraisablehook`` by which Ctrl-C is not lost where it comes while Python clears something away, as after
    a training: what is raised there is passed over."""

    def __init__(self, former):
        self._former = former

    def __call__(self, unraisable):
        if issubclass(unraisable.exc_type, (KeyboardInterrupt, SystemExit)):
            threading.Timer(AGAIN, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            self._former(unraisable)


@contextmanager
def refusing():
    """What is answered inside is refused: it is known before the work begins."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:
        answer = answer_of(error)
        if answer is None:
            raise
        raise UsageError(answer) from error


def answer_of(error):
    """What an error says to the person who started the command.

    Args:
        error (Exception): that ends the command.

    Returns:
        str or None: the message; None for a fault of the program.
    """
    missing = re.fullmatch(r'(\w+) is not installed', str(error)) if isinstance(error, RuntimeError) else None
    if missing:  # as backbones of MMSegmentation say it
        error = ModuleNotFoundError(str(error), name=missing[1])
    if isinstance(error, ImportError):
        hint = compat.import_hint(error)
        return hint or (_text(error) if _is_raised_here(error) else None)
    if isinstance(error, OSError) and error.strerror:
        names = [os.fspath(name) for name in (error.filename, error.filename2) if isinstance(name, (str, os.PathLike))]
        return ': '.join([*names, error.strerror])
    if isinstance(error, UsageError) or _is_raised_here(error) or type(error).__name__ == 'OutOfMemoryError':
        return _text(error)
    where = _origin(error)[0]
    if where.startswith(OF_CONFIGS) or isinstance(error, TypeError) and _is_of_keys(error):
        from ...config.near_name import answer_of_registry
        return f'the config is wrong: {answer_of_registry(_text(error), error)}'
    refusing_class = _refusing_class(error)
    if refusing_class:
        return f'the config is wrong: {refusing_class}: {_text(error)}'
    if where == 'torch._utils':  # of a process that loads data
        return _remote_answer(str(error))
    if type(error.__cause__).__name__ == '_RemoteTraceback':  # of a pool of processes
        return _remote_answer(str(error.__cause__))
    return None


def _listen():
    """End as by Ctrl-C, with a line and what is half done cleared away, when told to by a batch system or a terminal
    that is closed; a signal that is ignored (``nohup``) or that somebody handles is left alone. What was before."""
    former = {}
    for name in ('SIGTERM', 'SIGHUP'):
        number = getattr(signal, name, None)
        if number is not None and threading.current_thread() is threading.main_thread() \
                and signal.getsignal(number) is signal.SIG_DFL:
            former[number] = signal.signal(number, _end)
    return former


def _end(number, frame):
    signal.signal(number, signal.SIG_DFL)  # a second one ends it at once
    _say(f'Stopped by {signal.Signals(number).name}.', 'main')
    raise SystemExit(128 + number)


_end.gives_way = True  # type: ignore[attr-defined]  # to what has more to do than to end


def _begin(verbose, host):
    """Get ready for the work: quiet, and with MMSegmentation where it is needed."""
    if not verbose:
        # Seen by developers of the packages that warn. What of this package's may matter is logged or printed.
        warnings.simplefilter('ignore')
    if host:
        if not compat.has_mmseg():
            raise UsageError(compat.INSTALL_HINT)
        from ... import registration  # noqa: F401  (all that MMSegmentation brings with it)
        from . import console
        console.begin(verbose)


def _say(message, who):
    """Print to stderr; of several processes only the first, where all of them would say the same."""
    if who == 'any' or (os.environ.get('RANK') or '0') == '0':
        print(fitted(message, sys.stderr), file=sys.stderr)


def _origin(error):
    """Module and frame that an error comes from; frame None without one."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return ('', None) if trace is None else (trace.tb_frame.f_globals.get('__name__', ''), trace)


def _is_raised_here(error):
    """Whether a ``raise`` statement of this package or one of its tools has raised an error: then it is meant so."""
    trace = _origin(error)[1]
    if trace is None:
        return False
    code = trace.tb_frame.f_code
    return _is_ours(code.co_filename) and code.co_code[trace.tb_lasti] == dis.opmap['RAISE_VARARGS']


def _is_of_keys(error):
    """Whether a class that a config names, or a class above it, was called with keys that it does not have."""
    trace, built = error.__traceback__, False
    while trace is not None:
        built = (trace.tb_frame.f_globals.get('__name__') == 'mmengine.registry.build_functions'
                 or built and trace.tb_frame.f_code.co_name == '__init__')
        trace = trace.tb_next
    return built and '__init__() ' in str(error)


def _refusing_class(error):
    """Name of the class that a config names and whose constructor refuses its values, such as an optimizer's; None
    where the error is of another kind."""
    trace, built = error.__traceback__, False
    while trace is not None and trace.tb_next is not None:
        built = built or trace.tb_frame.f_globals.get('__name__') == 'mmengine.registry.build_functions'
        trace = trace.tb_next
    kinds = TypeError, ValueError, AssertionError
    if not built or not isinstance(error, kinds) or not str(error) or trace.tb_frame.f_code.co_name != '__init__':
        return None
    return type(trace.tb_frame.f_locals.get('self')).__name__


def _is_ours(file):
    path = Path(file).resolve()
    return PACKAGE in path.parents or path.parent == shipped_folder('tools').resolve()


def _remote_answer(text):
    """As :func:`answer_of`, from the traceback that another process has written."""
    frames = list(_FRAME.finditer(text))
    if not frames:
        return None
    name, _, message = text[frames[-1].end():].strip().strip('"').strip().partition(': ')
    kind = getattr(builtins, name, None)
    of_system = isinstance(kind, type) and issubclass(kind, OSError)
    file, source = frames[-1].groups()
    return message if of_system or _is_ours(file) and (source or '').startswith('raise ') else None


def _text(error):
    message = error.args[0] if isinstance(error, KeyError) and error.args else error
    return str(message).strip() or type(error).__name__
