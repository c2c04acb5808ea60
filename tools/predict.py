"""Predict metric depth of pictures, folders, films and cameras, and write it as files."""
import sys

from mmdepthcls.commands.predict.predict import run

if __name__ == '__main__':
    sys.exit(run())
