"""Test several CRFs on one checkpoint: a table of depth errors and edges, and pictures."""
import sys

from mmdepthcls.commands.crf.compare_crfs import run

if __name__ == '__main__':
    sys.exit(run())
