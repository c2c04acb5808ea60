"""Kill trainings at any moment, half of them while they save, and count what is lost."""
import argparse
import tempfile
import time
from pathlib import Path

from ..running import arguments, program


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=arguments.HelpWithDefaults)
    parser.add_argument('--kills', type=int, default=200, help='how many')
    parser.add_argument('--megabytes', type=float, default=32, help='of weights in a checkpoint')
    parser.add_argument('--seed', type=int, default=0, help='of the moments')
    parser.add_argument('--dir', type=Path, help='where to train, on the disk that is to be tried (default: the '
                        "system's for temporary files)")
    program.add_arguments(parser)
    args = parser.parse_args()
    if args.kills < 1 or args.megabytes <= 0:
        parser.error('--kills must be at least 1, --megabytes more than 0')
    if not hasattr(__import__('os'), 'fork'):
        parser.error('this system cannot fork processes')
    return args


def main(args):
    import torch

    from ...compat.switch import host_patches_on
    from ...parallel import ProgressLine
    from .killed_training import kill_trainings
    torch.set_num_threads(1)  # a process with threads cannot be forked safely
    show, begin = ProgressLine('Killing', args.kills, 'trainings'), time.monotonic()
    with tempfile.TemporaryDirectory(dir=args.dir, prefix='benchmark_kills_') as folder:
        tally = kill_trainings(Path(folder, 'run'), args.kills, int(args.megabytes * 1e6), args.seed, show.advance)
    kinds = ', '.join(f'{count} {kind}' for kind, count in tally.kills.items())
    print(f'Checkpoints of {tally.bytes / 1e6:.1f} MB, one kept, one and a better one saved in every iteration; '
          f'{tally.finished} finished. Host {"mended" if host_patches_on() else "as it is"}, '
          f'{time.monotonic() - begin:.0f} s.\n\n'
          '| kills | during a save | no loadable, finite checkpoint left | a finished one lost | the best one lost | '
          'not gone on from |\n'
          '|---|---:|---:|---:|---:|---:|\n'
          f'| {kinds} | {tally.during_a_save} | {tally.without} | {tally.lost} | {tally.lost_best} | {tally.anew} |')
    return program.FAILED if tally.without or tally.lost or tally.lost_best or tally.anew else program.DONE


def run():
    """Run the command; the exit status."""
    return program.run(parse_args, main, host=True)
