"""Score depth files made by any program against ground truth, under the protocols of depth papers."""
import sys

from mmdepthcls.commands.evaluate_predictions.evaluate_predictions import run

if __name__ == '__main__':
    sys.exit(run())
