"""Work on all cores."""
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

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
