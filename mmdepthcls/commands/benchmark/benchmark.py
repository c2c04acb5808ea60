"""Time data and evaluation on real KITTI frames, and the sparse loss, as ratios within one run: one thread, medians of
interleaved rounds."""
import argparse
import os

from ..running import arguments, program


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=arguments.HelpWithDefaults)
    parser.add_argument('--kitti', default=os.environ.get('KITTI_ROOT', 'data/kitti'),
                        help='folder with raw/ and annotated/; a few frames are enough')
    parser.add_argument('--rounds', type=int, default=40, help='how often everything is timed')
    program.add_arguments(parser)
    return parser.parse_args()


def main(args):
    from . import timings
    timings.time_everything(args.kitti, args.rounds)


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
