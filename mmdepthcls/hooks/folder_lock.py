"""One training in a work folder at a time, on one machine or several. Pure.

The process that trains holds a lock of the system on a file in the folder and writes into it, every few seconds, who
it is. Where file systems know no locks, or keep them to one machine, the file that changes is what others see. Ages are
taken from the file system's own clock, since clocks of machines differ.
"""
import json
import os
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..atomic_file import is_running, temporary_path
from ..json_text import json_text

try:
    import fcntl
except ImportError:  # Windows, where nothing is held
    fcntl = None  # type: ignore[assignment]

NAME = 'training.lock'
BEAT = 5.0  # s between two signs of life
STALE = 30.0  # s without one
LOOK = 0.5  # s between two looks
_held: dict = {}


class FolderInUseError(Exception):
    """Another training is in the work folder; the message says which."""


def hold(folder, patience=0.0, say=None):
    """Hold a folder for a training of this process, until :func:`release` or its end. Idempotent.

    Args:
        folder (str | Path): made if it is missing.
        patience (float): seconds that another training, which may be about to end, is waited for.
        say (callable, optional): takes a line for the person who waits.

    Raises:
        FolderInUseError: if another training is there, and alive.
    """
    folder = Path(os.path.realpath(folder))
    if folder in _held or fcntl is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    begin, first = time.monotonic(), None
    while True:
        found = _try(folder / NAME)
        if isinstance(found, _Heart):
            _held[folder] = found
            return
        first = first or found
        # What another machine has written may be of a process that is gone: it is watched until it changes or is old.
        watched = found.elsewhere and found.beat == first.beat
        if not watched and time.monotonic() - begin >= patience:
            raise FolderInUseError(f'{folder} is in use by {found.who}. Two trainings would overwrite each other: wait '
                                   'for its end, or name another --work-dir')
        if say is not None and found is first:
            say(f'Waiting for {found.who}, which uses {folder}')
        time.sleep(LOOK)


def release(folder):
    """Let others use a folder; without effect on one that is not held.

    Args:
        folder (str | Path): as for :func:`hold`.
    """
    heart = _held.pop(Path(os.path.realpath(folder)), None)
    if heart is not None:
        heart.stop()


@dataclass(frozen=True)
class _Other:
    """Who holds a folder; of another machine or not; what it wrote last."""
    who: str
    elsewhere: bool = False
    beat: float = 0.0


def _try(path):
    """_Heart or _Other: the folder is ours now; or who has it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        locked = _lock(file)
        if locked is not False and not _is_same(file, path):  # its owner has just removed it
            found = _Other('a training that ends')
        else:
            found = _other(file, locked, _age(path))
        if found is None:
            heart = _Heart(path, os.dup(file))
            if locked or heart.is_alone():
                return heart
            found = _other(file, locked, 0.0) or _Other('another training')
        return found
    finally:
        os.close(file)


def _lock(file):
    """True: locked; False: somebody else has locked it; None: the file system knows no locks."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _other(file, locked, age):
    """_Other or None: who has written into a lock file, if it may live."""
    host, pid, since, beat = _read(file)
    who = f'a training, process {pid} on {host} since {since}' if pid else 'another training'
    if locked is False:
        return _Other(who)
    if not pid or age > STALE:
        return None
    if host != socket.gethostname():
        return _Other(who, True, beat)
    # The system's locks are of this machine at least: who wrote there and holds none is gone.
    return None if locked or pid == os.getpid() or not is_running(pid) else _Other(who)


def _read(file):
    """Host, process, beginning and last sign of a training, as a lock file says."""
    try:
        content = json.loads(os.pread(file, 4096, 0).decode())
        return str(content['host']), int(content['pid']), str(content['since']), float(content['time'])
    except (OSError, ValueError, KeyError, TypeError):
        return '', 0, '', 0.0


def _age(path):
    """float: seconds since a file changed, by the clock of its file system."""
    probe = temporary_path(path)
    try:
        probe.write_bytes(b'')
        return probe.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return 0.0
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def _is_same(file, path):
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


class _Heart:
    """Writes into a lock file that its process lives."""

    def __init__(self, path, file):
        self._path, self._file, self._end = path, file, threading.Event()
        self._who = dict(host=socket.gethostname(), pid=os.getpid(), since=time.strftime('%Y-%m-%d %H:%M:%S'))
        os.ftruncate(file, 0)
        self._beat()
        self._thread = threading.Thread(target=self._live, name='work folder lock', daemon=True)
        self._thread.start()
        # A child would keep the system's lock when this process is gone.
        os.register_at_fork(after_in_child=self._forget)

    def is_alone(self):
        """Whether no other process has written into the file at the same time, where it cannot be locked."""
        time.sleep(LOOK)
        if _read(self._file)[:2] == (self._who['host'], self._who['pid']):
            return True
        self._end.set()
        self._thread.join()
        self._forget()
        return False

    def _live(self):
        while not self._end.wait(BEAT):
            with suppress(OSError):  # a full disk, a file system that is away: the lock is still held
                self._beat()

    def _beat(self):
        text = json_text({**self._who, 'time': time.time()}).encode()
        os.pwrite(self._file, text.ljust(len(text) + 8), 0)

    def stop(self):
        """Remove the file, then unlock it."""
        self._end.set()
        self._thread.join()
        if _is_same(self._file, self._path):
            with suppress(OSError):
                self._path.unlink()
        self._forget()

    def _forget(self):
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.close(file)
        if os.getpid() != self._who['pid']:
            _held.clear()
