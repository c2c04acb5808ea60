"""Several depth maps of the same images, side by side. Pure."""
import cv2
import numpy as np

from ...visualization.depth_color import DepthColors
from ...visualization.figures import contact_sheet
from ...visualization.lettering import heading, text_height_for
from ...visualization.panels import depth_panel, image_panel
from ..running.outputs import signed_picture

WIDTH = 480  # of a panel, pixels
GAP = 6


def draw_comparison(images, colors=None):
    """A column for each image and a row for each panel, on one color scale, with its bar below.

    Args:
        images (list[dict[str, ndarray]]): of each image title -> picture (H, W, 3) uint8 RGB, or depth (H, W) m, 0 =
            none; the same titles for all.
        colors (DepthColors, optional): of depth.

    Returns:
        bytes: a PNG file.

    Raises:
        ValueError: without an image, and for images of different titles.
    """
    if not images or any(list(panels) != list(images[0]) for panels in images):
        raise ValueError(f'draw_comparison needs images with the same panels, got {[list(each) for each in images]}')
    colors = colors or DepthColors()
    text_height = text_height_for(WIDTH)
    rows = []
    for title in images[0]:
        panels = [_panel(each[title], colors) for each in images]
        row = contact_sheet(panels, columns=len(panels), gap=GAP)
        rows.append(contact_sheet([heading(title, row.shape[1], text_height), row], columns=1, gap=0))
    bar = colors.bar(max(row.shape[1] for row in rows), 3 * text_height)
    sheet = contact_sheet([*rows, bar], columns=1, gap=GAP)
    return signed_picture(cv2.imencode('.png', np.ascontiguousarray(sheet[..., ::-1]))[1].tobytes())


def _panel(values, colors):
    size = (WIDTH, max(round(values.shape[0] * WIDTH / values.shape[1]), 1))
    return image_panel(values, size) if values.ndim == 3 else depth_panel(values, size, colors)
