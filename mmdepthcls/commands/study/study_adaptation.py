"""Adapt one start in many ways to a target of which there are images alone, and write what each has reached."""
import argparse
import sys
from functools import partial
from pathlib import Path

from ...atomic_file import write_atomically
from ...invocation import command
from ...json_text import json_text
from ...parallel import map_parallel, usable_cpus
from ..running import outputs, program
from ..running.config_files import find_config


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('study', nargs='?', default='adaptation', help='file of configs/study/, or its name')
    parser.add_argument('--work-dir', help='folder for data and results; a study that was interrupted goes on there '
                        '(default: work_dirs/study_NAME)')
    parser.add_argument('--out', default='docs/adaptation_results.md', help='report to write, with its .json beside it')
    outputs.add_force(parser)
    parser.add_argument('--workers', type=int, help='trainings at a time (default: one a CPU; with a GPU 1)')
    parser.add_argument('--seeds', type=int, nargs='+', metavar='SEED', help="only these of the study's seeds")
    parser.add_argument('--report-only', action='store_true', help='train nothing, report on what is there')
    program.add_arguments(parser)
    args = parser.parse_args()
    args.plan = find_config(args.study, ('study', ''))
    return args


def main(args):
    from .adaptation_report import adaptation_report
    from .adaptation_study import AdaptationStudy
    from .adaptation_training import constant_scores
    folder = Path(args.work_dir or Path('work_dirs', f'study_{Path(args.plan).stem}'))
    out = Path(args.out)
    with program.refusing():
        plan = AdaptationStudy(args.plan)
        unknown = sorted(set(args.seeds or ()) - set(plan.seeds))
        if unknown:
            raise program.UsageError(f'--seeds {unknown[0]}: the study has {", ".join(map(str, plan.seeds))}')
        # Now, and not after the trainings.
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.is_dir():
            raise program.UsageError(f'{out} is a folder; --out is the file of the report')
        outputs.check_output_folder('--out', out.parent, args.force, [out.name, out.with_suffix('.json').name], (
            out.with_suffix('.json').name, outputs.json_with('constant', 'runs')))
        if args.report_only and not all((folder / world / 'minidrive.json').is_file() for world in plan.worlds):
            raise program.UsageError(f'--report-only: {folder} holds no study. Name the --work-dir of one, or leave '
                                     '--report-only out')
        folder.mkdir(parents=True, exist_ok=True)
    worlds = make_worlds(plan, folder)
    records = known_records(plan, folder) if args.report_only else train_runs(args, plan, folder, worlds)
    constant = constant_scores(plan, worlds)
    how = f'{command("study-adaptation")} {args.study}'
    write_atomically(out.with_suffix('.json'), json_text(dict(constant=constant, runs=records)).encode())
    write_atomically(out, adaptation_report(records, constant, plan, how, out.with_suffix('').name).encode())
    print(f'Written: {out}', file=sys.stderr)


def make_worlds(plan, folder):
    """dict[str, str]: folders of the two worlds; what is there is not drawn again."""
    from ..minidrive.writer import make_minidrive
    return {name: str(make_minidrive(folder / name, **options)) for name, options in plan.worlds.items()}


def known_records(plan, folder):
    """What is there; results of other configs are named and left out."""
    from .adaptation_training import known_record
    records = []
    for run in plan.runs():
        record = known_record(plan, folder, run)
        if record:
            records.append(record)
        elif (folder / f'{run.file_name}.json').is_file():
            print(f'{run.file_name}: left out, it is of another config', file=sys.stderr)
    return records


def train_runs(args, plan, folder, worlds):
    """Records of all runs, trained where there is none yet: the starts of a seed, then its rows, then the next seed."""
    from .adaptation_training import train_run
    from .study import default_workers
    workers = args.workers or default_workers()
    train = partial(train_run, args.plan, worlds, str(folder), max(1, usable_cpus() // workers), verbose=args.verbose)
    for seed in args.seeds or plan.seeds:
        runs = plan.runs((seed, ))
        for what, some in (('starts', [run for run in runs if run.is_start]),
                           ('rows', [run for run in runs if not run.is_start])):
            for _ in map_parallel(train, some, title=f'Seed {seed}', unit=what, workers=workers):
                pass
    return known_records(plan, folder)


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
