"""Turn a segmentation recipe of MMSegmentation into a depth config, and prove that it works."""
import sys

from mmdepthcls.commands.make_config.make_config import run

if __name__ == '__main__':
    sys.exit(run())
