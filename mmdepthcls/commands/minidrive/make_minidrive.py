"""Write a MiniDrive data set: street scenes with exact depth, in KITTI's file formats."""
import argparse
import inspect

from ..running import program
from .camera_setup import LIMITS, CameraSetup
from .looks import LOOKS
from .writer import make_minidrive

CAMERA = {
    'focal': ('--focal', 'focal length in image widths'),
    'height': ('--camera-height', 'metres over the road, mean of the scenes'),
    'pitch': ('--pitch', "degrees downwards, added to each scene's own"),
    'aspect': ('--aspect', "width of a pixel / its height (the picture's own shape is --width and --height)"),
}


def parse_args():
    default = {name: p.default for name, p in inspect.signature(make_minidrive).parameters.items()}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
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
    usual, group = CameraSetup(), parser.add_argument_group('camera', 'the same streets seen by another camera')
    for name, (option, text) in CAMERA.items():
        low, high = LIMITS[name]
        group.add_argument(option, type=float, default=getattr(usual, name), metavar='NUMBER',
                           help=f'{text}, {low:g} to {high:g}')
    parser.add_argument('--workers', type=int, help='processes (default: one a CPU)')
    program.add_arguments(parser)
    return parser.parse_args()


def main(args):
    with program.refusing():
        camera = CameraSetup(args.focal, args.camera_height, args.pitch, args.aspect)
    make_minidrive(
        args.root, args.train, args.val, args.test, args.height, args.width, args.seed, args.workers, look=args.look,
        camera=camera
    )


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, interrupted='Interrupted. Run it again to finish.')
