"""Test a model and print the table of its errors: the flags are those of MMSegmentation's tools/test.py."""
import argparse
import os

from ...evaluation.metrics_table import summary_table
from ...evaluation.protocols import PRESETS
from ...evaluation.sets_table import MEAN
from ..running import arguments, first_process, outputs, program
from ..running.terminal import fitted
from .option_pairs import check_options

REPORTS = ('mmdepthcls report', 'mmdepthcls report of sets')  # what a report is known by
FILLED = ('out', 'show_dir', 'submission')  # options of folders for many files


def parse_args():
    parser = argparse.ArgumentParser(description='Test a depth classifier (or any MMSegmentation model)')
    arguments.add_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--out', help='write every prediction into this folder as 16-bit PNG (metres * 256)')
    parser.add_argument('--show', action='store_true', help='show pictures of the predictions')
    parser.add_argument('--show-dir', help='write pictures of the predictions into this folder')
    parser.add_argument('--wait-time', type=float, default=2, help='seconds that --show shows each picture')
    parser.add_argument('--protocols', nargs='+', metavar='[SET:]NAME', type=protocol_name,
                        help=f'score under these protocols in one run: {", ".join(PRESETS)}. SET:NAME is of one set of '
                        'a PerSetEvaluator')
    parser.add_argument('--aligned', action='store_true', help='show each protocol unscaled, median-scaled and aligned '
                        'by least squares (in depth: scale; in disparity: scale and shift), side by side')
    parser.add_argument('--report', metavar='DIR',
                        help='write a report into DIR: Markdown, JSON, pictures; what the bins alone and the best '
                        'constant cost, distance bands, worst and best images')
    parser.add_argument('--submission', metavar='DIR',
                        help="predict the KITTI depth benchmark's 500 test images and write its submission into DIR")
    parser.add_argument('--submission-images', metavar='DIR',
                        default='data/kitti/test_depth_prediction_anonymous/image',
                        help='where those images are (of data_depth_selection.zip; default: %(default)s)')
    parser.add_argument('--tta', action='store_true', help="test-time augmentation: the config's tta_pipeline")
    outputs.add_force(parser)
    args = parser.parse_args()
    try:
        check_options(args)
    except ValueError as error:
        parser.error(str(error))
    arguments.check_arguments(args)
    for option in ('out', 'show_dir', 'report', 'submission'):
        if getattr(args, option):
            arguments.check_folder(f'--{option.replace("_", "-")}', getattr(args, option))
    check_outputs(args)
    return args


def protocol_name(text):
    """A protocol as ``--protocols`` names it: NAME, or SET:NAME of one of several data sets."""
    if text.rpartition(':')[2] not in PRESETS:
        raise argparse.ArgumentTypeError(f'no protocol {text.rpartition(":")[2]!r}; choose from {", ".join(PRESETS)}')
    return text


def check_outputs(args):
    """Refuse folders that hold what somebody else has made."""
    for option in FILLED:
        if getattr(args, option):
            outputs.check_filled_folder(f'--{option.replace("_", "-")}', getattr(args, option), args.force)
    if args.report:
        check_report(args.report, args.force)


def check_report(folder, force):
    """Refuse a folder in which a report of somebody else is."""
    outputs.check_output_folder('--report', folder, force, ('report.md', 'report.json'), (
        'report.json', lambda path: any(outputs.json_with('protocols', format=kind)(path) for kind in REPORTS)))


def main(args):
    from ..running import command_line, console, readiness
    from . import scoring, testing_options
    with program.refusing():
        cfg = command_line.load_config(args)
        cfg.load_from = args.checkpoint
        remarks = testing_options.apply_options(cfg, args)
        sets = scoring.sets_of_test(cfg)
        for name in sets if args.report else ():
            check_report(os.path.join(args.report, name), args.force)
        readiness.check_parts(cfg, 'test')
        readiness.check_run(cfg, ('test', ))
    for remark in remarks:
        first_process.say(remark)
    for option in FILLED:
        if getattr(args, option) and first_process.is_first():
            outputs.mark_folder(getattr(args, option))
    console.use_free_cpus()
    metrics = console.build_runner(cfg).test()
    if any(isinstance(value, float) for value in metrics.values()):
        table = summary_table(metrics, MEAN if sets else cfg.get('experiment_name') or 'test')
        print(fitted(f'\n{args.checkpoint}\n\n{table}'))


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
