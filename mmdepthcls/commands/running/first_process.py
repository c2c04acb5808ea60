"""Which of several processes speaks. Pure."""
import os
import sys

from .terminal import fitted

# Set by launchers: the number of a process among all.
RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')


def say(remark):
    """Print a line for whoever started the program, once however many processes there are."""
    if is_first():
        print(fitted(remark, sys.stderr), file=sys.stderr, flush=True)


def is_first():
    """bool: whether this is the first process of those that a launcher has started, or the only one."""
    return all(os.environ.get(name, '0') == '0' for name in RANKS)
