"""Whether the first depth maps of own data, as they are read, lie within the bins at all. Pure."""
from pathlib import Path

import numpy as np

from ...count_text import counted
from ...datasets.depth_file import DepthFormat, read_values
from ...datasets.depth_units import UNITS

LOOKED_AT = 5  # depth maps
OUTSIDE = 0.95  # share of the valid pixels that is refused, or doubted
INSIDE, NEARLY_BEST = 0.3, 0.5  # share from which on another unit is named, also of the best unit's share
# Stored units per metre, the usual ones first: of whole numbers and of others.
LIKELY = {True: (1000, 100, 256, 5000, 1), False: (100, 1000, 1)}


def first_values(paths):
    """Stored values of some depth maps, spread over all; those that cannot be read are passed over.

    Args:
        paths (list[str])

    Returns:
        dict[str, ndarray]: (H, W) by path.
    """
    values = {}
    for index in np.unique(np.linspace(0, len(paths) - 1, LOOKED_AT).astype(int)) if paths else ():
        path = paths[index]
        try:
            values[path] = read_values(Path(path).read_bytes(), path, DepthFormat())
        except (OSError, ValueError):  # which the datasets say
            continue
    return values


def check_range(values, limits, scale=None):
    """Refuse depth that nearly all lies beyond the last edge of the bins, of which nothing could be learned, and doubt
    depth that nearly all lies nearer than the first: the unit or the bins are wrong.

    Args:
        values (dict[str, ndarray]): see :func:`first_values`.
        limits (tuple[float, float]): first and last edge of the bins, m.
        scale (float, optional): stored units per metre, where somebody has said so.

    Returns:
        str or None: the doubt.

    Raises:
        ValueError: names what is read, the bins, and the options that may mend it.
    """
    depths = [depth[depth > 0] for depth in (DepthFormat(scale=scale).metres(each) for each in values.values())]
    metres = np.concatenate(depths) if depths else np.empty(0)
    if not metres.size or 1 - _share_inside(metres, limits) <= OUTSIDE:
        return None
    first = next(iter(values.values()))
    whole, read_by = first.dtype.kind == 'u', DepthFormat(scale=scale).scale_of(first)
    shares = {unit: _share_inside(metres * (read_by / unit), limits) for unit in LIKELY[whole] if unit != read_by}
    units = [unit for unit, share in shares.items() if share >= max(INSIDE, NEARLY_BEST * max(shares.values()))]
    given = f'--depth-scale {scale:g}' if scale else f'/ {read_by:g}, as no --depth-scale is given'
    other = ' or '.join(f'--depth-scale {unit} ({UNITS[unit]}: {_span(metres * (read_by / unit))})' for unit in units)
    text = (
        f'{1 - _share_inside(metres, limits):.0%} of the valid pixels of {counted(len(values), "depth map")} (the '
        f'first is {next(iter(values))}) lie outside of the bins, which are from {limits[0]:g} to {limits[1]:g} m: '
        f'they are read as {_span(metres)} ({given}). Give {other or "the --depth-scale"}; or if that is right, bins '
        'for it with --min-depth and --max-depth')
    if (metres > limits[1]).mean() > OUTSIDE:
        raise ValueError(text)
    return text


def _share_inside(metres, limits):
    return float(((metres >= limits[0]) & (metres <= limits[1])).mean())


def _span(metres):
    return '{:.3g} to {:.3g} m'.format(*np.quantile(metres, (.01, .99)))
