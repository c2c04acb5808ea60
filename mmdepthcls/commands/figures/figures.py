"""Draw a model's results, errors, certainty and points, its bins, and the paper's Figures 2, 3 and 4."""
import argparse
import re
from pathlib import Path

from ...atomic_file import write_atomically
from ...visualization.depth_color import COLORMAP, SCALE, SCALES, DepthColors
from ..running import arguments, outputs, program

# Kind -> what it shows, and how many pictures where nobody says (None: all).
KINDS = {
    'paper': ("the paper's: figure_2.png, the intervals of UD, SID and the model's own bins; figure_3.png "
              '(figure_4.png on SYNTHIA), image, ground truth and prediction', 5),
    'sheet': ('image, ground truth, prediction, error and confidence', 3),
    'errors': ('image and signed relative error', 3),
    'reliability': ('stated probabilities and wanted coverage of intervals against what is measured', None),
    'points': ('picture and its points in space, from behind and above', 1),
    'comparison': ('with --after: depth and errors of two models', 3),
    'ladder': ('edges, widths and errors of UD, LID, SID and the bins of the model (or of --range)', 1)}
NEED_AFTER = ('comparison', )
EPILOG = """Each kind is KIND.png (many samples: KIND_2.png, ...) and KIND.md, a caption with the numbers. A model is
CONFIG and CHECKPOINT, or --model FILE; by default the one of this package. Pictures are the test split of CONFIG, or
--data. Frames without ground truth are drawn too."""
MODEL_FILES = ('.safetensors', '.onnx', '.xml')


def parse_args():
    kinds = '; '.join(f'{name}: {text}' for name, (text, _) in KINDS.items())
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG)
    arguments.add_arguments(parser, optional=True)
    parser.add_argument('checkpoint', nargs='?', help='checkpoint file')
    parser.add_argument('--out', required=True, metavar='DIR', help='folder for the figures')
    parser.add_argument('--kind', nargs='+', choices=list(KINDS), default=['paper'], metavar='KIND',
                        help=f'(default: paper) {kinds}')
    parser.add_argument('--overwrite', action='store_true', help='replace figures that are in the folder')
    _add_model(parser)
    _add_pictures(parser)
    _add_look(parser)
    args = parser.parse_args()
    _check(parser, args)
    return args


def _add_model(parser):
    group = parser.add_argument_group('model')
    group.add_argument('--model', metavar='FILE', help='model file, instead of CONFIG and CHECKPOINT')
    group.add_argument('--after', metavar='FILE', help='a second model: a model file, or a checkpoint of CONFIG (or of '
                       '--after-config)')
    group.add_argument('--after-config', metavar='CONFIG', help='config of the checkpoint --after')
    group.add_argument('--names', nargs=2, default=('before', 'after'), metavar=('FIRST', 'SECOND'),
                       help='what the two models are called (default: before after)')
    group.add_argument('--device', help='such as cpu or cuda:0 (default: a GPU where there is one)')


def _add_pictures(parser):
    group = parser.add_argument_group('pictures')
    group.add_argument('--data', nargs='+', metavar='PATH', help='instead of a split of CONFIG: a folder with image/ '
                       'and depth/, a MiniDrive, or pictures, folders and patterns without ground truth')
    group.add_argument('--split', choices=('train', 'val', 'test'), default='test', help='of the config, or of '
                       "MiniDrive's folder (default: %(default)s)")
    group.add_argument('--image-folder', metavar='NAME', help='below the folder --data (default: image)')
    group.add_argument('--depth-folder', metavar='NAME', help='likewise (default: depth)')
    group.add_argument('--depth-scale', type=float, metavar='N', help='units of a metre in its depth maps (default: '
                       '256 in PNGs, 1 in others)')
    numbers = ', '.join(f'{name}: {number or "all"}' for name, (_, number) in KINDS.items() if name != 'ladder')
    group.add_argument('--pictures', type=int, metavar='N', help='images to draw, spread evenly over the split '
                       f'(default: {numbers})')
    group.add_argument('--images', nargs='+', metavar='PART', help='draw these instead: a part of the path of each, '
                       'such as 0002_sync/image_02/data/0000000069')
    group.add_argument('--cameras', metavar='FILE', help='focal lengths, as in predict')
    group.add_argument('--focal-px', type=float, metavar='F', help='focal length in pixels of the pictures')
    group.add_argument('--fov', type=float, metavar='DEG', help='horizontal field of view, degrees')


def _add_look(parser):
    group = parser.add_argument_group('look')
    group.add_argument('--scale', choices=SCALES, default=SCALE, help='what is equally far apart in color: ratios of '
                       'depth, differences, or differences of 1/depth (default: %(default)s)')
    group.add_argument('--colormap', default=COLORMAP, help="name of one of matplotlib's; turbo is blue where it is "
                       'near and red where it is far, as in the paper (default: %(default)s)')
    group.add_argument('--width', type=int, default=1000, metavar='PX', help='of sheets and views; letters grow with '
                       'it (default: %(default)s)')
    group.add_argument('--range', nargs=2, type=float, metavar=('MIN', 'MAX'), help='of a ladder of no model, m '
                       '(default: 1 80)')
    group.add_argument('--num-bins', type=int, metavar='K', help='likewise (default: 71)')
    group.add_argument('--max-interval-ratio', type=float, metavar='R', help='no points whose 90 %% interval is wider '
                       'than R times their depth')
    group.add_argument('--drop-unsupervised', action='store_true', help='no points where the model was never told the '
                       'truth in its training')


def _check(parser, args):
    for name, least in (('pictures', 1), ('width', 240), ('num_bins', 2)):
        value = getattr(args, name)
        if value is not None and value < least:
            parser.error(f'--{name.replace("_", "-")}: expected a number ' + (
                '> 0' if least == 1 else f'>= {least}') + f', got {value}')
    for name in ('focal_px', 'max_interval_ratio', 'depth_scale'):
        value = getattr(args, name)
        if value is not None and not 0 < value < float('inf'):
            parser.error(f'--{name.replace("_", "-")} must be positive, got {value:g}')
    try:
        DepthColors(scale=args.scale, colormap=args.colormap)
    except ValueError as error:
        parser.error(f'--colormap: {error}')
    args.kind = list(dict.fromkeys(args.kind))
    _check_model(parser, args)
    _check_after(parser, args)
    arguments.check_folder('--out', args.out)
    of_model = args.kind != ['ladder'] or args.config is not None or args.model is not None
    if of_model and (args.range is not None or args.num_bins is not None):
        parser.error('--range and --num-bins are of a ladder of no model: leave out the model and other kinds')


def _check_model(parser, args):
    if args.config is not None and args.config.endswith(MODEL_FILES):
        raise program.UsageError(f'{args.config} is a model file: give it as --model {args.config}')
    if args.config is None:
        if args.cfg_options:
            parser.error('--cfg-options are of a config: give CONFIG and CHECKPOINT')
    elif args.model is not None:
        parser.error('give either CONFIG and CHECKPOINT, or --model')
    elif args.checkpoint is None and args.kind != ['ladder']:
        parser.error(f'CHECKPOINT is missing: the weights of {args.config}')
    else:
        arguments.check_arguments(args)


def _check_after(parser, args):
    needing = [kind for kind in args.kind if kind in NEED_AFTER]
    if needing and args.after is None:
        parser.error(f'--kind {needing[0]} is of two models: give the second as --after FILE')
    if args.after is None and args.after_config is not None:
        parser.error('--after-config is of a checkpoint: give it as --after FILE')
    if args.names[0] == args.names[1]:
        parser.error(f'--names: expected two different names, got {args.names[0]!r} twice')
    if args.after is not None and not args.after.endswith(MODEL_FILES):
        if args.config is None and args.after_config is None:
            raise program.UsageError(f'--after {args.after} is no model file ({", ".join(MODEL_FILES)}): a checkpoint '
                                     'needs its config, CONFIG or --after-config')
        arguments.check_checkpoint(args.after, '--after')


def main(args):
    from ..running import console
    from . import captions
    from .kinds import DRAWN
    from .studio import Studio
    with program.refusing():
        studio = Studio(args, {kind: number for kind, (_, number) in KINDS.items()})
        papers = (captions.INTERVALS, studio.sheet, captions.CAPTIONS)
        check_absent(args.out, [name for kind in args.kind for name in (
            papers if kind == 'paper' else (f'{kind}.png', f'{kind}.md'))], args.overwrite)
        subjects = {kind: studio.subject(kind) for kind in args.kind}
    console.use_free_cpus()
    written = []
    for kind, subject in subjects.items():
        files = DRAWN[kind](subject)
        Path(args.out).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_atomically(Path(args.out, name), content)
        remove_pages(args.out, kind, files)
        written += files
    for number, name in enumerate(studio.drawn, 1):
        print(f'  {number}  {name}')
    print(f'\nWritten to {args.out}: {", ".join(written)}')


def check_absent(folder, names, overwrite=False):
    """Refuse to replace figures unless told to.

    Raises:
        UsageError: names the first that is there.
    """
    there = [name for name in names if Path(folder, name).exists()]
    if there and not overwrite:
        raise program.UsageError(f'--out {folder} holds {there[0]} already: give another folder, or --overwrite to '
                                 'replace it')


def remove_pages(folder, kind, files):
    """Remove pages that an earlier, longer figure of this kind has left; what this package has not drawn stays."""
    for path in Path(folder).glob(f'{kind}_*.png'):
        if path.name not in files and re.fullmatch(rf'{kind}_\d+\.png', path.name) and outputs.picture()(path):
            path.unlink()


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
