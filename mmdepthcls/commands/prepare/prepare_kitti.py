"""Check KITTI as the Eigen split needs it; fetch what is missing; write the scans as small depth PNGs."""
import argparse
import shlex
from pathlib import Path

from ...datasets.eigen import EIGEN_PARTS
from ...datasets.kitti_layout import Folders
from ...datasets.velodyne import CONVENTIONS
from ...invocation import command
from ...parallel import time_text
from ..running import program
from .kitti_archives import (
    BASE_URL,
    ask_sizes,
    check_disk,
    fetch_archives,
    is_wanted,
    needed_archives,
)
from .kitti_files import GROUND_TRUTHS, check_kitti
from .kitti_projection import (
    DEFAULT_OUT,
    check_out,
    estimate_projection,
    plan_projection,
    project_kitti,
)

EPILOG = """Without --download and --project files are only looked at. All can be stopped (Ctrl-C) and run again.
Exit status: 0 complete, 1 something is missing or damaged, 2 wrong usage, 130 interrupted."""
CONFIG = 'deeplabv2_r101_kitti_sid71'


def build_parser():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('root', nargs='?', type=Path, default=Path('data/kitti'),
                        help='folder that holds raw and annotated (default: %(default)s)')
    parser.add_argument('--raw', type=Path, metavar='DIR', help='raw data (default: ROOT/raw, or where days are found)')
    parser.add_argument('--annotated', type=Path, metavar='DIR',
                        help='annotated depth (default: ROOT/annotated, or where it is found)')
    parser.add_argument('--dry-run', action='store_true',
                        help='with --download or --project: say what would be done, how large and how long, and stop')
    what = parser.add_argument_group('what is needed')
    what.add_argument('--split', nargs='+', choices=EIGEN_PARTS, default=['train', 'test'],
                      help='parts of the Eigen split (default: train test)')
    what.add_argument('--camera', nargs='+', type=int, choices=(2, 3), default=[2],
                      help='2: left, 3: right (default: 2)')
    what.add_argument('--ground-truth', nargs='+', choices=GROUND_TRUTHS, default=['velodyne', 'annotated'],
                      help='velodyne: raw scans; annotated: "improved" depth; velodyne_png: projected scans, those in '
                      'ROOT/projected or else KITTI\'s own (default: velodyne annotated)')
    what.add_argument('--quick', action='store_true', help='look at names only, open no file')
    what.add_argument('--lines', type=int, default=20, metavar='N',
                      help='most lines about missing and about damaged files (default: %(default)s)')
    fetch = parser.add_argument_group('fetch')
    fetch.add_argument('--download', action='store_true',
                       help="fetch the archives that hold what is missing from KITTI's public bucket, and unpack them. "
                       'By downloading you accept the terms of www.cvlibs.net/datasets/kitti')
    fetch.add_argument('--jobs', type=int, default=4, metavar='N', help='archives at a time (default: %(default)s)')
    fetch.add_argument('--delete-archives', action='store_true',
                       help='delete each archive when its content is verified on disk')
    fetch.add_argument('--everything', action='store_true',
                       help='also unpack what is not needed: other drives, cameras, GPS')
    fetch.add_argument('--base-url', default=BASE_URL, help='another place of the archives (default: %(default)s)')
    project = parser.add_argument_group('project')
    project.add_argument('--project', nargs='?', choices=CONVENTIONS, const='kitti',
                         help="write the scans as depth PNGs, which are 24 times smaller. kitti (default): agrees "
                         "with KITTI's own maps; monodepth: as the evaluation code behind most published raw-LiDAR "
                         'numbers')
    project.add_argument('--out', type=Path, metavar='DIR',
                         help='folder of the depth PNGs (default: ROOT/projected or ROOT/projected_monodepth)')
    project.add_argument('--workers', type=int, metavar='N', help='processes (default: one a CPU)')
    program.add_arguments(parser)
    return parser


def parse_args():
    parser = build_parser()
    args = parser.parse_args()
    for name in ('lines', 'jobs', 'workers'):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            parser.error(f'--{name} must be at least 1, got {getattr(args, name)}')
    for names, needed in ((('out', 'workers'), 'project'), (('delete_archives', 'everything'), 'download')):
        for name in names:
            if getattr(args, name) and not getattr(args, needed):
                parser.error(f'--{name.replace("_", "-")} goes with --{needed}')
    if args.dry_run and not (args.download or args.project):
        parser.error('--dry-run goes with --download or --project')
    for name, folder in (('ROOT', args.root), ('--raw', args.raw), ('--annotated', args.annotated)):
        if folder and folder.exists() and not folder.is_dir():
            parser.error(f'{name} {folder} is a file. Give the folder that holds the unpacked data (or, for '
                         '--download, that is to hold it).')
    if args.project:
        args.out = args.out or args.root / DEFAULT_OUT[args.project]
        try:
            check_out(args.out, args.project)
        except FileExistsError as error:
            parser.error(str(error))
    return args


def check(args):
    """Look at the tree and print what is there."""
    report = check_kitti(args.root, args.split, args.camera, args.ground_truth, args.raw, args.annotated,
                         probe=not args.quick)
    print(f'KITTI in {args.root}, Eigen split {" + ".join(args.split)}: files found/expected')
    print(report.table())
    for text in (*report.notes, report.faults(args.lines)):
        if text:
            print(text)
    if report.damaged:
        print('Nothing is overwritten: delete damaged files, then --download fetches them again.')
    return report


def fetch(args, report):
    """Download and unpack what the report misses. Returns whether all went well."""
    needed = needed_archives(report)
    if not needed:
        print('Nothing to fetch: what is missing is in no archive. Make it with --project.')
        return True
    archives, faults = ask_sizes(needed, args.base_url, args.jobs)
    print('\n'.join(f'Cannot be had: {fault}' for fault in faults), end='\n' * bool(faults))
    if not archives:
        return False
    size, here = (sum(getattr(archive, name) for archive in archives) for name in ('size', 'fetched'))
    print(f'To fetch: {len(archives)} archives, {size / 1e9:.2f} GB, of which {here / 1e9:.2f} GB are here already. '
          f'At 10 MB/s that takes {time_text((size - here) / 1e7)}.')
    if args.dry_run:
        for archive in archives:
            print(f'  {archive.size / 1e6:9.1f} MB  {archive.path.name} -> {archive.folder}')
    check_disk(archives, args.delete_archives, args.jobs)
    if args.dry_run:
        return not faults
    done = not faults
    for result in fetch_archives(archives, is_wanted(report, args.everything), args.base_url, args.jobs,
                                 args.delete_archives):
        if isinstance(result, str):
            print(f'Fault: {result}')
            done = False
            continue
        print(f'{result.name}: {result.written} files unpacked, {result.kept} were there, {result.skipped} not needed'
              + (', archive deleted' if result.deleted else ''))
        for path in result.conflicts[:args.lines]:
            print(f'  {path} is there with other content and was kept: delete it if the archive is right')
        done = done and not result.conflicts
    return done


def project(args):
    """Write projected depth. Returns whether all frames that have a scan and an image are done."""
    plan = plan_projection(args.root, args.out, args.project, args.split, args.camera, args.raw)
    print(f'Projection, convention {args.project}, into {plan.out}: {len(plan.todo)} frames to do, {plan.kept} done')
    if args.dry_run:
        estimate = estimate_projection(plan, args.workers)
        if estimate:
            print(f'  about {estimate.size / 1e9:.2f} GB and {time_text(estimate.seconds)}, measured on a few frames')
        faults = plan.faults
    else:
        result = project_kitti(plan, args.workers)
        print(f'  {result.written} written, {result.kept} kept')
        faults = result.faults
    for fault in faults[:args.lines]:
        print(f'  Fault: {fault}')
    if len(faults) > args.lines:
        print(f'  ... and {len(faults) - args.lines} more faults (--lines shows more)')
    return not faults


def next_command(args):
    """str: how to train with what is there."""
    options = []
    if args.project:
        options.append('train_dataloader.dataset.ground_truth=velodyne_png')
    elif 'velodyne' not in args.ground_truth:
        options.append(f'train_dataloader.dataset.ground_truth={args.ground_truth[0]}')
    folders = Folders.of(args.root, args.raw, args.annotated)
    depth = args.out or folders.annotated
    if args.raw or args.annotated or args.project and depth.resolve() != (args.root / 'projected').resolve():
        options += [f'train_dataloader.dataset.data_prefix.img_path={folders.raw.resolve()}',
                    f'train_dataloader.dataset.data_prefix.depth_map_path={depth.resolve()}']
    arguments = shlex.join([CONFIG, *(['--cfg-options', *options] if options else [])])
    return f'KITTI_ROOT={shlex.quote(str(args.root))} {command("train")} {arguments}'


def main(args):
    """Returns the exit status."""
    report = check(args)
    fetched = projected = True
    changed = args.download and (report.missing or report.uncalibrated)
    if changed:
        fetched = fetch(args, report)
    if args.project:
        projected = project(args)
        changed = changed or 'velodyne_png' in args.ground_truth
    if args.dry_run:
        return 0 if fetched and projected else 1
    if changed:
        report = check(args)
    if not report.complete:
        print('Not complete.' + ('' if args.download else ' To see what a download would fetch: add --download '
                                 '--dry-run.'))
    elif fetched and projected:
        print(f'Complete. Next:\n  {next_command(args)}')
    return 0 if report.complete and fetched and projected else 1


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, interrupted='Interrupted. What is complete, and parts of archives, are '
                         'kept: run it again to finish.')
