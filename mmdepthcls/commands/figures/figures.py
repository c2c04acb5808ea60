"""Draw the paper's Figures 2, 3 and 4 from a checkpoint and the test split of a config."""
import argparse
from pathlib import Path

from ...atomic_file import write_atomically
from ...visualization.depth_color import COLORMAP, SCALE, SCALES, DepthColors
from ..running import arguments, program

EPILOG = """figure_2.png: the intervals into which uniform (UD), spatially increasing (SID) and the model's own bins
cut the depth. figure_3.png (figure_4.png on SYNTHIA): image, ground truth and prediction of some test images, a row
each, above the bar of their colors. figures.md: what they show, and which images. Frames without ground truth are drawn
too."""


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG)
    arguments.add_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--out', required=True, metavar='DIR', help='folder for the figures')
    parser.add_argument('--pictures', type=int, default=5, metavar='N',
                        help='test images to draw, spread evenly over the split (default: %(default)s)')
    parser.add_argument('--images', nargs='+', metavar='PART', help='draw these instead: a part of the path of each, '
                        'such as 0002_sync/image_02/data/0000000069')
    parser.add_argument('--scale', choices=SCALES, default=SCALE, help='what is equally far apart in color: ratios of '
                        'depth, differences, or differences of 1/depth (default: %(default)s)')
    parser.add_argument('--colormap', default=COLORMAP, help="name of one of matplotlib's; turbo is blue where it is "
                        'near and red where it is far, as in the paper (default: %(default)s)')
    parser.add_argument('--overwrite', action='store_true', help='replace figures that are in the folder')
    args = parser.parse_args()
    if args.pictures < 1:
        parser.error(f'--pictures: expected a number > 0, got {args.pictures}')
    arguments.check_arguments(args)
    arguments.check_folder('--out', args.out)
    try:
        DepthColors(scale=args.scale, colormap=args.colormap)
    except ValueError as error:
        parser.error(f'--colormap: {error}')
    return args


def main(args):
    from mmseg.registry import TASK_UTILS

    from ...config.config_class import class_name
    from ...config.config_parts import leaf_datasets, tested_model
    from ..running import command_line, console, readiness
    from . import captions
    from .sample_prediction import SamplePredictor, choose_samples
    with program.refusing():
        cfg = command_line.load_config(args)
        readiness.check_run(cfg, ('test', ))
        if not tested_model(cfg).get('bins'):
            raise ValueError(f'the model of {args.config}, {class_name(cfg.model)}, has no bins: figures are of a '
                             'DepthClassifier')
        sheet = captions.sheet_name(map(class_name, leaf_datasets(cfg.test_dataloader.dataset)))
        check_absent(args.out, (captions.INTERVALS, sheet, captions.CAPTIONS), args.overwrite)
        predictor = SamplePredictor(cfg)
        chosen = choose_samples(predictor.names, args.pictures, args.images)
        bins = TASK_UTILS.build(tested_model(cfg).bins)
        colors = DepthColors.of_bins(bins, scale=args.scale, colormap=args.colormap)
    console.use_free_cpus()
    predictions = predictor.predict(args.checkpoint, chosen)
    files = draw_figures(f'{Path(args.config).name}, {Path(args.checkpoint).name}', bins, colors, sheet, predictions)
    Path(args.out).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_atomically(Path(args.out, name), content)
    print('\n'.join(f'  {number}  {each.name}' for number, each in enumerate(predictions, 1)))
    print(f'\nWritten to {args.out}: {", ".join(files)}')


def check_absent(folder, names, overwrite=False):
    """Refuse to replace figures unless told to.

    Raises:
        UsageError: names the first that is there.
    """
    there = [name for name in names if Path(folder, name).exists()]
    if there and not overwrite:
        raise program.UsageError(f'--out {folder} holds {there[0]} already: give another folder, or --overwrite to '
                                 'replace it')


def draw_figures(title, bins, colors, sheet, predictions):
    """The files of the figures.

    Args:
        title (str): config and checkpoint.
        bins (DepthBins): the model's.
        colors (DepthColors)
        sheet (str): name of the file of predictions.
        predictions (list[SheetRow])

    Returns:
        dict[str, bytes]: name -> content; the captions last.
    """
    import cv2
    import numpy as np

    from ...visualization.bin_figure import draw_intervals
    from ...visualization.depth_sheet import points_drawn_wide, prediction_sheet
    from .captions import CAPTIONS, INTERVALS, captions, compared_bins
    compared = compared_bins(bins)
    picture = np.ascontiguousarray(prediction_sheet(predictions, colors)[..., ::-1])
    text = captions(title, compared, colors, sheet, predictions, points_drawn_wide(predictions))
    return {INTERVALS: draw_intervals(compared), sheet: cv2.imencode('.png', picture)[1].tobytes(),
            CAPTIONS: text.encode()}


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
