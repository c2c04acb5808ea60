"""Test a model and print the table of its errors: the flags are those of MMSegmentation's tools/test.py."""
import argparse

from mmdepthcls.engine import command_line, testing_options
from mmdepthcls.evaluation.errors import ERROR_NAMES
from mmdepthcls.evaluation.protocols import PRESETS
from mmdepthcls.evaluation.table import metrics_table


def parse_args():
    parser = argparse.ArgumentParser(description='Test a depth classifier (or any MMSegmentation model)')
    command_line.add_arguments(parser)
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
    try:
        testing_options.check_options(args)
    except ValueError as error:
        parser.error(str(error))
    return args


def main():
    args = parse_args()
    try:
        cfg = command_line.load_config(args)
        cfg.load_from = args.checkpoint
        for remark in testing_options.apply_options(cfg, args):
            command_line.say(remark)
    except ValueError as error:
        raise SystemExit(f'test: {error}') from error
    metrics = command_line.build_runner(cfg).test()
    if any(isinstance(value, float) for value in metrics.values()):
        print(f'\n{args.checkpoint}\n\n{summary(metrics, cfg.get("experiment_name") or "test")}')


def summary(metrics, label):
    """Table of the metrics: a row for each protocol (or other prefix), and one of what has none."""
    rows = {}
    for name, value in metrics.items():
        if isinstance(value, float):
            row, _, name = name.rpartition('/')
            rows.setdefault(row or label, {})[name] = value
    if any(str(row) == str(rows.get(label)) for name, row in rows.items() if name != label):
        rows.pop(label)  # it repeats the first protocol
    names = [name for name in ERROR_NAMES if any(name in row for row in rows.values())]
    return metrics_table(rows, names or list(next(iter(rows.values()))))


if __name__ == '__main__':
    main()
