"""The diagram of what a model says of its depth, and what comes of it: confidence, and coverage of intervals. Pure."""
from __future__ import annotations

from typing import Any

import numpy as np

from ..visualization.chart_style import INK, LETTERS, LINES, QUIET, new_chart, png_of, text_of
from .reliability import FACTOR, LEVELS, STEPS, ReliabilitySums

LONGEST = 18  # letters of a name


def draw_reliability(models: dict[str, ReliabilitySums], own: dict[str, float] | None = None) -> bytes:
    """Draw one model, or some beside each other, such as before and after a calibration.

    Args:
        models: name -> sums of the same pixels; up to four.
        own: name -> share that the model's own interval is to hold, if it is to be marked.

    Returns:
        A PNG file, 80 mm wide.
    """
    return png_of(reliability_figure(models, own))


def reliability_figure(models: dict[str, ReliabilitySums], own: dict[str, float] | None = None) -> Any:
    """See :func:`draw_reliability`.

    Returns:
        The ``matplotlib.figure.Figure``: axes of confidence, of coverage, and below them of the pixels, and of the
        names.

    Raises:
        ValueError: without a model or without pixels, or for more than four.
    """
    if not 0 < len(models) <= len(LINES) or not all(each.num for each in models.values()):
        raise ValueError(f'expected one to {len(LINES)} models with measured pixels, got '
                         f'{({name: each.num for name, each in models.items()})}')
    figure, axes = new_chart(58 + 3.5 * (len(models) - 1), 2, 2, height_ratios=(3, 1))
    (confidence, coverage), (pixels, names) = axes
    for axis in (confidence, coverage):
        axis.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, zorder=1)
        _percent_axes(axis)
        axis.set_aspect('equal')
    for style, (name, sums) in zip(LINES, models.items(), strict=False):
        look = dict(style, linewidth=1.2, markersize=3.2, markeredgewidth=0, label=name, clip_on=False)
        seen = sums.table[:, 0] > 0
        confidence.plot(sums.stated[seen], sums.measured[seen], **look)
        coverage.plot(LEVELS, sums.coverage, **dict(look, marker=None))
        if own and name in own:
            coverage.plot([own[name]], [sums.inside_share], **dict(
                look, linestyle='none', markersize=5, markerfacecolor='none', markeredgewidth=1, label='_own interval'))
        pixels.stairs(100 * sums.table[:, 0] / sums.num, np.arange(STEPS + 1) / STEPS, color=style['color'],
                      linestyle=style['linestyle'], linewidth=1.2, fill=False)
    pixels.set_xlim(0, 1)
    pixels.set_ylim(bottom=0)
    pixels.set_xticks([0, 0.5, 1], ['0', '50', '100'])
    text_of(confidence, y='pixels that are (%)', title=f'within a factor of {FACTOR:g}')
    text_of(coverage, x='wanted (%)', y='measured (%)', title='inside the interval')
    text_of(pixels, x='stated probability (%)', y='pixels (%)')
    _name(names, models)
    return figure


def _percent_axes(axis):
    for name in 'xy':
        getattr(axis, f'set_{name}lim')(0, 1)
        getattr(axis, f'set_{name}ticks')([0, 0.25, 0.5, 0.75, 1], ['0', '', '50', '', '100'])


def _name(axis, models):
    """Names, lines, and the errors of calibration."""
    axis.set_axis_off()
    handles = [axis.plot([], [], **dict(style, linewidth=1.2, markersize=3.2, markeredgewidth=0))[0]
               for style, _ in zip(LINES, models, strict=False)]
    labels = [f'{name if len(name) <= LONGEST else name[:LONGEST - 2] + ".."}\nECE {100 * sums.error:.1f} %'
              for name, sums in models.items()]
    axis.legend(handles, labels, frameon=False, fontsize=LETTERS, labelcolor=INK, loc='center left', borderpad=0,
                handlelength=2, borderaxespad=0)
