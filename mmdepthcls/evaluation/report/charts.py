"""Charts of a report: errors against distance, and predicted bins around the true ones. Pure."""
import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

MODEL, FLOOR, QUIET = 'tab:blue', '0.45', '0.75'
OFFSETS = 20  # bins around the true one


def distance_chart(protocol, distances):
    """Errors and the share of pixels against distance.

    Args:
        protocol (dict): of a report's contents.
        distances (list[dict]): its bands, see :func:`~.report.report_contents`; one without a far end is left out.

    Returns:
        bytes: a PNG file.
    """
    bands = [band for band in distances if band['to'] is not None]
    edges = [band['from'] for band in bands] + [bands[-1]['to']]
    figure = Figure(figsize=(8, 7), layout='constrained')
    axes = figure.subplots(3, sharex=True, gridspec_kw=dict(height_ratios=(3, 3, 1.4)))
    for axis, name, unit in zip(axes, ('abs_rel', 'rmse'), ('', ' (m)'), strict=False):
        for part, label, style in (('model', 'model', dict(color=MODEL, linewidth=2.2)),
                                   ('bins_alone', 'bins alone', dict(color=FLOOR, linewidth=1.5))):
            values = [np.nan if band[part] is None else band[part][name] for band in bands]
            if np.isfinite(values).any():
                axis.stairs(values, edges, baseline=None, label=label, **style)
        axis.set_ylabel(f'{name}{unit}')
        axis.set_ylim(bottom=0)
        axis.grid(color='0.92')
        axis.set_axisbelow(True)
    axes[0].legend(frameon=False, ncols=2, loc='lower right', bbox_to_anchor=(1, 1), borderaxespad=0)
    axes[0].set_title(f'{protocol["name"]}: errors by distance, mean over '
                      f'{"the images" if protocol["conditions"]["mean"] == "image" else "all pixels"}', loc='left')
    shares = [100 * band['num_pixels'] / protocol['num_pixels'] for band in bands]
    axes[2].stairs(shares, edges, fill=True, color=QUIET)
    axes[2].set_ylabel('pixels (%)')
    axes[2].set_xlabel('distance of the ground truth (m)')
    axes[2].set_xlim(edges[0], max((band['to'] for band in bands if band['num_pixels']), default=edges[-1]))
    figure.align_ylabels(axes)
    return _png(figure)


def confusion_chart(confusion, edges):
    """Predicted bins around the true one: a column for each bin of the ground truth, shares of its pixels.

    Args:
        confusion (ndarray): (K, K) counts; row: true bin, column: predicted bin.
        edges (sequence of float): (K + 1, ) metres.

    Returns:
        bytes: a PNG file.
    """
    counts = np.asarray(confusion, np.float64)
    num_bins, reach = len(counts), min(OFFSETS, len(counts) - 1)
    shares = np.full((2 * reach + 1, num_bins), np.nan)
    pixels = counts.sum(axis=1)
    for true in np.flatnonzero(pixels):
        offsets = np.arange(num_bins) - true
        near = np.abs(offsets) <= reach
        shares[offsets[near] + reach, true] = counts[true, near] / pixels[true]
    seen = np.flatnonzero(pixels)
    mean = counts[seen] @ np.arange(num_bins) / pixels[seen] - seen
    beyond = 1 - np.nansum(shares * pixels) / pixels.sum()

    figure = Figure(figsize=(9, 6), layout='constrained')
    top, axis = figure.subplots(2, sharex=True, gridspec_kw=dict(height_ratios=(1, 5)))
    top.stairs(100 * pixels / pixels.sum(), np.arange(num_bins + 1) - 0.5, fill=True, color=QUIET)
    top.set_ylabel('pixels (%)')
    note = f' ({abs(beyond):.2%} of the pixels are more than {reach} bins away)' if reach < num_bins - 1 else ''
    top.set_title(f'Predicted bins around the true ones{note}')
    image = axis.imshow(shares, cmap='Blues', norm=PowerNorm(0.5, 0, 1), origin='lower', aspect='auto',
                        interpolation='nearest', extent=(-0.5, num_bins - 0.5, -reach - 0.5, reach + 0.5))
    axis.set_facecolor('0.88')  # where no pixel is
    axis.axhline(0, color='0.5', linewidth=0.8, linestyle=(0, (6, 6)))
    axis.plot(seen, np.where(np.abs(mean) <= reach, mean, np.nan), color='tab:red', linewidth=1.5, label='mean')
    axis.legend(loc='upper right', framealpha=0.9)
    axis.set_ylabel('predicted bin - true bin')
    ticks = np.unique(np.linspace(0, num_bins - 1, min(num_bins, 10)).round().astype(int))
    centers = (np.asarray(edges)[:-1] + np.asarray(edges)[1:]) / 2
    axis.set_xticks(ticks, [f'{tick}\n{centers[tick]:.3g} m' for tick in ticks])
    axis.set_xlabel('bin of the ground truth, and the middle of it')
    figure.colorbar(image, ax=axis, label='share of the true bin\'s pixels')
    return _png(figure)


def _png(figure):
    FigureCanvasAgg(figure)
    file = io.BytesIO()
    figure.savefig(file, format='png', dpi=110, metadata={'Software': None})
    return file.getvalue()
