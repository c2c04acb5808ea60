"""One function over many items, on all cores, with a line that says how far it is and how long it will take. Pure."""
import os
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_all_start_methods, get_context, parent_process

import cv2


def usable_cpus():
    """int: the CPUs that this process may use: what a container or a batch system grants, where the system can say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()


def map_parallel(function, items, *, title, unit='files', workers=None, progress=True):
    """Results of ``function(item)`` as they become ready, in no order.

    Args:
        function (callable): picklable (a module's function or a ``partial`` of one).
        items (sequence): its arguments, picklable.
        title (str): begins the progress line on stderr.
        unit (str): what the items are, for that line.
        workers (int, optional): processes; default: the CPUs this process may use. 1 starts none.
        progress (bool): show the line.

    Yields:
        tuple: the index of an item, and its result.

    Raises:
        RuntimeError: if a worker dies; and whatever ``function`` raises. What has not begun by then is dropped.
    """
    show = ProgressLine(title, len(items), unit) if progress and items else None
    workers = min(workers or usable_cpus(), len(items))
    for index, result in _results(function, items, workers):
        if show:
            show.advance()
        yield index, result


def _results(function, items, workers):
    if workers < 2:
        yield from ((index, function(item)) for index, item in enumerate(items))
        return
    pool = ProcessPoolExecutor(workers, _context(), _prepare_worker)
    try:
        futures = {pool.submit(function, item): index for index, item in enumerate(items)}
        for future in as_completed(futures):
            yield futures.pop(future), future.result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            'a worker process died or could not start (out of memory? a script with workers needs '
            '`if __name__ == "__main__":`). What is complete is kept: run it again, with workers=1 if need be'
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _context():
    """Workers that are safe beside threads (torch): forks of one process that has done nothing but import what the
    program tells it to (``multiprocessing.set_forkserver_preload``); or, where the system cannot fork, new ones."""
    return get_context('forkserver' if 'forkserver' in get_all_start_methods() else 'spawn')


def _prepare_worker():
    cv2.setNumThreads(1)
    # A killed program cannot tell its workers, which would wait for it for ever.
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    connection.wait([parent_process().sentinel])
    os._exit(1)


class ProgressLine:
    """A line on stderr, at most once a second: done, total, rate, time left. Threads may share it.

    rich, which MMEngine brings, draws nothing into a pipe or a log file before all is done, and the tools that prepare
    data work where no MMEngine is.

    Args:
        title (str): begins the line.
        total (float or None): how much there is to do, in ``unit``; None: nobody knows.
        unit (str): such as 'files' or 'MB'.
    """

    def __init__(self, title, total, unit='files'):
        self._title, self._total, self._unit, self._done = title, total, unit, 0
        self._start = self._shown = time.monotonic()
        self._lock = threading.Lock()

    def skip(self, amount=1):
        """Take ``amount`` out of what there is to do: it has been done before."""
        with self._lock:
            if self._total is not None:
                self._total -= amount

    def advance(self, amount=1):
        """Count ``amount`` more as done."""
        with self._lock:
            self._done += amount
            now, last = time.monotonic(), self._total is not None and self._done >= self._total
            redraw = sys.stderr.isatty()
            # Elsewhere (a log file) less and less often: after 10, 20, 30, 45, 68 s, then every minute at least.
            pause = 1 if redraw else min(max(10, (self._shown - self._start) / 2), 60)
            if last or now - self._shown >= pause:
                self._shown = now
                rate = self._done / max(now - self._start, 1e-6)
                of, left = '', ''
                if self._total is not None:
                    of = f'/{self._total:.0f}'
                    left = f', {time_text(max(self._total - self._done, 0) / max(rate, 1e-9))} left'
                line = f'{self._title}: {self._done:.0f}{of} {self._unit}, {rate:.3g} {self._unit}/s{left}'
                print(f'{line:<79}' if redraw else line, end='\r' if redraw and not last else '\n', file=sys.stderr,
                      flush=True)


def time_text(seconds):
    """A duration for people, such as '42 s', '7 min' or '3.5 h'."""
    if seconds < 100:
        return f'{seconds:.0f} s'
    return f'{seconds / 60:.0f} min' if seconds < 6000 else f'{seconds / 3600:.1f} h'
