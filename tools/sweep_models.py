"""Try every model that MMSegmentation ships as a depth classifier, and write the table of docs/models.md."""
import sys

from mmdepthcls.commands.make_config.sweep_models import run

if __name__ == '__main__':
    sys.exit(run())
