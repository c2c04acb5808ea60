"""Draws a study: a dot for each training, so that differences of variants are seen beside those of seeds. Pure."""
import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .record import best_decoder, mean_and_spread, values

OTHER, DEFAULT = '#3b6fb6', '#c0392b'


def draw_study(records, plan, metric='abs_rel'):
    """Two dots for each training, filled by the decoder that is best on the validation split, open by the variant's
    own, and a line at each variant's mean by the best, the default's as a line across; one panel a ground truth.

    Args:
        records (list[dict]): see :func:`mmdepthcls.commands.study.training.train_run`.
        plan (Plan): of the study.
        metric (str): of the test split.

    Returns:
        bytes: a PNG file.
    """
    names = list(plan.variants)
    figure = Figure(figsize=(10, 1.2 + 0.32 * len(names)), dpi=110, layout='constrained')
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(plan.ground_truths), sharey=True, squeeze=False)[0]
    for axis, ground_truth in zip(panels, plan.ground_truths, strict=True):
        for row, name in enumerate(names):
            some = [record for record in records if (record['variant'], record['ground_truth']) == (name, ground_truth)]
            if not some:
                continue
            own, numbers = values(some, metric), values(some, metric, decoder=best_decoder(some))
            color = DEFAULT if name == plan.default else OTHER
            mean, _ = mean_and_spread(numbers)
            axis.plot(own, [row] * len(own), 'o', color=color, markersize=5, markerfacecolor='none', alpha=0.6)
            axis.plot(numbers, [row] * len(numbers), 'o', color=color, alpha=0.6, markersize=5)
            axis.vlines(mean, row - 0.3, row + 0.3, color=color, linewidth=2)
            if name == plan.default:
                axis.axvline(mean, color=color, linewidth=0.7, linestyle=':')
        axis.set_title(f'trained on {ground_truth} depth', fontsize=10)
        axis.set_xlabel(f'{metric} (less is better)')
        axis.grid(axis='x', color='0.9')
        axis.spines[['top', 'right']].set_visible(False)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    data = io.BytesIO()
    figure.savefig(data, format='png', metadata={'Software': None})
    return data.getvalue()
