"""What all charts look like: made for 80 mm, letters of one size, lines that differ in gray too. Pure."""
from __future__ import annotations

import io
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from .depth_color import depth_ticks

WIDTH, DPI, LETTERS = 80, 300, 7.0  # mm, pixels an inch, points
INK, QUIET, GRID = '0.15', '0.8', '0.92'
# Dark to light, so that they differ in gray too, each with a dash and a marker of its own.
LINES: tuple[dict[str, Any], ...] = (
    dict(color='#3b1f6b', linestyle='-', marker='o'),
    dict(color='#1f8a70', linestyle=(0, (5, 1.5)), marker='s'),
    dict(color='#e07b39', linestyle=(0, (1, 1)), marker='^'),
    dict(color='0.45', linestyle='-.', marker='D'))


def new_chart(height: float, *panels: Any, width: float = WIDTH, **grid: Any) -> tuple[Figure, Any]:
    """A figure and its axes.

    Args:
        height: mm.
        *panels: rows and columns, see ``matplotlib.figure.Figure.subplots``.
        width: mm.
        **grid: likewise.
    """
    engine = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0.03, hspace=0.02)
    figure = Figure(figsize=(width / 25.4, height / 25.4), dpi=DPI, layout=engine)
    FigureCanvasAgg(figure)
    axes = figure.subplots(*panels, squeeze=False, **grid)
    for axis in axes.flat:
        axis.spines[['top', 'right']].set_visible(False)
        axis.spines[['left', 'bottom']].set(color=INK, linewidth=0.6)
        axis.tick_params(which='both', labelsize=LETTERS, width=0.6, length=2.5, color=INK, labelcolor=INK)
        axis.grid(color=GRID, linewidth=0.6)
        axis.set_axisbelow(True)
    return figure, axes


def depth_axis(axis: Any, near: float, far: float, labels: bool = True) -> None:
    """A logarithmic axis of metres with round depths."""
    axis.set_xscale('log')
    axis.set_xlim(near, far)
    ticks = [float(tick) for tick in depth_ticks(near, far, 'log')]
    named = _apart(ticks, near, far)
    axis.set_xticks(ticks, [f'{tick:.3g}' if tick in named else '' for tick in ticks] if labels else [''] * len(ticks))
    axis.minorticks_off()


def _apart(ticks, near, far):
    """Ticks whose labels do not touch: both ends, and what is a fourteenth of the axis away from those before."""
    def away(one, other):
        return abs(np.log(one / other)) / np.log(far / near)

    named = [ticks[0], ticks[-1]]
    for tick in ticks[1:-1]:
        if all(away(tick, other) > 0.07 for other in named):
            named.append(tick)
    return named


def text_of(axis: Any, x: str = '', y: str = '', title: str = '') -> None:
    """Labels and title of axes, all in letters of one size."""
    axis.set_xlabel(x, fontsize=LETTERS, color=INK, labelpad=2)
    axis.set_ylabel(y, fontsize=LETTERS, color=INK, labelpad=2)
    if title:
        axis.set_title(title, loc='left', fontsize=LETTERS, color=INK, pad=3)


def png_of(figure: Figure) -> bytes:
    """The figure as a PNG file."""
    file = io.BytesIO()
    figure.savefig(file, format='png', metadata={'Software': None})
    return file.getvalue()
