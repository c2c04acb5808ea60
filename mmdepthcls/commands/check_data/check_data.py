"""Look at all data of a config before training: what is missing, damaged, in another unit, or in two splits."""
import argparse
import os.path as osp

from ..running import arguments, outputs, program
from ..running.config_files import find_config
from ..running.terminal import fitted

EPILOG = """Exit status: 0 no error, 1 errors (with --strict also warnings), 2 wrong usage, 130 interrupted."""


def build_parser():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help=f'{arguments.CONFIG_HELP}; its train, val and test data '
                        'loaders are looked at')
    arguments.add_config_options(parser)
    parser.add_argument('--out', metavar='DIR', help='folder of the report (default: work_dirs/CONFIG/data_check)')
    outputs.add_force(parser)
    parser.add_argument('--max-samples', type=int, metavar='N',
                        help='look at no more than N samples of a split, spread over it (default: all)')
    parser.add_argument('--workers', type=int, metavar='N', help='processes (default: one a CPU)')
    parser.add_argument('--no-pictures', action='store_true', help='write only report.md and report.json')
    parser.add_argument('--strict', action='store_true', help='warnings count as errors')
    parser.add_argument('--allow-leakage', action='store_true',
                        help='evaluating on what was trained on is meant so: report it as a note')
    program.add_arguments(parser)
    return parser


def parse_args():
    parser = build_parser()
    args = parser.parse_args()
    for name in ('max_samples', 'workers'):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            parser.error(f'--{name.replace("_", "-")} must be at least 1, got {getattr(args, name)}')
    args.config = find_config(args.config)
    args.out = args.out or osp.join('work_dirs', osp.splitext(osp.basename(args.config))[0], 'data_check')
    arguments.check_folder('--out', args.out)
    outputs.check_output_folder('--out', args.out, args.force, ('report.md', 'report.json'), (
        'report.json', outputs.json_with('config', 'failed', 'splits', 'findings')))
    return args


def main(args):
    """Returns the exit status."""
    from ..running.readiness import read_config
    from . import report
    from .doctor import examine
    from .output import write_output
    cfg = read_config(args.config, args.cfg_options)
    try:
        examination = examine(cfg, args.max_samples, args.workers, args.allow_leakage)
    except (ValueError, KeyError, TypeError) as error:
        raise program.UsageError(f'{args.config}: {error}') from error
    title = osp.basename(args.config)
    print(fitted(report.markdown(examination, title, args.strict)))
    written = write_output(examination, args.out, title, not args.no_pictures, args.strict)
    print(fitted(f'Written to {args.out}: {", ".join(path.name for path in written)}'))
    return int(examination.failed(args.strict))


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
