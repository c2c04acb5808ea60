"""Check SYNTHIA-RAND-CITYSCAPES as unpacked, mend its file names, write its split."""
import argparse
import shlex
import sys
from collections import Counter
from pathlib import Path

from ...datasets.synthia_split import BLOCK, NUM_FILES, part_of, write_split_files
from ...invocation import command
from ..running import program
from .synthia_files import check_files
from .synthia_names import list_tree, plan_repair, printable, rename_files

EPILOG = """Without options every file's beginning and end are looked at, and 20 depth maps are decoded.
Exit status: 0 complete and intact, 1 faults, 2 wrong usage, 130 interrupted."""
CONFIG = 'deeplabv2_r101_synthia_sid71'
SHOWN = 10


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('root', nargs='?', type=Path, default=Path('data/synthia/RAND_CITYSCAPES'),
                        help='folder that holds RGB and Depth (default: %(default)s)')
    parser.add_argument('--repair', action='store_true',
                        help='first rename files whose names hold backslashes, such as RGB\\0000000.png, after asking')
    parser.add_argument('--yes', action='store_true', help='with --repair: do not ask')
    parser.add_argument('--write-split', action='store_true',
                        help='write train.txt, val.txt and test.txt into ROOT for other programs, if there is no fault')
    depth = parser.add_mutually_exclusive_group()
    depth.add_argument('--quick', action='store_true', help='look at names and sizes only, open no file')
    depth.add_argument('--full', action='store_true', help='decode every depth map')
    parser.add_argument('--workers', type=int, help='processes (default: one a CPU)')
    parser.add_argument('--expected', type=int, default=NUM_FILES, metavar='N',
                        help='files that there should be, numbers 0 to N - 1 (default: %(default)s)')
    program.add_arguments(parser)
    args = parser.parse_args()
    for name in ('workers', 'expected'):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            parser.error(f'--{name} must be at least 1, got {getattr(args, name)}')
    if args.yes and not args.repair:
        parser.error('--yes goes with --repair')
    if not args.root.is_dir():
        parser.error(f'{args.root} is no folder. {where_else(args.root)}')
    return args


def where_else(root):
    """Where the files may be if not in ``root``."""
    broken = root.parent.is_dir() and [path.name for path in root.parent.iterdir() if '\\' in path.name]
    if broken:
        return (f'But {root.parent} holds {len(broken)} names with a backslash, such as {printable(broken[0])}: run '
                f'{command("prepare-synthia")} {shlex.quote(str(root.parent))} --repair')
    return 'Give the folder RAND_CITYSCAPES as unpacked, which holds RGB and Depth.'


def repair(root, ask):
    """Rename what has backslashes in its name. Returns whether to go on."""
    plan = plan_repair(list_tree(root), root.resolve().name)
    for title, pairs, link in ((f'Files to rename in {root}', plan.renames, '->'),
                               ('Left alone', plan.refused, '--')):
        if pairs:
            more = f'\n  and {len(pairs) - SHOWN} more' if len(pairs) > SHOWN else ''
            print(f'{title}: {len(pairs)}\n' + '\n'.join(
                f'  {printable(old)} {link} {printable(new)}' for old, new in pairs[:SHOWN]) + more)
    if not plan.renames:
        print('No file name can be mended.' if plan.refused else 'No file name needs mending.')
        return True
    if ask and not sys.stdin.isatty():
        print('Nothing was renamed: there is no terminal to ask at. Add --yes to rename without asking.')
        return False
    if ask and input(f'Rename {len(plan.renames)} files? [y/N] ').strip().lower() not in ('y', 'yes'):
        print('Nothing was renamed.')
        return False
    rename_files(root, plan.renames)
    print(f'{len(plan.renames)} files renamed.')
    return True


def check(args):
    """Check, print what was found, write the split. Returns whether all is well."""
    report = check_files(args.root, args.expected, probe=not args.quick, sample=None if args.full else 20,
                         workers=args.workers)
    parts = Counter(map(part_of, report.pairs))
    print(f'{report.root}: {len(report.images)} images in RGB, {len(report.depths)} depth maps in '
          f'{report.depth_folder}, {args.expected} expected\n'
          f'  pairs, split by blocks of {BLOCK} files: '
          + ', '.join(f'{part} {parts[part]}' for part in ('train', 'val', 'test')))
    for note in report.notes:
        print(f'  {note}')
    if report.faults:
        print('Faults:')
        for fault in report.faults:
            print(f'  {fault}')
        if args.write_split:
            print('No split file was written: mend the faults first.')
        return False
    if args.write_split:
        paths = write_split_files(report.root, report.pairs, report.depth_folder)
        print('Written: ' + ', '.join(map(str, paths)))
    print(f'Complete{", as far as names say" if args.quick else " and intact"}. Next:\n'
          f'  SYNTHIA_ROOT={shlex.quote(str(report.root))} {command("train")} {CONFIG}')
    return True


def main(args):
    return 0 if (not args.repair or repair(args.root, not args.yes)) and check(args) else 1


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, interrupted='Interrupted. What is renamed stays renamed; run it again '
                         'to finish.')
