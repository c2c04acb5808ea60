"""Write a MiniDrive data set: street scenes with exact depth, in KITTI's file formats."""
import argparse
import dataclasses
import inspect

from ..running import arguments, program
from .camera_setup import LIMITS, CameraSetup
from .looks import LOOKS, PLAIN
from .worlds import SIZE, WORLDS, chosen_world
from .writer import make_minidrive

# What a camera is described by: its option, and what it means.
CAMERA = {
    'focal': ('--focal', 'focal length in image widths'),
    'height': ('--camera-height', 'metres over the road, mean of the scenes'),
    'pitch': ('--pitch', "degrees downwards, added to each scene's own"),
    'aspect': ('--aspect', "width of a pixel / its height (the picture's own shape is --width and --height)"),
}


def parse_args():
    default = {name: p.default for name, p in inspect.signature(make_minidrive).parameters.items()}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=arguments.HelpWithDefaults)
    parser.add_argument(
        'root', nargs='?', default='data/minidrive', help='folder to write; an interrupted one is finished'
    )
    for split in ('train', 'val', 'test'):
        parser.add_argument(f'--{split}', type=int, default=default[f'num_{split}'], help=f'number of {split} scenes')
    for size, pixels in zip(('height', 'width'), SIZE, strict=True):
        parser.add_argument(f'--{size}', type=int, default=argparse.SUPPRESS, help=f'pixels {_default(pixels)}')
    parser.add_argument('--seed', type=int, default=default['seed'], help='chooses the scenes')
    parser.add_argument(
        '--look', choices=LOOKS, default=PLAIN,
        help='which streets: "varied" to train for real pictures, "other" to choose settings on'
    )
    parser.add_argument(
        '--world', choices=WORLDS, default=argparse.SUPPRESS,
        help="streets with a camera of their own, instead of a look: \"source\" and \"target\" differ as SYNTHIA and "
        'KITTI do'
    )
    parser.add_argument('--workers', type=int, default=argparse.SUPPRESS, help='processes (default: one a CPU)')
    group = parser.add_argument_group('camera', 'the same streets seen by another camera')
    for name, (option, text) in CAMERA.items():
        low, high = LIMITS[name]
        group.add_argument(option, dest=f'camera_{name}', type=float, default=argparse.SUPPRESS, metavar='NUMBER',
                           help=f'{text}, {low:g} to {high:g} {_default(getattr(CameraSetup(), name))}')
    program.add_arguments(parser)
    return parser.parse_args()


def _default(value):
    return f"(default: {value:g}, or the world's)"


def main(args):
    given = vars(args)
    with program.refusing():
        world = given.get('world')
        changes = {name: given[f'camera_{name}'] for name in CAMERA if f'camera_{name}' in given}
        camera = dataclasses.replace(chosen_world(args.look, world).camera, **changes)
    make_minidrive(
        args.root, args.train, args.val, args.test, given.get('height'), given.get('width'), args.seed,
        given.get('workers'), look=args.look, camera=camera, world=world
    )


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, interrupted='Interrupted. Run it again to finish.')
