"""Time what a person waits for before anything happens: importing the bins, and the help of each command, as ratios to
``import numpy, cv2``. Medians of interleaved rounds, each in a process of its own."""
import argparse
import subprocess
import sys
from functools import partial

from ...invocation import PROGRAM
from .. import COMMANDS
from ..running import program
from .rounds import print_table, time_all

BASE = 'import numpy, cv2'
MOST = 3.5
EPILOG = 'Exit status: 0 done, 1 a ratio is larger than --most, 2 wrong usage, 130 interrupted.'


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=5, help='how often everything is timed (default: %(default)s)')
    parser.add_argument('--most', type=float, default=MOST, metavar='RATIO',
                        help='largest ratio that is good (default: %(default)s)')
    program.add_arguments(parser)
    args = parser.parse_args()
    if args.rounds < 1 or not args.most > 0:
        parser.error('--rounds must be at least 1, --most larger than 0')
    return args


def processes():
    """dict[str, list[str]]: what is timed -> arguments of Python."""
    return {
        BASE: ['-c', BASE],
        f'import {PROGRAM}.bins': ['-c', f'import {PROGRAM}.bins'],
        f'{PROGRAM} --help': ['-m', PROGRAM, '--help'],
        **{f'{PROGRAM} {name} --help': ['-m', PROGRAM, name, '--help'] for name in COMMANDS},
    }


def start(arguments):
    """Run Python to its end; what it prints is not shown."""
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)


def main(args):
    """Returns the exit status."""
    functions = {name: partial(start, arguments) for name, arguments in processes().items()}
    for function in functions.values():  # files that have not been read or compiled yet are nobody's ratio
        function()
    seconds = time_all(functions, args.rounds)
    print_table(f'Starting, median of {args.rounds}', seconds, BASE)
    slow = [name for name, value in seconds.items() if value > args.most * seconds[BASE]]
    if slow:
        print(f'\nMore than {args.most:g} times as long as {BASE}: {", ".join(slow)}')
    return int(bool(slow))


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main)
