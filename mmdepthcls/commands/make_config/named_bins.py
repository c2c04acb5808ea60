"""Bins by their short name, such as sid71. Pure."""
import re

from ...bins import LIDBins, SIDBins, UDBins

SCHEMES = {'sid': SIDBins, 'ud': UDBins, 'lid': LIDBins}


def bins_of_name(name, min_depth=None, max_depth=80.0, nearest=1.0):
    """Config of bins from their short name.

    Args:
        name (str): scheme and number, in lower or upper case: 'sid71', 'ud71', 'lid32'.
        min_depth (float, optional): m. Default: ``nearest`` for SID, else 0.
        max_depth (float): m.
        nearest (float): m, where SID begins, which cannot begin at 0.

    Returns:
        dict

    Raises:
        ValueError: for another name, and for bins that there cannot be.

    >>> bins_of_name('lid32', max_depth=60.0)
    {'type': 'LIDBins', 'min_depth': 0.0, 'max_depth': 60.0, 'num_bins': 32}
    """
    match = re.fullmatch(r'([a-z]+)(\d+)', name.lower())
    if not match or match.group(1) not in SCHEMES:
        raise ValueError(f'expected bins such as sid71, ud71 or lid32 (scheme and number), got {name!r}')
    scheme = SCHEMES[match.group(1)]
    lowest = nearest if scheme is SIDBins else 0.0
    arguments = dict(min_depth=lowest if min_depth is None else min_depth, max_depth=max_depth,
                     num_bins=int(match.group(2)))
    scheme(**arguments)
    return dict(type=scheme.__name__, **arguments)
