"""Time training steps and predictions of a config's model on random images: milliseconds, images a second, memory."""
import sys

from mmdepthcls.commands.benchmark.benchmark_training import run

if __name__ == '__main__':
    sys.exit(run())
