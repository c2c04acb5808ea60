"""Write a MiniDrive data set: street scenes with exact depth, in KITTI's file formats."""
import argparse
import inspect

from ..running import arguments, program
from .looks import LOOKS
from .writer import make_minidrive


def parse_args():
    default = {name: p.default for name, p in inspect.signature(make_minidrive).parameters.items()}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=arguments.HelpWithDefaults)
    parser.add_argument(
        'root', nargs='?', default='data/minidrive', help='folder to write; an interrupted one is finished'
    )
    for split in ('train', 'val', 'test'):
        parser.add_argument(f'--{split}', type=int, default=default[f'num_{split}'], help=f'number of {split} scenes')
    for size in ('height', 'width'):
        parser.add_argument(f'--{size}', type=int, default=default[size], help='pixels')
    parser.add_argument('--seed', type=int, default=default['seed'], help='chooses the scenes')
    parser.add_argument(
        '--look', choices=LOOKS, default=default['look'],
        help='which streets: "varied" to train for real pictures, "other" to choose settings on'
    )
    parser.add_argument('--workers', type=int, help='processes (default: one a CPU)')
    program.add_arguments(parser)
    return parser.parse_args()


def main(args):
    make_minidrive(
        args.root, args.train, args.val, args.test, args.height, args.width, args.seed, args.workers, look=args.look
    )


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, interrupted='Interrupted. Run it again to finish.')
