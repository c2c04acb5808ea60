"""How many pixels fall into each bin, drawn. Pure."""
import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .report import bin_counts


def draw_bins(splits, bins):
    """A chart of each split's bins.

    Args:
        splits (list[SplitResult]): those without depth are left out.
        bins (DepthBins): the model's.

    Returns:
        bytes or None: a PNG; None if there is nothing to draw.
    """
    counts = {result.name: bin_counts(result) for result in splits}
    counts = {name: found for name, found in counts.items() if found and found[0].sum()}
    if not counts:
        return None
    figure = Figure(figsize=(9, 2.6 * len(counts) + 0.4), dpi=110, layout='constrained')
    FigureCanvasAgg(figure)
    for axes, (name, (inside, below, above)) in zip(figure.subplots(len(counts), squeeze=False)[:, 0], counts.items(),
                                                    strict=True):
        total = inside.sum() + below + above
        shares = 100 * inside / total
        axes.bar(np.arange(len(inside)), shares, width=1.0, color='#3b6fb6', edgecolor='white', linewidth=0.3)
        for empty in np.flatnonzero(inside == 0):
            axes.axvspan(empty - 0.5, empty + 0.5, color='#d9534f', alpha=0.18, linewidth=0)
        ticks = np.unique(np.linspace(0, len(inside), min(len(inside), 10) + 1).round().astype(int))
        axes.set_xticks(ticks - 0.5, [f'{bins.edges[i]:.3g}' for i in ticks])
        axes.set_xlim(-0.5, len(inside) - 0.5)
        axes.set_ylabel('% of valid pixels')
        axes.set_title(f'{name}: {np.count_nonzero(inside)} of {len(inside)} bins used; {100 * below / total:.2f} % '
                       f'nearer, {100 * above / total:.2f} % farther than all bins', fontsize=10)
        axes.spines[['top', 'right']].set_visible(False)
    axes.set_xlabel('depth at the edge of the bin, m (red: no pixel)')
    data = io.BytesIO()
    figure.savefig(data, format='png')
    return data.getvalue()
