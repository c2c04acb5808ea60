"""Train a model: the flags are those of MMSegmentation's tools/train.py."""
import sys

from mmdepthcls.commands.train.train import run

if __name__ == '__main__':
    sys.exit(run())
