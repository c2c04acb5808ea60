"""Panels of a sheet: pictures of one width, of whatever size the data are. Pure.

Depth is in metres, 0 = no measurement; pictures are RGB.
"""
from __future__ import annotations

import cv2
import numpy as np

from .depth_color import DepthColors
from .figures import auto_point_size, enlarge_points
from .lettering import draw_text, text_width

EMPTY = 230  # gray of a panel without a picture


def image_panel(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image ((H, W, 3) uint8) at the size (width, height) of a panel."""
    smaller = size[0] < image.shape[1]
    return cv2.resize(np.ascontiguousarray(image), size,
                      interpolation=cv2.INTER_AREA if smaller else cv2.INTER_NEAREST)


def depth_panel(depth: np.ndarray, size: tuple[int, int], colors: DepthColors) -> np.ndarray:
    """Depth ((H, W), m) in color at the size (width, height) of a panel.

    Measured points are enlarged for the eye, so that none is lost; depths are never mixed: every color is that of a
    pixel.
    """
    window = int(np.ceil(depth.shape[1] / size[0])) // 2 * 2 + 1
    depth = enlarge_points(depth, max(window, auto_point_size(depth)))
    return colors.paint(cv2.resize(depth, size, interpolation=cv2.INTER_NEAREST))


def empty_panel(size: tuple[int, int], text: str, text_height: int) -> np.ndarray:
    """A gray panel of a size (width, height) that says why there is no picture."""
    panel = np.full((size[1], size[0], 3), EMPTY, np.uint8)
    left = max((size[0] - text_width(text, text_height)) // 2, 0)
    draw_text(panel, text, left, (size[1] + text_height) // 2, text_height)
    return panel
