"""Put a model file into a file of ONNX, OpenVINO or torch.export."""
import sys

from mmdepthcls.commands.export.export import run

if __name__ == '__main__':
    sys.exit(run())
