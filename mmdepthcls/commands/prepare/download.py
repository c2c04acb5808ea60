"""Large files over HTTP: resumed where they stopped, compared with the size the server says, several at a time. Pure.

A file on its way is ``NAME.part``; ``NAME.part.json`` beside it says of which version of the remote file it is a part.
"""
import http.client
import json
import os
import threading
import urllib.error
import urllib.request
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from ...atomic_file import write_atomically
from ...json_text import json_text

CHUNK = 2**18
LONGEST_PAUSE = 30.0
# Statuses after which the same request may well succeed: timeout, busy, and all of 5xx.
PASSING = (408, 425, 429)
STOPPED = 'stopped. What has arrived is kept.'


class DownloadError(RuntimeError):
    """A file that cannot be had; the message names the address, the fault and the remedy."""


class NoAnswerError(DownloadError):
    """A server that did not answer usefully, however often it was asked."""


class Remote(NamedTuple):
    """What a server says of a file."""
    url: str
    size: int  # bytes
    validator: str | None  # strong ETag, else date: the same as long as the file is


class Patience(NamedTuple):
    """How long to try."""
    attempts: int = 6  # one after the other without a byte of progress
    pause: float = 1.0  # seconds after the first failure; doubles up to half a minute
    timeout: float = 30.0  # seconds without an answer


PATIENCE = Patience()


def ask_remote(url, patience=PATIENCE, stop=None):
    """What the server says of a file, without fetching it.

    Args:
        url (str): http or https.
        patience (Patience): how long to try.
        stop (threading.Event, optional): ends the waiting between attempts.

    Returns:
        Remote

    Raises:
        DownloadError: if the file is not there, may not be had, or has no known size, or the server does not answer.
    """

    def ask():
        with _open(url, patience.timeout, method='HEAD') as response:
            return _remote_of(url, response)

    return _persist(url, ask, lambda: 0, patience, stop or threading.Event())


def part_size(path):
    """int: bytes of a download to ``path`` that are there already, of whatever version."""
    part = _part(path)
    return part.stat().st_size if part.is_file() else 0


def download(url, path, *, on_bytes=None, stop=None, patience=PATIENCE):
    """Fetch a file; what an earlier attempt left is continued if the remote file is still the same.

    Args:
        url (str): http or https.
        path (str | Path): the file; appears when it is complete. Its folder is made.
        on_bytes (callable, optional): called with the number of bytes received; negative where a beginning is dropped.
        stop (threading.Event, optional): when set, the download ends soon and keeps its part.
        patience (Patience): how long to try.

    Raises:
        DownloadError: for a status such as 403 or 404 at once, for anything else after several attempts; or stopped.
        FileExistsError: if the file is there, or a part of it that was not made here.
        OSError: if the disk refuses.
    """
    path, stop, on_bytes = Path(path), stop or threading.Event(), on_bytes or (lambda count: None)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise FileExistsError(f'{path} exists already and is not overwritten')
    if _part(path).exists() and not _state(path).exists():
        raise FileExistsError(f'{_part(path)} was begun by another program. Move it away and run again.')
    _persist(url, lambda: _continue(url, path, on_bytes, stop, patience), lambda: part_size(path), patience, stop)
    os.replace(_part(path), path)
    _state(path).unlink(missing_ok=True)


def in_threads(function, items, jobs):
    """``function(item, stop)`` for every item, several at a time.

    Whatever interrupts the caller sets ``stop`` and does not wait long for a server that is silent; no thread keeps
    Python from ending.

    Args:
        function (callable): takes an item and a :class:`threading.Event`; should end soon when that is set.
        items (sequence): what to work on.
        jobs (int): threads.

    Yields:
        tuple: the index of an item, and its result or the DownloadError, ValueError or OSError that it raised; in the
        order in which they end.
    """
    entries, lock, results, stop = iter(enumerate(items)), threading.Lock(), SimpleQueue(), threading.Event()

    def work():
        while not stop.is_set():
            with lock:
                index, item = next(entries, (None, None))
            if index is None:
                return
            try:
                results.put((index, function(item, stop), None))
            except (DownloadError, ValueError, OSError) as error:
                results.put((index, error, None))
            except BaseException as error:  # a mistake in the program: the caller gets it
                results.put((index, None, error))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(jobs, len(items)))]
    try:
        for thread in threads:
            thread.start()
        for _ in items:
            index, result, mistake = results.get()
            if mistake is not None:
                raise mistake
            yield index, result
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=1)


def _part(path):
    return Path(f'{path}.part')


def _state(path):
    return Path(f'{path}.part.json')


def _open(url, timeout, method='GET', **headers):
    """A response. The network's faults become ConnectionError, to tell them from the disk's."""
    if not url.lower().startswith(('http://', 'https://')):
        raise DownloadError(f'{url}: expected an address that begins with http:// or https://')
    request = urllib.request.Request(url, headers={name.replace('_', '-'): text for name, text in headers.items()},
                                     method=method)
    try:
        return urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError:
        raise
    except OSError as error:
        raise ConnectionError(getattr(error, 'reason', error)) from error


def _read(response):
    try:
        return response.read1(CHUNK)
    except OSError as error:
        raise ConnectionError(error) from error


def _remote_of(url, response):
    """Size and version of the whole file, also where the response is a part of it."""
    size = response.headers.get('Content-Length', '')
    if response.status == 206:
        size = response.headers.get('Content-Range', '').rpartition('/')[2]
    if not size.isdigit():
        raise DownloadError(f'{url}: the server does not say how large the file is, so it could not be verified. '
                            'Fetch it by other means.')
    etag = response.headers.get('ETag')
    # Only a strong ETag promises equal bytes.
    validator = etag if etag and not etag.startswith('W/') else response.headers.get('Last-Modified')
    return Remote(url, int(size), validator)


def _persist(url, attempt, progress, patience, stop):
    """Result of ``attempt()``, which is repeated as long as ``progress()`` grows, and some times without."""
    furthest, failures = progress(), 0
    while True:
        try:
            return attempt()
        except urllib.error.HTTPError as error:
            reason = f'{error.code} {error.reason}'
            if error.code < 500 and error.code not in PASSING:
                raise DownloadError(f'{url}: the server answers {reason}. Is the address right?') from error
        except (ConnectionError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
        if progress() > furthest:
            furthest, failures = progress(), 0
        failures += 1
        if failures >= patience.attempts:
            raise NoAnswerError(f'{url}: given up after {failures} attempts without progress ({reason}). What has '
                                'arrived is kept: run it again later.')
        if stop.wait(min(patience.pause * 2**(failures - 1), LONGEST_PAUSE)):
            raise DownloadError(f'{url}: {STOPPED}')


def _continue(url, path, on_bytes, stop, patience):
    """One attempt to get what is missing of a file. Raises ConnectionError where it ends early."""
    start, known = part_size(path), _read_state(path)
    if start and (known is None or known.url != url or start > known.size or not known.validator):
        start = _drop(path, on_bytes)
    if start and start == known.size:
        return
    headers = {'Range': f'bytes={start}-', 'If_Range': known.validator} if start else {}
    try:
        response = _open(url, patience.timeout, **headers)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        _drop(path, on_bytes)
        raise ConnectionError('the server cannot continue the file') from error
    with response:
        remote = _remote_of(url, response)
        if response.status == 206:
            if remote != known or not response.headers['Content-Range'].startswith(f'bytes {start}-'):
                _drop(path, on_bytes)
                raise ConnectionError('the server sent another part than asked for')
        elif start:
            _drop(path, on_bytes)  # the file has changed, or the server knows no ranges
        write_atomically(_state(path), json_text(remote._asdict(), None).encode())
        with open(_part(path), 'ab') as file:
            while data := _read(response):
                if stop.is_set():
                    raise DownloadError(f'{url}: {STOPPED}')
                file.write(data)
                on_bytes(len(data))
    if part_size(path) != remote.size:
        raise ConnectionError(f'the connection ended after {part_size(path)} of {remote.size} bytes')


def _read_state(path):
    try:
        return Remote(**json.loads(_state(path).read_text(encoding='utf-8')))
    except (OSError, ValueError, TypeError):
        return None


def _drop(path, on_bytes):
    """Start anew: returns 0, the bytes that are left."""
    on_bytes(-part_size(path))
    _part(path).unlink(missing_ok=True)
    return 0
