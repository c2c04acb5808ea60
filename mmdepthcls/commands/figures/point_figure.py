"""A picture, and its points in space seen from behind and above. Pure."""
from __future__ import annotations

import numpy as np

from ...visualization.figures import WIDE, contact_sheet
from ...visualization.panel_sheet import GAP, LETTERS
from ...visualization.panels import image_panel
from ...visualization.point_view import View, render_points

HIGH, BESIDE = 0.52, 0.36  # height of the view in widths; width of a picture that is not wide in widths of the figure


def point_figure(image: np.ndarray, xyz: np.ndarray, colors: np.ndarray, focal_px: float, width: int) -> np.ndarray:
    """The picture above the view of its points, or left of it where it is not wide.

    Args:
        image: (H, W, 3) uint8 RGB.
        xyz: (P, 3) m, P > 0.
        colors: (P, 3) uint8 RGB.
        focal_px: of the camera that took the image, pixels of it.
        width: of the figure, pixels.

    Returns:
        uint8, RGB.
    """
    wide = image.shape[1] > WIDE * image.shape[0]
    left = width if wide else round(BESIDE * width)
    size = (left, max(round(left * image.shape[0] / image.shape[1]), 1))
    view = (width, round(HIGH * width)) if wide else (width - left - GAP, max(size[1], round(0.4 * width)))
    rendered = render_points(xyz, colors, View.behind(xyz, view), 1 / focal_px, max(round(width / LETTERS), 8))
    return contact_sheet([image_panel(image, size), rendered], columns=1 if wide else 2, gap=GAP)
