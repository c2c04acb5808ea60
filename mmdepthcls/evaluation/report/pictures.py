"""Pictures of a report: its charts, and the worst and best images with maps of their errors. Pure."""
from pathlib import Path

import cv2
import numpy as np
from matplotlib import colormaps

from ...visualization.depth_color import DepthColors
from ...visualization.figures import WIDE, auto_point_size, contact_sheet, enlarge_points
from ...visualization.lettering import heading, labeled_bar, swatch_width, text_height_for, with_swatch
from .charts import confusion_chart, distance_chart

ERROR_COLORMAP, ERROR_LIMIT = 'coolwarm', 0.25  # beyond about 25 % a pixel is not in d1
ERROR_TICKS = (-0.25, -0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15, 0.25)
NOT_SCORED, NOTHING = 'not scored', (0, 0, 0)  # what the legend calls the color of pixels without an error
PANEL_WIDTH = 480  # pixels; smaller images are drawn with whole multiples of their pixels
NAME_PARTS = 4  # of an image's path, in its title


def report_pictures(data, contents):
    """All pictures of a report.

    Args:
        data (ReportData)
        contents (dict): see :func:`~.report.report_contents`.

    Returns:
        dict[str, bytes]: name -> PNG file.
    """
    pictures, first = {}, contents['protocols'][0]
    if first['num_images']:
        pictures['error_by_distance.png'] = distance_chart(first, first['distances'])
    if contents['confusion']:
        pictures['confusion.png'] = confusion_chart(data.confusion, data.bins.edges)
    for side, images in (('worst', data.worst), ('best', data.best)):
        for shown, image in zip(contents[side], images, strict=True):
            name = '/'.join(Path(image.name).parts[-NAME_PARTS:])
            title = f'{Path(shown["picture"]).stem.replace("_", " ")}: {name}, abs_rel {image.abs_rel:.4f}'
            pictures[shown['picture']] = _encoded(error_figure(image, title, image_of(image), data.colors))
    return pictures


def image_of(scored):
    """The image that a prediction is for, where its file is there and shows the same pixels.

    Args:
        scored (ScoredImage)

    Returns:
        ndarray or None: (H, W, 3) uint8, RGB.
    """
    image = cv2.imread(scored.name, cv2.IMREAD_COLOR) if Path(scored.name).is_file() else None
    if image is None:
        return None
    if scored.crop_box is not None and image.shape[:2] != scored.truth.shape:
        top, left, height, width = map(int, scored.crop_box)
        image = image[top:top + height, left:left + width]
    return image[..., ::-1] if image.shape[:2] == scored.truth.shape else None


def error_figure(scored, title, image=None, colors=None):
    """Compose image | truth | prediction | error, with the bars of their colors.

    Args:
        scored (ScoredImage)
        title (str)
        image (ndarray, optional): (H, W, 3) uint8, RGB.
        colors (DepthColors, optional): of depth.

    Returns:
        ndarray: the figure, uint8, RGB, on white.
    """
    colors = colors or DepthColors()
    height, width = scored.truth.shape
    times = max(1, round(PANEL_WIDTH / width))
    size = auto_point_size(np.where(scored.scored, scored.truth, 0))
    note = f', points drawn {size} px wide' if size > 1 else ''
    error = np.full(scored.truth.shape, np.nan, np.float32)
    truth = scored.truth[scored.scored]
    error[scored.scored] = (scored.prediction[scored.scored] - truth) / truth
    panels = [('image', image)] if image is not None else []
    panels += [(f'truth{note}', colors.paint(enlarge_points(scored.truth, size))),
               ('prediction', colors.paint(scored.prediction)),
               (f'error where it is scored{note}', color_error(_spread(error, size)))]
    wide = width > WIDE * height
    text_height = text_height_for(width * times * (1 if wide else 2))
    blocks = [_titled(name, np.repeat(np.repeat(panel, times, 0), times, 1), text_height) for name, panel in panels]
    if not wide:
        blocks = [contact_sheet(blocks, columns=2, gap=text_height)]
    width, height = blocks[0].shape[1], 3 * text_height
    bars = [colors.bar(width, height), error_bar(width, height)]
    blocks = [*blocks[:-1], bars[0], blocks[-1], bars[1]] if wide else [*blocks, *bars]
    return contact_sheet([heading(title, blocks[0].shape[1], text_height), *blocks], 1, text_height // 2)


def color_error(error):
    """Color signed relative errors: blue is too near, white is right, red is too far, black is not scored.

    Args:
        error (ndarray): (H, W) (prediction - truth) / truth, NaN where there is none; beyond 25 % the color stays.

    Returns:
        ndarray: (H, W, 3) uint8, RGB.
    """
    colors = colormaps[ERROR_COLORMAP](np.clip(error / (2 * ERROR_LIMIT) + 0.5, 0, 1), bytes=True)[..., :3]
    return np.where(np.isfinite(error)[..., None], colors, NOTHING).astype(np.uint8)


def error_bar(width, height):
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


def _spread(values, size):
    """Values drawn ``size`` pixels wide: an empty (NaN) pixel takes the nearest one around it."""
    reach, (height, width) = size // 2, values.shape
    padded, result = np.pad(values, reach, constant_values=np.nan), values.copy()
    shifts = [(row, column) for row in range(size) for column in range(size)]
    for row, column in sorted(shifts, key=lambda shift: (shift[0] - reach)**2 + (shift[1] - reach)**2):
        result = np.where(np.isnan(result), padded[row:row + height, column:column + width], result)
    return result


def _titled(title, panel, text_height):
    strip = heading(title, panel.shape[1], text_height)
    return contact_sheet([strip, panel], columns=1, gap=0)


def _encoded(figure):
    return cv2.imencode('.png', np.ascontiguousarray(figure[..., ::-1]))[1].tobytes()
