import json
import os
import signal
import time
from multiprocessing import get_context

import pytest

from mmdepthcls.hooks import folder_lock
from mmdepthcls.hooks.folder_lock import NAME, FolderInUseError, hold, release


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name, seconds in dict(BEAT=0.1, STALE=0.8, LOOK=0.05).items():
        monkeypatch.setattr(folder_lock, name, seconds)


def sit(folder, ready, host=None, locks=True):
    """Hold a folder in another process, on another machine perhaps."""
    folder_lock.BEAT = 0.1
    if host:
        folder_lock.socket.gethostname = lambda: host
    if not locks:
        without_locks()
    hold(folder)
    ready.send(True)
    time.sleep(60)


def without_locks():
    def flock(file, how):
        raise OSError(38, 'Function not implemented')
    folder_lock.fcntl.flock = flock


@pytest.fixture
def sitter(tmp_path):
    processes = []

    def begin(**options):
        ours, theirs = (context := get_context('fork')).Pipe()
        process = context.Process(target=sit, args=(tmp_path, theirs), kwargs=options)
        process.start()
        processes.append(process)
        assert ours.poll(30)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.join()
    release(tmp_path)


def test_a_folder_is_held_once(tmp_path, sitter):
    process = sitter()
    for _ in range(2):
        with pytest.raises(FolderInUseError, match=rf'{tmp_path} is in use by a training, process {process.pid} on '):
            hold(tmp_path)
    process.kill()
    process.join()
    hold(tmp_path)
    hold(tmp_path)
    assert json.loads((tmp_path / NAME).read_text())['pid'] == os.getpid()
    release(tmp_path)
    assert not list(tmp_path.iterdir())
    sitter()


def test_a_training_that_goes_on_waits_for_the_one_before(tmp_path, sitter):
    process, said = sitter(), []
    begin = time.monotonic()
    with pytest.raises(FolderInUseError):
        hold(tmp_path, 0.5, said.append)
    assert 0.5 <= time.monotonic() - begin < 5 and len(said) == 1 and f'process {process.pid}' in said[0]

    def end(line):
        process.kill()
        process.join()

    hold(tmp_path, 30, end)


def test_on_another_machine_signs_of_life_count(tmp_path, sitter, monkeypatch):
    """Without the system's locks, as where they are of one machine only."""
    stock = folder_lock.fcntl.flock
    monkeypatch.setattr(folder_lock.fcntl, 'flock', stock)  # puts it back
    without_locks()
    process = sitter(host='node7', locks=False)
    with pytest.raises(FolderInUseError, match='on node7 since'):
        hold(tmp_path)
    os.kill(process.pid, signal.SIGSTOP)
    begin = time.monotonic()
    hold(tmp_path)  # it waits until the other one is stale
    assert time.monotonic() - begin > 0.3


def test_without_locks_a_process_that_is_gone_holds_nothing(tmp_path, sitter, monkeypatch):
    monkeypatch.setattr(folder_lock.fcntl, 'flock', folder_lock.fcntl.flock)
    without_locks()
    process = sitter()
    with pytest.raises(FolderInUseError, match=f'process {process.pid}'):
        hold(tmp_path)
    process.kill()
    process.join()
    hold(tmp_path)


@pytest.mark.parametrize('content', ['', '{', '[]', '{"pid": "x"}', '{"host": 1, "pid": 1, "since": 2}', '\0' * 100])
def test_whatever_a_lock_file_holds(tmp_path, content):
    (tmp_path / NAME).write_text(content)
    hold(tmp_path)
    assert json.loads((tmp_path / NAME).read_text())['pid'] == os.getpid()
    release(tmp_path)


def test_a_child_does_not_keep_the_lock(tmp_path, sitter):
    hold(tmp_path)
    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    try:
        release(tmp_path)
        sitter()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
