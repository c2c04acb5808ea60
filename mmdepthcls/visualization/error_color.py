"""Signed relative errors to colors, and the bar that explains them. Pure.

Blue is too near, gray-white is right, red is too far; the farther from right, the darker, so that in gray the size of
an error is seen and not its side. Beyond 25 %, about where a pixel stops to count in d1, the color stays.

H, W: height and width in pixels; pictures are RGB.
"""
from __future__ import annotations

import cv2
import numpy as np

from .depth_color import is_valid
from .lettering import labeled_bar, swatch_width, with_swatch

ERROR_COLORMAP, ERROR_LIMIT = 'coolwarm', 0.25
ERROR_TICKS = (-0.25, -0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15, 0.25)
NOT_SCORED, NOTHING = 'not scored', (0, 0, 0)  # what the legend calls the color of pixels without an error


def relative_error(prediction: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Signed error as a share of the true depth.

    Args:
        prediction: (H, W) m.
        truth: (H, W) m, 0: nothing was measured.

    Returns:
        (H, W) float32, NaN where nothing was measured.
    """
    measured = is_valid(truth)
    error = np.full(truth.shape, np.nan, np.float32)
    error[measured] = (prediction[measured] - truth[measured]) / truth[measured]
    return error


def color_error(error: np.ndarray) -> np.ndarray:
    """Color signed relative errors: blue is too near, white is right, red is too far, black is not scored.

    Args:
        error: (H, W) (prediction - truth) / truth, NaN where there is none; beyond 25 % the color stays.

    Returns:
        (H, W, 3) uint8, RGB.
    """
    from matplotlib import colormaps  # takes longer to load than all else here
    colors = colormaps[ERROR_COLORMAP](np.clip(error / (2 * ERROR_LIMIT) + 0.5, 0, 1), bytes=True)[..., :3]
    return np.where(np.isfinite(error)[..., None], colors, NOTHING).astype(np.uint8)


def error_panel(error: np.ndarray, size: tuple[int, int], point_size: int = 1) -> np.ndarray:
    """Errors ((H, W), NaN where there are none) in color at the size (width, height) of a panel; points are drawn
    ``point_size`` pixels wide, and wide enough that a smaller panel loses none. Errors are never mixed."""
    window = int(np.ceil(error.shape[1] / size[0])) // 2 * 2 + 1
    error = spread_points(error, max(window, point_size))
    return color_error(cv2.resize(error, size, interpolation=cv2.INTER_NEAREST))


def error_bar(width: int, height: int) -> np.ndarray:
    """The bar that says which color is which error: (height, width, 3) uint8, RGB, on white."""
    legend = swatch_width(height, NOT_SCORED)
    if legend <= width / 3:
        return with_swatch(_error_strip(width - legend, height), height, NOTHING, NOT_SCORED)
    return _error_strip(width, height)


def _error_strip(width, height):
    labels = [f'{tick:+.0%}' if tick else '0' for tick in ERROR_TICKS]
    labels[0], labels[-1] = f'{labels[0]}, too near', f'too far, {labels[-1]}'
    centers = [(tick / (2 * ERROR_LIMIT) + 0.5) * (width - 1) for tick in ERROR_TICKS]
    order = sorted(range(len(labels)), key=lambda number: -abs(ERROR_TICKS[number]) or -1)  # 0, then from the ends
    return labeled_bar(color_error(np.linspace(-ERROR_LIMIT, ERROR_LIMIT, width)[None])[0], height, centers, labels,
                       order)


def spread_points(values: np.ndarray, size: int) -> np.ndarray:
    """Values ((H, W), NaN: empty) drawn ``size`` pixels wide: an empty pixel takes the nearest one around it."""
    reach, (height, width) = size // 2, values.shape
    padded, result = np.pad(values, reach, constant_values=np.nan), values.copy()
    shifts = [(row, column) for row in range(size) for column in range(size)]
    for row, column in sorted(shifts, key=lambda shift: (shift[0] - reach)**2 + (shift[1] - reach)**2):
        result = np.where(np.isnan(result), padded[row:row + height, column:column + width], result)
    return result
