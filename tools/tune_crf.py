"""Find the settings of the fully connected CRF on the validation split, from coarse to fine."""
import sys

from mmdepthcls.commands.crf.tune_crf import run

if __name__ == '__main__':
    sys.exit(run())
