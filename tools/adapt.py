"""Adapt a model to images of another domain by class-balanced self-training."""
import sys

from mmdepthcls.commands.adapt.adapt import run

if __name__ == '__main__':
    sys.exit(run())
