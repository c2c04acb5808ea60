"""Check SYNTHIA-RAND-CITYSCAPES as unpacked, mend its file names, write its split."""
import sys

from mmdepthcls.commands.prepare.prepare_synthia import run

if __name__ == '__main__':
    sys.exit(run())
