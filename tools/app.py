"""A page in the browser: drop a picture, see its depth, how sure it is, and its points in space."""
import sys

from mmdepthcls.commands.app.app import run

if __name__ == '__main__':
    sys.exit(run())
