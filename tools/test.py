"""Test a model and print the table of its errors: the flags are those of MMSegmentation's tools/test.py."""
import sys

from mmdepthcls.commands.test.test import run

if __name__ == '__main__':
    sys.exit(run())
