"""Time predictions from PNG to 16-bit PNG beside the network alone, as ratios of frames a second.

Medians of rounds in which all take turns. CPU: seconds of all threads; main: of the thread that the network is in,
which is what reading and writing beside it leave it to do.
"""
import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from ..running import arguments, program
from ..running.config_files import find_config


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('inputs', nargs='*', metavar='INPUT', help='pictures (default: generated street scenes)')
    parser.add_argument('--model', metavar='FILE', help='model file')
    parser.add_argument('--config', help=f'instead: {arguments.CONFIG_HELP}')
    parser.add_argument('--checkpoint', metavar='FILE', help='its weights (default: random ones, which take as long)')
    arguments.add_config_options(parser)
    parser.add_argument('--size', type=int, nargs=2, default=(375, 1242), metavar=('HEIGHT', 'WIDTH'),
                        help='of generated pictures (default: 375 1242)')
    parser.add_argument('--number', type=int, default=4, help='of generated pictures (default: %(default)s)')
    parser.add_argument('--rounds', type=int, default=5, help='default: %(default)s')
    parser.add_argument('--threads', type=int, default=1, help='of torch (default: %(default)s)')
    program.add_arguments(parser)
    args = parser.parse_args()
    if min(args.rounds, args.threads, args.number, *args.size) < 1:
        parser.error('--size, --number, --rounds and --threads must be at least 1')
    if bool(args.model) == bool(args.config) or args.checkpoint and not args.config:
        parser.error('give either --model, or --config with or without --checkpoint')
    if args.config:
        args.config = find_config(args.config)
    if args.checkpoint:
        arguments.check_checkpoint(args.checkpoint, '--checkpoint')
    return args


def main(args):
    import torch

    from ...apis.depth_inferencer import DepthInferencer
    from ...apis.picture_source import PictureSources
    from .prediction_timings import time_predictions
    torch.set_num_threads(args.threads)
    with TemporaryDirectory() as folder:
        with program.refusing():
            checkpoint = args.checkpoint or args.config and random_weights(args, Path(folder, 'random.pth'))
            inferencer = DepthInferencer(args.model, config=args.config, checkpoint=checkpoint, device='cpu',
                                         cfg_options=args.cfg_options)
            paths = args.inputs and PictureSources(args.inputs).paths() or generated(args, folder)
        seconds = time_predictions(inferencer, paths, args.rounds)
    print(table(seconds, args))


def random_weights(args, path):
    """str: a checkpoint of a config's model as it is before its training."""
    import torch
    from mmengine.registry import DefaultScope
    from mmseg.registry import MODELS

    from ...apis.loaded_model import without_pretrained
    from ..running.readiness import read_config
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(without_pretrained(read_config(args.config, args.cfg_options).model))
    torch.save(dict(state_dict=model.state_dict()), path)
    return str(path)


def generated(args, folder):
    """list[str]: paths of generated street scenes."""
    from ..minidrive.writer import make_minidrive
    root = make_minidrive(Path(folder, 'minidrive'), 0, 0, args.number, *args.size, workers=1, progress=False)
    return sorted(map(str, Path(root).glob('image*/test/*.png')))


def table(seconds, args):
    """str: the times, and what they are beside the network."""
    from ...markdown_table import markdown_table
    base = seconds['network']
    lines = [[name, f'{1e3 * each.wall:.1f}', f'{1e3 * each.cpu:.1f}', f'{1e3 * each.main:.1f}',
              f'{base.wall / each.wall:.2f}', f'{base.cpu / each.cpu:.2f}', f'{base.main / each.main:.2f}']
             for name, each in seconds.items()]
    after = seconds['network and depth'].cpu / base.cpu - 1
    return (f'\n{args.model or Path(args.config).stem} on CPU, {args.threads} thread(s), milliseconds a picture; speed '
            f'beside the network alone\n\n'
            + markdown_table([['', 'wall, ms', 'CPU, ms', 'main, ms', 'by wall', 'by CPU', 'by main'], *lines])
            + f'\n\nNormalisation, decoding and resizing: {after:.1%} of the network')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
