"""Time data and evaluation on real KITTI frames, and the sparse loss, as ratios within one run: one thread, medians of
interleaved rounds."""
import sys

from mmdepthcls.commands.benchmark.benchmark import run

if __name__ == '__main__':
    sys.exit(run())
