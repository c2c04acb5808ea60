"""Kill trainings at any moment, half of them while they save, and count what is lost."""
import sys

from mmdepthcls.commands.benchmark.benchmark_kills import run

if __name__ == '__main__':
    sys.exit(run())
