"""Find the settings of the fully connected CRF on the validation split, from coarse to fine."""
import argparse
import os
import os.path as osp

from ...crf.compatibilities import COMPATIBILITIES
from ..running import arguments, outputs, program
from .crf_settings import METRICS_TO_TUNE, SEARCHED


def parse_args():
    parser = argparse.ArgumentParser(
        description='Search the settings of the CRF (model.crf) that make an error on the validation split (the '
        "config's val_dataloader) least. Each is multiplied and divided by a ratio; where nothing is better, the ratio "
        'shrinks. Every score is kept in a file: an interrupted search goes on.')
    arguments.add_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--compatibility', choices=COMPATIBILITIES, help='what two bins cost each other (default: that '
                        "of the config's model.crf, else potts)")
    parser.add_argument('--truncation', type=float, help="of compatibility 'linear' (bins) and 'log' (logarithms)")
    parser.add_argument('--search', nargs='+', metavar='SETTING', default=SEARCHED, choices=(
        *SEARCHED, 'smoothness_weight', 'smoothness_width', 'truncation'), help='settings to search (default: '
        f'{" ".join(SEARCHED)})')
    parser.add_argument('--images', type=int, default=100, help='of the validation split, spread over it; 0: all '
                        '(default: %(default)s)')
    parser.add_argument('--metric', default='abs_rel', choices=METRICS_TO_TUNE, metavar='NAME',
                        help=f'error to make least: {", ".join(METRICS_TO_TUNE)} (default: %(default)s)')
    parser.add_argument('--ratio', type=float, default=2.0, help='first step (default: %(default)s)')
    parser.add_argument('--finest', type=float, default=1.2, help='no step is this small (default: %(default)s)')
    parser.add_argument('--scores', help='file that keeps the scores (default: crf_COMPATIBILITY.json in the work '
                        'folder)')
    args = parser.parse_args()
    arguments.check_arguments(args)
    if args.scores and osp.lexists(args.scores) and not outputs.json_with('about', 'scores')(args.scores):
        raise program.UsageError(f'--scores {args.scores} exists, and holds no scores of a search: name another file')
    return args


def main(args):
    from ..running import command_line, console, readiness
    from .crf_tuning import CRFTuning
    with program.refusing():
        cfg = command_line.load_config(args)
        readiness.check_run(cfg, ('val', ))
        changes = {} if args.truncation is None else dict(truncation=args.truncation)
        if args.compatibility:  # a truncation that goes with another one has other units
            changes = dict(compatibility=args.compatibility, truncation=args.truncation)
        kind = dict(cfg.model.get('crf') or {}, **changes).get('compatibility', 'potts')
        file = args.scores or osp.join(cfg.work_dir, f'crf_{kind if isinstance(kind, str) else "costs"}.json')
        os.makedirs(osp.dirname(osp.abspath(file)), exist_ok=True)
    console.use_free_cpus()
    tuning = CRFTuning(cfg, args.checkpoint, file, changes, args.search, args.images, args.metric, args.ratio,
                       args.finest)
    crf, error, without = tuning.run()
    text = ', '.join(f'{name}={value!r}' for name, value in crf.items() if value is not None)
    print(f'\n{args.metric} {without:.4f} without a CRF, {error:.4f} with the best one found:\n\n'
          f'model = dict(crf=dict({text}))\n')
    if not error < without:
        print('No CRF that was tried makes it better: leave model.crf=None.')


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
