"""Check KITTI as the Eigen split needs it; fetch what is missing; write the scans as small depth PNGs."""
import sys

from mmdepthcls.commands.prepare.prepare_kitti import run

if __name__ == '__main__':
    sys.exit(run())
