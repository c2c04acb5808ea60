"""Draw the paper's Figures 2, 3 and 4 from a checkpoint and a data set."""
import sys

from mmdepthcls.commands.figures.figures import run

if __name__ == '__main__':
    sys.exit(run())
