"""The paper's Figure 2 for any bins: the intervals into which they cut the depth axis. Pure."""
import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from .depth_color import depth_ticks

SHADES = ('#3b6fb6', '#c3d4ea')
DATA = '0.75'
MOST_NAMED = 24  # bins whose edges are named d_0 .. d_K


def draw_intervals(bins, scale='linear', depth=None):
    """Draw the intervals of several bins below each other, along one depth axis.

    Args:
        bins (dict[str, DepthBins]): title of each strip -> bins, top to bottom.
        scale (str): 'linear' as in the paper, or 'log'; that needs depth > 0, so a first edge of 0 is drawn at a
            thousandth of the farthest edge.
        depth (tuple[ndarray, ndarray], optional): (C + 1, ) edges of a histogram, m, and (C, ) counts: drawn on top.

    Returns:
        bytes: a PNG file.

    Raises:
        ValueError: if there are no bins, or ``scale`` is another.
    """
    if not bins or scale not in ('linear', 'log'):
        raise ValueError(f"draw_intervals needs bins and a scale of 'linear' or 'log', got {len(bins)} and {scale!r}")
    far = max(each.max_depth for each in bins.values())
    near = min(each.min_depth for each in bins.values())
    near = max(near, far / 1000) if scale == 'log' else near
    heights = ([1.2] if depth else []) + [1.0] * len(bins)
    figure = Figure(figsize=(10, 1.0 * sum(heights) + 0.7), dpi=110, layout='constrained')
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)[:, 0])
    axes[0].set_xscale(scale)
    axes[0].set_xlim(near, far)
    if depth:
        _draw_data(axes.pop(0), *depth)
    for axis, (title, each) in zip(axes, bins.items(), strict=True):
        _draw_strip(axis, title, each, near)
    ticks = depth_ticks(near or far * 1e-9, far, scale)  # those are for depth > 0
    ticks[0] = near
    axes[-1].set_xticks(ticks, [f'{tick:g}' for tick in ticks])
    axes[-1].minorticks_off()
    named = list(bins.values())[-1].num_bins <= MOST_NAMED
    axes[-1].tick_params(axis='x', bottom=True, labelbottom=True, pad=14 if named else 3)  # below the names d_i
    axes[-1].set_xlabel('depth (m)')
    data = io.BytesIO()
    figure.savefig(data, format='png', metadata={'Software': None})
    return data.getvalue()


def _draw_strip(axis, title, bins, near):
    edges = np.maximum(bins.edges, near)  # a logarithm has no 0
    boxes = [[(low, 0), (low, 1), (high, 1), (high, 0)] for low, high in zip(edges, edges[1:], strict=False)]
    axis.add_collection(PolyCollection(boxes, facecolors=[SHADES[i % 2] for i in range(len(boxes))], linewidth=0))
    axis.set_ylim(0, 1)
    widths = [_length(width) for width in (np.diff(bins.edges).min(), np.diff(bins.edges).max())]
    widths = ' to '.join(dict.fromkeys(widths))
    axis.set_title(f'{title}: {bins.num_bins} bins, {widths} wide', loc='left', fontsize=10)
    axis.set_yticks([])
    axis.tick_params(axis='x', bottom=False, labelbottom=False)
    axis.spines[['top', 'right', 'left', 'bottom']].set_visible(False)
    if bins.num_bins <= MOST_NAMED:
        axis.vlines(edges, 0, 1, color='0.2', linewidth=0.8, clip_on=False)
        _name_edges(axis, edges)


def _name_edges(axis, edges):
    """d_0, d_1, ..., as in the paper, wherever there is room beside the one before."""
    low, high = (axis.transData.transform((limit, 0))[0] for limit in axis.get_xlim())
    last = -np.inf
    for i, edge in enumerate(edges):
        place = (axis.transData.transform((edge, 0))[0] - low) / (high - low)
        if place - last > 0.025 and (i == len(edges) - 1 or place < 0.975):
            axis.annotate(f'$d_{{{i}}}$', (edge, 0), (0, -3), textcoords='offset points', ha='center', va='top',
                          fontsize=8, annotation_clip=False)
            last = place


def _draw_data(axis, edges, counts):
    axis.stairs(np.asarray(counts) / max(np.max(counts), 1), edges, fill=True, color=DATA)
    axis.set_ylim(0, 1.05)
    axis.set_yticks([])
    axis.spines[['top', 'right', 'left']].set_visible(False)
    axis.tick_params(axis='x', bottom=False, labelbottom=False)
    axis.set_title('pixels of the data', loc='left', fontsize=10)


def _length(metres):
    return f'{metres:.2g} m' if metres >= 1 else f'{100 * metres:.2g} cm'
