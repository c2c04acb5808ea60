"""Test several CRFs on one checkpoint: a table of depth errors and edges, and pictures."""
import argparse
from ast import literal_eval

from ...atomic_file import write_atomically
from ...evaluation.metrics_table import metrics_table
from ..running import arguments, outputs, program
from ..running.terminal import fitted

RESERVED = ('without', 'image', 'truth')


def parse_args():
    parser = argparse.ArgumentParser(
        description='Test a checkpoint without a CRF and with several, each image once through the network.')
    arguments.add_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--crf', nargs='+', action='append', required=True, metavar=('NAME', 'KEY=VALUE'),
                        help="a name, and settings of DenseCRF: --crf near compatibility=log truncation=0.3; may be "
                        'given again')
    parser.add_argument('--pictures', type=int, default=3, help='images to draw (default: %(default)s)')
    parser.add_argument('--out', help='PNG file for the pictures')
    parser.add_argument('--width', type=int, default=1000, metavar='PX', help='of the pictures (default: %(default)s)')
    outputs.add_force(parser)
    args = parser.parse_args()
    try:
        check_names([name for name, *_ in args.crf])
        args.crfs = {'without': None, **{name: crf_config(settings) for name, *settings in args.crf}}
    except ValueError as error:
        parser.error(str(error))
    if args.width < 240:
        parser.error(f'--width: expected a number >= 240, got {args.width}')
    arguments.check_arguments(args)
    if args.out:
        arguments.check_file('--out', args.out)
        outputs.check_output('--out', args.out, args.force, outputs.picture(), (args.checkpoint, args.config))
    return args


def check_names(names):
    """Refuse names that stand for something else in the table or the pictures."""
    taken = [name for index, name in enumerate(names) if name in RESERVED or name in names[:index]]
    if taken:
        raise ValueError(f'--crf: the name {taken[0]!r} is taken; {", ".join(RESERVED)} and names given before are')


def crf_config(settings):
    """Config of a CRF from KEY=VALUE texts."""
    pairs = [text.partition('=') for text in settings]
    unknown = [key for key, equals, _ in pairs if not equals]
    if unknown:
        raise ValueError(f'--crf: expected KEY=VALUE, got {unknown[0]!r}')
    return dict(type='DenseCRF', **{key: literal(value) for key, _, value in pairs})


def literal(text):
    """A number or None where it is one, else the text."""
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def main(args):
    from mmseg.registry import TASK_UTILS

    from ...visualization.depth_color import DepthColors
    from ..running import command_line, console, readiness
    from .comparison_figure import draw_comparison
    from .crf_comparison import METRIC_NAMES, compare_crfs
    with program.refusing():
        cfg = command_line.load_config(args)
        readiness.check_run(cfg, ('test', ))
    console.use_free_cpus()
    metrics, pictures = compare_crfs(cfg, args.checkpoint, args.crfs, args.pictures if args.out else 0)
    print(fitted(f'\n{metrics_table(metrics, METRIC_NAMES)}'))
    if args.out:
        colors = DepthColors.of_bins(TASK_UTILS.build(cfg.model.bins))
        write_atomically(args.out, draw_comparison(pictures, colors, args.width))
        print(f'\nPictures: {args.out}')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
