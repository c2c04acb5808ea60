"""Time predictions from PNG to 16-bit PNG beside the network alone."""
import sys

from mmdepthcls.commands.benchmark.benchmark_prediction import run

if __name__ == '__main__':
    sys.exit(run())
