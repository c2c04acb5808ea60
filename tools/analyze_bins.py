"""Choose bins for a data set: the range of its depth, what each scheme costs on it, which bins are never used."""
import sys

from mmdepthcls.commands.analyze_bins.analyze_bins import run

if __name__ == '__main__':
    sys.exit(run())
