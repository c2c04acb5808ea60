"""Time, peak memory and result of the dense CRF, in turns with the authors' C++ code where pydensecrf2 is installed."""
import sys

from mmdepthcls.commands.benchmark.benchmark_crf import run

if __name__ == '__main__':
    sys.exit(run())
