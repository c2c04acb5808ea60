"""Processes that load data: they outlive the signals that stop a run, and never the run itself. Pure.

Ctrl-C and batch systems send their signals to every process of a group. A worker that died of one would end the step
that the run is about to finish. A run that is killed cannot end its workers, which would go on holding its memory.
"""
import ctypes
import os
import signal
import sys
import threading

IGNORED = ('SIGINT', 'SIGHUP')
PR_SET_PDEATHSIG = 1  # of Linux's prctl


class WorkerStart:
    """What a process that loads data does first; picklable.

    Args:
        then (callable, optional): the user's own ``worker_init_fn``, called afterwards.
    """

    def __init__(self, then=None):
        self.then, self._parent = then, os.getpid()

    def __call__(self, worker_id):
        guard_this_process(self._parent)
        if self.then is not None:
            self.then(worker_id)

    def __getattr__(self, name):
        if name.startswith('__') or name == 'then':
            raise AttributeError(name)
        return getattr(self.then, name)  # such as the arguments of a partial function


def guard_workers(loader):
    """Have the processes of a loader begin with :class:`WorkerStart`.

    Args:
        loader (DataLoader): changed in place; one without processes is left alone.
    """
    if getattr(loader, 'num_workers', 0) and not isinstance(loader.worker_init_fn, WorkerStart):
        loader.worker_init_fn = WorkerStart(loader.worker_init_fn)


def guard_this_process(parent):
    """Ignore what is sent to the whole group, obey the parent, end with it.

    Args:
        parent (int): number of the process that has asked for this one.
    """
    for name in IGNORED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, 'sigwaitinfo'):
        # Only a thread that waits for a signal learns who has sent it.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        threading.Thread(target=_end_when_told, args=(os.getppid(), ), daemon=True).start()
    if sys.platform == 'linux' and os.getppid() == parent:  # not of a fork server, which ends last
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def _end_when_told(parent):
    while signal.sigwaitinfo([signal.SIGTERM]).si_pid != parent:
        pass
    os._exit(0)
