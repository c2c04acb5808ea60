"""How many threads a computation on CPUs may take beside what else runs there. Pure.

Threads of torch wait for each other by spinning. Where other programs want the same CPUs, two threads are then many
times slower than one, so that only CPUs that are free are counted.
"""
import os
import time
from dataclasses import dataclass
from pathlib import Path

from ...parallel import usable_cpus

# Variables by which people and batch systems say how many threads there shall be.
VARIABLES = ('OMP_NUM_THREADS', 'MKL_NUM_THREADS')
SECONDS = 0.5  # how long is looked


@dataclass(frozen=True)
class Threads:
    """How many threads, and why.

    Args:
        number (int): at least 1; 0 leaves the choice to who has set a variable.
        reason (str): for people.
    """
    number: int
    reason: str

    def __str__(self):
        return f'{self.number} thread{"" if self.number == 1 else "s"} ({self.reason})' if self.number else self.reason


def choose_threads(most=None, seconds=SECONDS):
    """Threads for a computation that begins now.

    Args:
        most (int, optional): no more than these.
        seconds (float): how long the CPUs are looked at. This process should do nothing meanwhile.

    Returns:
        Threads: as many as CPUs are free, of those that this process may use: by its affinity, by the quota of its
        control group (a container), and by what other programs take of them.
    """
    for name in VARIABLES:
        if os.environ.get(name):
            return Threads(0, f'as {name}={os.environ[name]} says')
    cpus, quota = usable_cpus(), cpu_quota()
    busy, used = _busy(seconds)
    granted = min(cpus, quota or cpus)
    free = min(cpus - busy, granted - used if quota else granted)
    number = max(1, min(round(free), most or cpus))
    load = max(busy, used if quota else 0)
    taken = f', others take {load:.1f}' if load >= 0.25 else ''
    return Threads(number, f'of {granted:g} CPU{"" if granted == 1 else "s"}{taken}')


def cpu_quota(root='/sys/fs/cgroup'):
    """float or None: CPUs that the control group of this process may use, on Linux; None: without a limit."""
    for file in ('cpu.max', 'cpu/cpu.cfs_quota_us'):
        try:
            words = Path(root, file).read_text().split()
            if file != 'cpu.max':
                words += Path(root, 'cpu/cpu.cfs_period_us').read_text().split()
            quota, period = float(words[0]), float(words[1])
        except (OSError, ValueError, IndexError):
            continue
        return quota / period if quota > 0 and period > 0 else None
    return None


def _busy(seconds):
    """CPUs that others take, of those of this process's affinity, and those that its control group takes, on average
    over a moment; 0 where the system does not say."""
    before = _cpu_times(), _group_seconds(), time.monotonic()
    time.sleep(seconds)
    after = _cpu_times(), _group_seconds(), time.monotonic()
    busy = sum(1 - (idle - before[0][cpu][1]) / (total - before[0][cpu][0])
               for cpu, (total, idle) in after[0].items() if cpu in before[0] and total > before[0][cpu][0])
    if not after[0] and hasattr(os, 'getloadavg'):  # not Linux: over the last minute, this process included
        busy = max(0.0, min(os.getloadavg()[0], os.cpu_count()) - 1) * usable_cpus() / os.cpu_count()
    used = (after[1] - before[1]) / (after[2] - before[2])
    return min(busy, usable_cpus()), max(used, 0.0)


def _cpu_times():
    """dict[int, tuple[int, int]]: CPU of this process's affinity -> ticks and idle ticks since the start."""
    try:
        lines = Path('/proc/stat').read_text().splitlines()
    except OSError:
        return {}
    times = {}
    for name, *ticks in (line.split() for line in lines if line.startswith('cpu') and line[3:4].isdigit()):
        ticks = [int(tick) for tick in ticks[:8]]  # what follows is part of these
        times[int(name[3:])] = sum(ticks), ticks[3] + ticks[4]
    usable = os.sched_getaffinity(0)
    return {cpu: value for cpu, value in times.items() if cpu in usable}


def _group_seconds(root='/sys/fs/cgroup'):
    """CPU seconds that this process's control group has used."""
    try:
        words = Path(root, 'cpu.stat').read_text().split()
        return int(words[words.index('usage_usec') + 1]) / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0
