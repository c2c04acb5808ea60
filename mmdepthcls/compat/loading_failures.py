"""What is said when a sample cannot be loaded, or a process that loads samples dies: above all, which file it was."""
from __future__ import annotations

import re
import signal
from multiprocessing.connection import wait

# What torch says.
_DIED = re.compile(r'DataLoader worker \(pid(?:\(s\))? (\d+(?:, \d+)*)\)')
_RAISED = re.compile(r'in DataLoader worker process (\d+)')


class LoadingError(RuntimeError):
    """A sample could not be loaded; the message names its file."""


def failure(error, loader, anywhere=False):
    """What is to be said of an error of a numbered loader.

    Args:
        error (Exception): as torch or the data set has raised it.
        loader (NumberedLoading): which may have been loading.
        anywhere (bool): the error comes from anywhere in this process, where torch says that a worker has died.

    Returns:
        str or None: None where it says all that is needed, or is of something else.
    """
    text = str(error)
    died, raised = _DIED.search(text), _RAISED.search(text)
    workers = getattr(loader.__dict__.get('loading'), '_workers', ())
    if died:
        pids = [int(number) for number in died[1].split(',')]
        dead = [worker for worker in workers if worker.pid in pids]
        return _deaths(loader, dead) if dead or not anywhere else None
    if isinstance(error, (ConnectionError, EOFError)) and workers and not anywhere:
        # It died while a batch was taken from it, before torch had learned of it.
        ended = wait([worker.sentinel for worker in workers], timeout=2)
        dead = [worker for worker in workers if worker.sentinel in ended]
        if dead:
            return _deaths(loader, dead)
    if anywhere or loader.num_workers and not raised:
        return None
    file = _file(loader, loader.drawn_dataset.failed[int(raised[1]) if raised else 0])
    if file is None or _names(text, file):
        return None
    kind = text.strip().splitlines()[-1] if raised else f'{type(error).__name__}: {text}'
    return f'{file} could not be loaded: {kind}'


def _deaths(loader, workers):
    """What is said of workers that have died."""
    kinds, files = [], []
    started = loader.__dict__['loading']._workers if workers else []
    for worker in workers:
        worker.join(1)  # torch may learn of it before its exit status is known
        code = worker.exitcode
        kinds.append(signal.Signals(-code).name if code and code < 0 else f'status {code}')
        files.append(_file(loader, loader.drawn_dataset.held[started.index(worker)]))
    held = ', '.join(file for file in files if file)
    return (f'A process that loads data has died ({", ".join(kinds) or "unknown"}). '
            + (f'It held {held}. ' if held else 'It held no sample. ')
            + 'SIGKILL is what comes where memory runs out: take fewer num_workers or a smaller batch_size. If the '
            'file cannot be decoded: load it alone (num_workers=0), repair it or leave it out.')


def _file(loader, number):
    """The file of a sample, by its index + 1; None for 0."""
    return file_of(loader.dataset, number - 1) if number else None


def file_of(dataset, index):
    """str: the image file of a sample, or what else can be said of it."""
    try:
        name = dataset.get_data_info(index).get('img_path')
    except Exception:  # a data set of any kind, in a run that has failed already
        name = None
    return str(name or f'sample {index} of {type(dataset).__name__}')


def _names(text, file):
    """Whether a message names a file already."""
    return file in text or file.replace('\\', '/').rsplit('/', 1)[-1] in text
