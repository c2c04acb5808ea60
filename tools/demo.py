"""The whole way on a bare machine: make MiniDrive, train, test, print the table beside baselines, write pictures."""
import sys

from mmdepthcls.commands.demo.demo import run

if __name__ == '__main__':
    sys.exit(run())
