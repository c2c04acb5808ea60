"""Fit the temperature of a depth classifier on its validation split, and write a checkpoint that has it."""
import sys

from mmdepthcls.commands.fit_temperature.fit_temperature import run

if __name__ == '__main__':
    sys.exit(run())
