"""Several depth maps of the same images, side by side. Pure."""
import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .colour import colour_depth


def draw_comparison(rows, min_depth=1.0, max_depth=80.0):
    """A row for each image and a column for each panel, on one colour scale.

    Args:
        rows (list[dict[str, ndarray]]): title -> picture (H, W, 3) uint8 RGB, or depth (H, W) m, 0 = none; the same
            titles in each row.
        min_depth, max_depth (float): ends of the colours, m.

    Returns:
        bytes: a PNG file.

    Raises:
        ValueError: without a row, and for rows of different titles.
    """
    if not rows or any(list(row) != list(rows[0]) for row in rows):
        raise ValueError(f'draw_comparison needs rows of the same panels, got {[list(row) for row in rows]}')
    height, width = next(iter(rows[0].values())).shape[:2]
    size = 3.2
    figure = Figure(figsize=(size * len(rows[0]), (size * height / width + 0.25) * len(rows)), dpi=100,
                    layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(rows), len(rows[0]), squeeze=False)
    for axis, title in zip(axes[0], rows[0], strict=True):
        axis.set_title(title, fontsize=10)
    for row, line in zip(rows, axes, strict=True):
        for values, axis in zip(row.values(), line, strict=True):
            picture = values if values.ndim == 3 else colour_depth(values, min_depth=min_depth, max_depth=max_depth)
            axis.imshow(picture, interpolation='nearest')
            axis.set_axis_off()
    data = io.BytesIO()
    figure.savefig(data, format='png', metadata={'Software': None})
    return data.getvalue()
