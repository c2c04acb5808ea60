"""The paper's Figures 3 and 4: image, ground truth and prediction, a sample a row, above one bar of colors. Pure."""
from dataclasses import dataclass

import numpy as np

from ...visualization.depth_color import is_valid
from ...visualization.figures import auto_point_size, contact_sheet
from ...visualization.lettering import heading, text_height_for
from ...visualization.panels import depth_panel, empty_panel, image_panel

PANEL_WIDTH = 560  # pixels; smaller images are drawn with whole multiples of their pixels
GAP = 6
NO_TRUTH = 'no ground truth'


@dataclass(frozen=True)
class Prediction:
    """One row of the sheet.

    Args:
        name (str): the image's path.
        image (ndarray): (H, W, 3) uint8, RGB.
        truth (ndarray or None): (H, W) m, 0 = no measurement; None: there is no ground truth.
        prediction (ndarray): (H, W) m.
    """
    name: str
    image: np.ndarray
    truth: np.ndarray | None
    prediction: np.ndarray

    @property
    def measured(self):
        """bool: whether anything was measured."""
        return self.truth is not None and bool(is_valid(self.truth).any())


def draw_sheet(predictions, colors):
    """All rows, numbered, on one color scale.

    Args:
        predictions (list[Prediction]): at least one.
        colors (DepthColors): of truth and prediction.

    Returns:
        ndarray: the sheet, uint8, RGB, on white.
    """
    width = _width_of_panels(predictions[0].image.shape[1])
    text_height = text_height_for(2 * width)
    rows = [contact_sheet(_panels(each, width, colors, text_height), columns=3, gap=GAP) for each in predictions]
    titles = [heading(title, width, text_height) for title in ('image', 'ground truth', 'prediction')]
    rows[0] = contact_sheet([contact_sheet(titles, columns=3, gap=GAP), rows[0]], columns=1, gap=0)
    sheet = contact_sheet(rows, columns=1, gap=GAP, numbered=True)
    return contact_sheet([sheet, colors.bar(sheet.shape[1], 3 * text_height)], columns=1, gap=2 * GAP)


def points_drawn_wide(predictions):
    """bool: whether sparse ground truth is enlarged for the eye."""
    return any(each.measured and auto_point_size(each.truth) > 1 for each in predictions)


def _panels(row, width, colors, text_height):
    height, columns = row.image.shape[:2]
    size = (width, max(round(height * width / columns), 1))
    truth = depth_panel(row.truth, size, colors) if row.measured else empty_panel(size, NO_TRUTH, text_height)
    return [image_panel(row.image, size), truth, depth_panel(row.prediction, size, colors)]


def _width_of_panels(width):
    return PANEL_WIDTH if width > PANEL_WIDTH else width * max(round(PANEL_WIDTH / width), 1)
