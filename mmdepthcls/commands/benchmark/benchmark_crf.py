"""Time, peak memory and result of the dense CRF, in turns with the authors' C++ code where pydensecrf2 is installed."""
import argparse

from ..running import arguments, program


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=arguments.HelpWithDefaults)
    parser.add_argument('--image', help='picture to use; without one a generated street scene of --size')
    parser.add_argument('--size', type=int, nargs=2, metavar=('HEIGHT', 'WIDTH'), default=(375, 1242))
    parser.add_argument('--labels', type=int, default=71)
    parser.add_argument('--iterations', type=int, default=5, help='how many to time, after a first one')
    parser.add_argument('--rounds', type=int, default=3, help='how often everything is timed; medians count')
    parser.add_argument('--threads', type=int, help='of dense_crf (default: those of torch); C++ has one')
    parser.add_argument('--appearance-width', type=float, default=50., help='pixels')
    parser.add_argument('--color-width', type=float, default=5., help='gray levels')
    parser.add_argument('--linear', type=float, metavar='T', help="compatibility 'linear' truncated at T, not Potts")
    parser.add_argument('--device', help='of dense_crf (default: cuda where there is a GPU, else cpu)')
    program.add_arguments(parser)
    return parser.parse_args()


def main(args):
    from .crf_timings import compare
    compare(args)


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main)
