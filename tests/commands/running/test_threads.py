import os
import subprocess
import sys
import time

import pytest

from mmdepthcls.commands.running import threads


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in threads.VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_a_variable_decides(monkeypatch):
    monkeypatch.setenv('OMP_NUM_THREADS', '3')
    chosen = threads.choose_threads()
    assert chosen.number == 0 and 'OMP_NUM_THREADS=3' in str(chosen)


@pytest.mark.parametrize(('cpus', 'quota', 'busy', 'used', 'most', 'number'), [
    (8, None, 0.1, 0.0, None, 8), (8, None, 6.2, 0.0, None, 2), (8, None, 8.0, 0.0, None, 1),
    (8, 2.0, 0.1, 0.0, None, 2), (64, 2.0, 30.0, 0.0, None, 2), (64, 2.0, 30.0, 1.4, None, 1),
    (8, None, 0.0, 0.0, 4, 4),
    (2, 0.5, 0.0, 0.0, None, 1)])
def test_free_cpus_are_taken(monkeypatch, cpus, quota, busy, used, most, number):
    monkeypatch.setattr(threads, 'usable_cpus', lambda: cpus)
    monkeypatch.setattr(threads, 'cpu_quota', lambda: quota)
    monkeypatch.setattr(threads, '_busy', lambda seconds: (busy, used))
    assert threads.choose_threads(most).number == number


@pytest.mark.parametrize(('files', 'quota'), [
    ({'cpu.max': '150000 100000\n'}, 1.5), ({'cpu.max': 'max 100000\n'}, None), ({}, None),
    ({'cpu/cpu.cfs_quota_us': '200000\n', 'cpu/cpu.cfs_period_us': '100000\n'}, 2.0),
    ({'cpu/cpu.cfs_quota_us': '-1\n', 'cpu/cpu.cfs_period_us': '100000\n'}, None), ({'cpu.max': 'what'}, None)])
def test_the_quota_of_a_control_group(tmp_path, files, quota):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert threads.cpu_quota(tmp_path) == quota


@pytest.mark.skipif(not os.path.exists('/proc/stat'), reason='Linux only')
def test_a_busy_cpu_is_seen():
    """Another program spins on the one CPU that this process may use."""
    usable = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(usable)})
        spinning = subprocess.Popen([sys.executable, '-c', 'print(flush=True)\nwhile True: pass'],
                                    stdout=subprocess.PIPE)
        spinning.stdout.readline()
        time.sleep(0.1)
        assert threads._busy(0.5)[0] > 0.5
        assert threads.choose_threads().number == 1
    finally:
        os.sched_setaffinity(0, usable)
        spinning.kill()
        spinning.wait()
