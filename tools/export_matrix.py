"""Try which models and decoders can be exported."""
import sys

from mmdepthcls.commands.export.export_matrix import run

if __name__ == '__main__':
    sys.exit(run())
