"""Train every variant of a study, and write what came out: tables, a chart, which claims held, and all raw numbers."""
import sys

from mmdepthcls.commands.study.study import run

if __name__ == '__main__':
    sys.exit(run())
