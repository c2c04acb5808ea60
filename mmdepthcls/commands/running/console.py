"""What a person reads while MMEngine works: a few lines on the console. All that MMEngine logs is in its log file.

MMEngine's loggers keep their handlers; the one that writes to the console gets a filter and a plain format. Whether a
process is quiet is seen by that filter. The lines of a run come from
:class:`~mmdepthcls.commands.running.console_hook.ConsoleHook`.
"""
import io
import logging
import sys
from contextlib import redirect_stdout

import torch
from mmengine.device import get_device
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from mmseg.registry import RUNNERS

from ...config.config_class import name_classes
from ...hooks.run_hooks import register_run_hooks
from .console_hook import ConsoleHook
from .terminal import fitted
from .threads import choose_threads

# Warnings of the hosts from which nothing follows.
NOISE = ('The prefix is not set in metric class', 'Reach the end of the dataloader', '"FileClient" will be deprecated',
         'is the alias of "LocalBackend"',
         # Of a training without schedulers, such as a round of self-training.
         '`resume_param_scheduler` is True but `self.param_schedulers` is None')
OF_HOST = 'of_host'  # of a record: MMEngine says it, whoever has called it
PACKAGE = __name__.partition('.')[0]
PYTHON_WARNINGS = 'py.warnings'  # the logger of logging.captureWarnings


def begin(verbose=False):
    """Make this process quiet; call it before a runner is built.

    Args:
        verbose (bool): leave everything as MMEngine has it.
    """
    if not verbose:
        _hush(MMLogger.get_current_instance())


def build_runner(cfg, lines=True, tables=True):
    """Runner of a config: MMEngine's, or the one that ``runner_type`` names.

    Args:
        cfg (Config): of the run.
        lines (bool or str): in a quiet process, say what runs and how far it is; a text: only how far a test is,
            called so.
        tables (bool): in a quiet process, show the tables that evaluators make after a test.

    Returns:
        Runner
    """
    name_classes(cfg._cfg_dict)
    runner = RUNNERS.get(cfg.runner_type) if 'runner_type' in cfg else Runner
    if _is_quiet(MMLogger.get_current_instance()):
        runner = type(runner.__name__, (_QuietRunner, runner), dict(_lines=lines, _tables=tables))
    runner = runner.from_cfg(cfg)
    register_run_hooks(runner)
    return runner


def use_free_cpus():
    """Where torch computes on CPUs, let it use those that are free, and say how many. Nothing is done beside a GPU."""
    if get_device() != 'cpu':
        return
    threads = choose_threads(torch.get_num_threads())
    if threads.number:
        torch.set_num_threads(threads.number)
    print(f'Threads {threads}', flush=True)


class _QuietRunner:
    """Mixed into a runner: its log file has everything, the console what a person reads."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self._lines:
            self.register_hook(ConsoleHook(self._lines if isinstance(self._lines, str) else None), 'VERY_LOW')

    def build_logger(self, *args, **kwargs):
        logger = super().build_logger(*args, **kwargs)
        _hush(logger, self._tables)
        warnings = logging.getLogger(PYTHON_WARNINGS)
        warnings.handlers = [handler for handler in logger.handlers if not _is_console(handler)]
        return logger

    def train(self):
        _hush(self.logger, tables=False)  # a line says what a validation found
        return super().train()

    def load_or_resume(self):
        # MMEngine prints here, past its logger.
        printed = io.StringIO()
        with redirect_stdout(printed):
            super().load_or_resume()
        if printed.getvalue():
            self.logger.info(printed.getvalue().strip(), extra={OF_HOST: True})


class ConsoleFilter(logging.Filter):
    """What of a log goes to the console: errors, warnings once, and what this package says.

    Args:
        tables (bool): with the tables of evaluators.
    """

    def __init__(self, tables=True):
        super().__init__()
        self._tables, self._seen = tables, set()

    def filter(self, record):
        """Whether a record is shown."""
        if record.levelno >= logging.ERROR:
            return True
        message, sender = record.getMessage(), _sender()
        if record.levelno < logging.WARNING:
            return sender.startswith(f'{PACKAGE}.') and not getattr(record, OF_HOST, False) and (
                self._tables or not sender.startswith(f'{PACKAGE}.evaluation.'))
        if message in self._seen or any(text in message for text in NOISE):
            return False
        self._seen.add(message)
        return True


class ConsoleFormatter(logging.Formatter):
    """A message and nothing else; in a terminal as wide as that is."""

    def format(self, record):
        """Text of a record."""
        text = record.getMessage().rstrip('\n')
        if record.levelno >= logging.WARNING:
            text = f'{record.levelname.capitalize()}: {text}'
        return fitted(text)


def _hush(logger, tables=True):
    for handler in filter(_is_console, logger.handlers):
        handler.filters = [each for each in handler.filters if not isinstance(each, ConsoleFilter)]
        handler.addFilter(ConsoleFilter(tables))
        handler.setFormatter(ConsoleFormatter())


def _is_quiet(logger):
    return any(isinstance(each, ConsoleFilter) for handler in logger.handlers for each in handler.filters)


def _is_console(handler):
    return isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler)


def _sender():
    """Module that logs."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get('__name__', '')
        if name != __name__ and not name.startswith(('logging', 'mmengine.logging')):
            return name
        frame = frame.f_back
    return ''
