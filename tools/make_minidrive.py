"""Write a MiniDrive data set: street scenes with exact depth, in KITTI's file formats."""
import sys

from mmdepthcls.commands.minidrive.make_minidrive import run

if __name__ == '__main__':
    sys.exit(run())
