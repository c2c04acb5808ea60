"""Make a model file, OUT.safetensors, of a config and a checkpoint."""
import sys

from mmdepthcls.commands.publish.publish import run

if __name__ == '__main__':
    sys.exit(run())
