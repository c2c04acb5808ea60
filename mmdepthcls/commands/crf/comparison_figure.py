"""Several depth maps of the same images, side by side. Pure."""
import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ...visualization.depth_color import MAX_DEPTH, MIN_DEPTH, color_depth
from ..running.outputs import SOFTWARE

WIDTH = 3.2  # of a panel, inches


def draw_comparison(images, min_depth=MIN_DEPTH, max_depth=MAX_DEPTH):
    """A column for each image and a row for each panel, on one color scale.

    Args:
        images (list[dict[str, ndarray]]): of each image title -> picture (H, W, 3) uint8 RGB, or depth (H, W) m, 0 =
            none; the same titles for all.
        min_depth, max_depth (float): ends of the colors, m.

    Returns:
        bytes: a PNG file.

    Raises:
        ValueError: without an image, and for images of different titles.
    """
    if not images or any(list(panels) != list(images[0]) for panels in images):
        raise ValueError(f'draw_comparison needs images with the same panels, got {[list(each) for each in images]}')
    height, width = next(iter(images[0].values())).shape[:2]
    figure = Figure(figsize=(WIDTH * len(images), (WIDTH * height / width + 0.25) * len(images[0])), dpi=100,
                    layout='constrained')
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(images[0]), len(images), squeeze=False)
    for title, line in zip(images[0], axes, strict=True):
        line[0].set_title(title, fontsize=9, loc='left', pad=3)
        for panels, axis in zip(images, line, strict=True):
            values = panels[title]
            picture = values if values.ndim == 3 else color_depth(values, min_depth=min_depth, max_depth=max_depth)
            axis.imshow(picture, interpolation='nearest')
            axis.set_axis_off()
    data = io.BytesIO()
    figure.savefig(data, format='png', metadata={'Software': SOFTWARE})
    return data.getvalue()
