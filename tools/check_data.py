"""Look at all data of a config before training: what is missing, damaged, in another unit, or in two splits."""
import sys

from mmdepthcls.commands.check_data.check_data import run

if __name__ == '__main__':
    sys.exit(run())
