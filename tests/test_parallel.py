"""Work on all cores."""
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from mmdepthcls import parallel
from mmdepthcls.parallel import ProgressLine, map_parallel, time_text


def square(number):
    return number * number


def fail_at_3(number):
    if number == 3:
        raise ValueError('three')
    return number


@pytest.mark.parametrize('workers', [1, 2, None])
@pytest.mark.parametrize('items', [[], [7], list(range(9))], ids=len)
def test_every_item_once(workers, items):
    got = dict(map_parallel(square, items, title='t', workers=workers, progress=False))
    assert got == {index: square(item) for index, item in enumerate(items)}


@pytest.mark.parametrize('workers', [1, 2])
def test_errors_arrive(workers):
    with pytest.raises(ValueError, match='three'):
        list(map_parallel(fail_at_3, list(range(5)), title='t', workers=workers, progress=False))


def test_dead_workers_are_explained(monkeypatch):

    class Pool(ProcessPoolExecutor):

        def submit(self, *args):
            raise BrokenProcessPool

    monkeypatch.setattr(parallel, 'ProcessPoolExecutor', Pool)
    with pytest.raises(RuntimeError, match='worker process died.*workers=1'):
        list(map_parallel(square, [1, 2], title='t', workers=2, progress=False))


def name_and_sleep(folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(60)


@pytest.mark.skipif(not Path('/proc/self/stat').exists(), reason='processes are looked up in /proc')
def test_workers_end_with_a_killed_program(tmp_path):
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_parallel import name_and_sleep
from mmdepthcls.parallel import map_parallel
if __name__ == '__main__':
    list(map_parallel(name_and_sleep, [{str(tmp_path)!r}] * 2, title='', workers=2))
"""
    script = tmp_path / 'script.py'
    script.write_text(code)
    process = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.DEVNULL)
    workers = []
    while len(workers) < 2 and process.poll() is None:
        time.sleep(0.1)
        workers = [int(path.name) for path in tmp_path.iterdir() if path.name.isdigit()]
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while any(is_running(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(workers) == 2 and not any(is_running(worker) for worker in workers)


def is_running(process):
    """Neither gone nor a zombie that nobody has waited for."""
    try:
        return ') Z ' not in Path(f'/proc/{process}/stat').read_text()
    except FileNotFoundError:
        return False


def test_progress_goes_to_stderr_and_says_what_is_left(capfd, monkeypatch):
    list(map_parallel(square, [1, 2, 3], title='Squares', unit='numbers', workers=1))
    out, err = capfd.readouterr()
    assert out == '' and err.startswith('Squares: 3/3 numbers, ') and err.endswith('0 s left\n')
    line, start = ProgressLine('Files', 100), time.monotonic()
    monkeypatch.setattr(time, 'monotonic', lambda: start + 20)
    line.advance(20)
    assert capfd.readouterr().err == 'Files: 20/100 files, 1 files/s, 80 s left\n'


@pytest.mark.parametrize('seconds, text', [(0, '0 s'), (99, '99 s'), (420, '7 min'), (12600, '3.5 h')])
def test_time_text(seconds, text):
    assert time_text(seconds) == text
