"""Several depth maps of the same images, on one color scale. Pure."""
from ...visualization.depth_color import DepthColors
from ...visualization.panel_sheet import Bar, Panel, SheetLayout
from ...visualization.panels import depth_panel, image_panel
from ..running.outputs import signed_png


def draw_comparison(images, colors=None, width=1000):
    """A column for each image and a row for each panel (a row for each image, where images are not wide), on one color
    scale, with its bar below.

    Args:
        images (list[dict[str, ndarray]]): of each image title -> picture (H, W, 3) uint8 RGB, or depth (H, W) m, 0 =
            none; the same titles for all.
        colors (DepthColors, optional): of depth.
        width (int): of the figure, pixels.

    Returns:
        bytes: a PNG file.

    Raises:
        ValueError: without an image, and for images of different titles.
    """
    if not images or any(list(panels) != list(images[0]) for panels in images):
        raise ValueError(f'draw_comparison needs images with the same panels, got {[list(each) for each in images]}')
    colors = colors or DepthColors()
    shape = next(iter(images[0].values())).shape[:2]
    layout = SheetLayout.of(shape, len(images), len(images[0]), width, per_page=len(images))
    sheet, = layout.pages([[Panel(title, _panel(values, layout, colors)) for title, values in panels.items()]
                           for panels in images], [Bar('depth', colors.bar)])
    return signed_png(sheet)


def _panel(values, layout, colors):
    size = layout.panel_size(values.shape)
    return image_panel(values, size) if values.ndim == 3 else depth_panel(values, size, colors)
