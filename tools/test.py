"""Test a model and print the table of its errors: the flags are those of MMSegmentation's tools/test.py."""

__mmdepthcls_command__ = True  # it registers when its arguments are read

import argparse
import os.path as osp
import sys

from mmdepthcls import arguments, program
from mmdepthcls.evaluation.protocols import PRESETS
from mmdepthcls.evaluation.table import summary_table


def parse_args():
    parser = argparse.ArgumentParser(description='Test a depth classifier (or any MMSegmentation model)')
    arguments.add_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--out', help='write every prediction into this folder as 16-bit PNG (metres * 256)')
    parser.add_argument('--show', action='store_true', help='show pictures of the predictions')
    parser.add_argument('--show-dir', help='write pictures of the predictions into this folder')
    parser.add_argument('--wait-time', type=float, default=2, help='seconds that --show shows each picture')
    parser.add_argument('--protocols', nargs='+', metavar='NAME', choices=PRESETS,
                        help=f'score under these protocols in one run: {", ".join(PRESETS)}')
    parser.add_argument('--report', metavar='DIR',
                        help='write a report into DIR: Markdown, JSON, pictures; what the bins alone and the best '
                        'constant cost, distance bands, worst and best images')
    parser.add_argument('--submission', metavar='DIR',
                        help="predict the KITTI depth benchmark's 500 test images and write its submission into DIR")
    parser.add_argument('--submission-images', metavar='DIR',
                        default='data/kitti/test_depth_prediction_anonymous/image',
                        help='where those images are (of data_depth_selection.zip; default: %(default)s)')
    parser.add_argument('--tta', action='store_true', help="test-time augmentation: the config's tta_pipeline")
    args = parser.parse_args()
    if args.submission and (args.out or args.report or args.protocols):
        parser.error('--submission predicts other images, which have no ground truth: give no --out, --report or '
                     '--protocols with it')
    arguments.check_arguments(args)
    for option in ('out', 'show_dir', 'report', 'submission'):
        if getattr(args, option):
            arguments.check_folder(f'--{option.replace("_", "-")}', getattr(args, option))
    return args


def main(args):
    from mmdepthcls.engine import console, readiness
    with program.refusing():
        cfg = test_config(args)
        readiness.check_run(cfg, ('test', ))
    console.use_free_cpus()
    metrics = console.build_runner(cfg).test()
    if any(isinstance(value, float) for value in metrics.values()):
        table = summary_table(metrics, cfg.get('experiment_name') or 'test')
        print(console.fitted(f'\n{args.checkpoint}\n\n{table}'))


def test_config(args):
    """Config of the test that arguments ask for."""
    from mmdepthcls.engine import command_line
    cfg = command_line.load_config(args)
    cfg.load_from = args.checkpoint
    if args.show or args.show_dir:
        command_line.draw_predictions(cfg, args.show, args.show_dir, args.wait_time)
    if args.protocols:
        command_line.score_protocols(cfg, args.protocols)
    if args.report:
        command_line.write_report(cfg, args.report, f'{osp.basename(args.config)}, {osp.basename(args.checkpoint)}')
    if args.tta:
        command_line.enable_tta(cfg)
    if args.submission:
        command_line.write_submission(cfg, args.submission, args.submission_images)
    if args.out:
        command_line.write_predictions(cfg, args.out)
    return cfg


if __name__ == '__main__':
    sys.exit(program.run(parse_args, main, host=True))
