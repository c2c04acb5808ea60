"""Time what a person waits for before anything happens: imports, and the help of each command."""
import sys

from mmdepthcls.commands.benchmark.benchmark_imports import run

if __name__ == '__main__':
    sys.exit(run())
