"""The ladder of schemes of bins: their edges, how wide a bin is at each depth, and what error that alone implies. Pure.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..bins import DepthBins
from .chart_style import INK, LETTERS, LINES, depth_axis, new_chart, png_of, text_of
from .depth_color import FIRST_OF_ZERO

PALE = 0.72  # share of white in every other bin


def implied_error(bins: DepthBins, nearest: float = 0.0) -> np.ndarray:
    """Mean relative error in each bin of a classifier that is never wrong, if depth is spread evenly over the bin.

    Args:
        bins: K of them, decoded to their centers.
        nearest: m, what is nearer does not count; a bin that begins at 0 has no mean otherwise.

    Returns:
        (K, ) shares of the depth: the mean of abs(center - depth) / depth.
    """
    low, high = np.maximum(bins.edges[:-1], nearest), np.maximum(bins.edges[1:], nearest)
    center = np.clip(bins.centers, low, high)
    with np.errstate(divide='ignore', invalid='ignore'):
        near = center * np.log(center / low) - (center - low)
        far = (high - center) - center * np.log(high / center)
        return np.where(high > low, (near + far) / (high - low), 0.0)


def worst_error(bins: DepthBins, nearest: float = 0.0) -> np.ndarray:
    """(K, ) the greatest relative error in each bin, see :func:`implied_error`."""
    low, high = np.maximum(bins.edges[:-1], nearest), np.maximum(bins.edges[1:], nearest)
    with np.errstate(divide='ignore'):
        return np.maximum((bins.centers - low) / low, (high - bins.centers) / high)


def nearest_drawn(schemes: Iterable[DepthBins]) -> float:
    """Where the axis of some bins begins, m: with the nearest edge; a logarithm has no 0, so that bins from 0 m are
    drawn from a 100th of their end, as colors are."""
    return min(each.min_depth or each.max_depth / FIRST_OF_ZERO for each in schemes)


def draw_ladder(schemes: dict[str, DepthBins]) -> bytes:
    """Edges, widths and implied errors of some schemes over one logarithmic depth axis.

    Args:
        schemes: name -> bins, up to four, top to bottom.

    Returns:
        A PNG file, 80 mm wide.
    """
    return png_of(ladder_figure(schemes))


def ladder_figure(schemes: dict[str, DepthBins]) -> Any:
    """See :func:`draw_ladder`.

    Returns:
        The ``matplotlib.figure.Figure``: axes for edges, widths (m) and errors (%).

    Raises:
        ValueError: without bins, or for more than four.
    """
    if not 0 < len(schemes) <= len(LINES):
        raise ValueError(f'a ladder is of one to {len(LINES)} schemes, got {len(schemes)}')
    far = max(each.max_depth for each in schemes.values())
    near = nearest_drawn(schemes.values())
    figure, axes = new_chart(78 + 5 * len(schemes), 3, 1, sharex=True,
                             height_ratios=(0.32 * len(schemes) + 0.1, 1.5, 1.5))
    edges, widths, errors = axes[:, 0]
    _draw_edges(edges, schemes, near)
    for style, (name, bins) in zip(LINES, schemes.items(), strict=False):
        look = dict(color=style['color'], linestyle=style['linestyle'], linewidth=1.3, label=name, baseline=None)
        kept = bins.edges[1:] > near
        cuts = np.maximum(bins.edges[np.append(True, kept)], near)
        widths.stairs(np.diff(bins.edges)[kept], cuts, **look)
        errors.stairs(100 * implied_error(bins, near)[kept], cuts, **look)
    for axis in (widths, errors):
        axis.set_yscale('log')
        axis.minorticks_off()
        _round_ticks(axis)
        depth_axis(axis, near, far, labels=axis is errors)
    edges.tick_params(axis='x', bottom=False)
    text_of(edges, title='edges of the bins')
    text_of(widths, y='width of a bin (m)')
    text_of(errors, x='depth (m)', y='error of the bins (%)')
    figure.align_ylabels(axes[1:, 0])
    widths.legend(frameon=False, fontsize=LETTERS, labelcolor=INK, ncols=len(schemes), loc='lower left', borderpad=0,
                  bbox_to_anchor=(0, 1), handlelength=2.4, columnspacing=1.2)
    return figure


def _draw_edges(axis, schemes, near):
    """A strip a scheme, its bins dark and pale by turns."""
    for row, (style, bins) in enumerate(zip(LINES, schemes.values(), strict=False)):
        cuts = np.unique(np.maximum(bins.edges, near))
        colors = [style['color'] if index % 2 == 0 else _pale(style['color']) for index in range(len(cuts) - 1)]
        axis.barh([row] * (len(cuts) - 1), np.diff(cuts), left=cuts[:-1], height=0.72, color=colors, linewidth=0)
    axis.set_yticks(range(len(schemes)), list(schemes))
    axis.tick_params(axis='y', length=0)
    axis.set_ylim(len(schemes) - 0.5, -0.5)
    axis.grid(False)
    axis.spines[['left', 'bottom']].set_visible(False)


def _pale(color):
    from matplotlib.colors import to_rgb
    return tuple(PALE + (1 - PALE) * part for part in to_rgb(color))


def _round_ticks(axis):
    """1, 2, 5, 10, ... on a logarithmic y axis."""
    low, high = axis.get_ylim()
    decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    ticks = np.outer(10.0 ** decades, (1, 2, 5) if high / low < 300 else (1, )).ravel()
    ticks = ticks[(ticks >= low) & (ticks <= high)]
    axis.set_yticks(ticks, [f'{tick:g}' for tick in ticks])
    axis.set_ylim(low, high)
