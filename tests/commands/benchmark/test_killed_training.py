"""Kills of real trainings, few; ``mmdepthcls benchmark-kills`` does as many as one likes."""
from multiprocessing import get_context

import pytest
from stopped_training import train  # noqa: F401  (imports what forks need)

from mmdepthcls.commands.benchmark.killed_training import kill_trainings


def kill(folder, kills, size, answer):
    answer.put(vars(kill_trainings(folder, kills, size)))


def tally_of(tmp_path, kills, size):
    """In a process without threads, which forks."""
    context = get_context('forkserver')
    answer = context.Queue()
    process = context.Process(target=kill, args=(tmp_path / 'run', kills, size, answer))
    process.start()
    tally = answer.get(timeout=250)
    process.join()
    return tally


@pytest.mark.parametrize(('kills', 'size'), [(6, 2_000_000), pytest.param(40, 32_000_000, marks=pytest.mark.long)])
def test_nothing_is_lost_to_kills(tmp_path, kills, size):
    tally = tally_of(tmp_path, kills, size)
    assert sum(tally['kills'].values()) == kills and tally['finished'] > 0 and tally['bytes'] > size
    assert [tally[name] for name in ('without', 'lost', 'lost_best', 'anew')] == [0] * 4
