"""Train every variant of a study, and write what came out: tables, a chart, which claims held, and all raw numbers."""
import argparse
import sys
from functools import partial
from pathlib import Path

from ...atomic_file import write_atomically
from ...invocation import command
from ...json_text import json_text
from ...parallel import map_parallel, usable_cpus
from ..running import arguments, outputs, program
from ..running.config_files import find_config


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=arguments.HelpWithDefaults)
    parser.add_argument('study', help='file of configs/study/, or its name, such as minidrive, cameras or adaptation')
    parser.add_argument('--work-dir', help='folder for data and results; a study that was interrupted goes on there '
                        '(default: work_dirs/study_NAME)')
    parser.add_argument('--out', default=argparse.SUPPRESS, help='report to write, with its .json (and .png) beside it '
                        '(default: docs/study.md, of a study of cameras docs/camera_study.md, of '
                        'adaptations docs/adaptation_study.md)')
    outputs.add_force(parser)
    parser.add_argument('--workers', type=int, help='trainings at a time (default: one a CPU; with a GPU 1)')
    parser.add_argument('--report-only', action='store_true', help='train nothing, report on what is there')
    program.add_arguments(parser)
    args = parser.parse_args()
    args.plan = find_config(args.study, ('study', ''))
    return args


def main(args):
    from .kinds import kind_of
    folder = Path(args.work_dir or Path('work_dirs', f'study_{Path(args.plan).stem}'))
    with program.refusing():
        kind = kind_of(args.plan)
        plan = kind.plan(args.plan)
        out = Path(vars(args).get('out', kind.out))
        # Now, and not after the trainings.
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.is_dir():
            raise program.UsageError(f'{out} is a folder; --out is the file of the report')
        names = [out.name, *(out.with_suffix(suffix).name for suffix in kind.suffixes)]
        outputs.check_output_folder('--out', out.parent, args.force, names, (
            out.with_suffix('.json').name, outputs.json_list_with(*kind.keys)))
        if not args.report_only:
            folder.mkdir(parents=True, exist_ok=True)
    records = known_records(plan, folder) if args.report_only else train_all(args, kind, plan, folder)
    how = f'{command("study")} {args.study}'
    write_atomically(out.with_suffix('.json'), json_text(records).encode())
    if kind.draw:
        write_atomically(out.with_suffix('.png'), kind.draw(records, plan))
    write_atomically(out, kind.report(records, plan, how, out.with_suffix('').name).encode())
    print(f'Written: {out}', file=sys.stderr)


def known_records(plan, folder):
    """What is there; results of other configs are named and left out."""
    from .training import known_record
    records = []
    for run in plan.runs():
        record = known_record(plan, folder, run)
        if record:
            records.append(record)
        elif (folder / f'{run.name}.json').is_file():
            print(f'{run.name}: left out, it is of another config', file=sys.stderr)
    return records


def train_all(args, kind, plan, folder):
    """Records of all runs, trained where there is none yet."""
    plan.make_data(folder / 'data')
    workers = args.workers or default_workers()
    train = partial(kind.train, args.plan, str(folder / 'data'), str(folder), max(1, usable_cpus() // workers),
                    verbose=args.verbose)
    records = []
    for runs in plan.phases():  # each needs what those before it have trained
        found = dict(map_parallel(train, runs, title='Study', unit='trainings', workers=workers))
        records += [found[index] for index in range(len(found))]
    return records


def default_workers():
    import torch
    return 1 if torch.cuda.is_available() else usable_cpus()


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
