"""Image, ground truth and prediction, a sample a row, above one bar of colors: the paper's Figures 3 and 4. Pure."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .depth_color import DepthColors, is_valid
from .figures import auto_point_size, contact_sheet
from .lettering import heading, text_height_for
from .panels import depth_panel, empty_panel, image_panel

PANEL_WIDTH = 560  # pixels; smaller images are drawn with whole multiples of their pixels
GAP = 6
NO_TRUTH = 'no ground truth'


@dataclass(frozen=True)
class SheetRow:
    """One row of the sheet.

    Args:
        name: the image's path.
        image: (H, W, 3) uint8, RGB.
        truth: (H, W) floating point, m, 0 = no measurement; None: there is no ground truth.
        prediction: (H, W) floating point, m.
    """
    name: str
    image: np.ndarray
    truth: np.ndarray | None
    prediction: np.ndarray

    @property
    def measured(self) -> bool:
        """Whether anything was measured."""
        return self.truth is not None and bool(is_valid(self.truth).any())


def prediction_sheet(predictions: Sequence[SheetRow], colors: DepthColors, note: str = '') -> np.ndarray:
    """All rows, numbered, on one color scale.

    Args:
        predictions: at least one; images of other sizes are drawn as wide as the first.
        colors: of truth and prediction.
        note: a line below the bar.

    Returns:
        The sheet, uint8, RGB, on white.
    """
    width = _width_of_panels(predictions[0].image.shape[1])
    text_height = text_height_for(2 * width)
    rows = [contact_sheet(_panels(each, width, colors, text_height), columns=3, gap=GAP) for each in predictions]
    titles = [heading(title, width, text_height) for title in ('image', 'ground truth', 'prediction')]
    rows[0] = contact_sheet([contact_sheet(titles, columns=3, gap=GAP), rows[0]], columns=1, gap=0)
    sheet = contact_sheet(rows, columns=1, gap=GAP, numbered=True)
    lines = [heading(note, sheet.shape[1], text_height)] if note else []
    return contact_sheet([sheet, colors.bar(sheet.shape[1], 3 * text_height), *lines], columns=1, gap=2 * GAP)


def points_drawn_wide(predictions: Sequence[SheetRow]) -> bool:
    """Whether sparse ground truth is enlarged for the eye."""
    return any(each.truth is not None and auto_point_size(each.truth) > 1 for each in predictions)


def _panels(row, width, colors, text_height):
    height, columns = row.image.shape[:2]
    size = (width, max(round(height * width / columns), 1))
    truth = depth_panel(row.truth, size, colors) if row.measured else empty_panel(size, NO_TRUTH, text_height)
    return [image_panel(row.image, size), truth, depth_panel(row.prediction, size, colors)]


def _width_of_panels(width):
    return PANEL_WIDTH if width > PANEL_WIDTH else width * max(round(PANEL_WIDTH / width), 1)
