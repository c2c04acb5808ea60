"""Calibrate a model file with measured points or labelled images, and write a new one."""
import sys

from mmdepthcls.commands.calibrate.calibrate import run

if __name__ == '__main__':
    sys.exit(run())
