"""Pictures of a report: its charts, and the worst and best images with maps of their errors. Pure."""
from pathlib import Path

import cv2
import numpy as np

from ...visualization.depth_color import DepthColors
from ...visualization.error_color import color_error, error_bar, relative_error, spread_points
from ...visualization.figures import WIDE, auto_point_size, contact_sheet, enlarge_points
from ...visualization.lettering import heading, text_height_for
from .charts import confusion_chart, distance_chart

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
    error = relative_error(scored.prediction, np.where(scored.scored, scored.truth, 0))
    panels = [('image', image)] if image is not None else []
    panels += [(f'truth{note}', colors.paint(enlarge_points(scored.truth, size))),
               ('prediction', colors.paint(scored.prediction)),
               (f'error where it is scored{note}', color_error(spread_points(error, size)))]
    wide = width > WIDE * height
    text_height = text_height_for(width * times * (1 if wide else 2))
    blocks = [_titled(name, np.repeat(np.repeat(panel, times, 0), times, 1), text_height) for name, panel in panels]
    if not wide:
        blocks = [contact_sheet(blocks, columns=2, gap=text_height)]
    width, height = blocks[0].shape[1], 3 * text_height
    bars = [colors.bar(width, height), error_bar(width, height)]
    blocks = [*blocks[:-1], bars[0], blocks[-1], bars[1]] if wide else [*blocks, *bars]
    return contact_sheet([heading(title, blocks[0].shape[1], text_height), *blocks], 1, text_height // 2)


def _titled(title, panel, text_height):
    strip = heading(title, panel.shape[1], text_height)
    return contact_sheet([strip, panel], columns=1, gap=0)


def _encoded(figure):
    return cv2.imencode('.png', np.ascontiguousarray(figure[..., ::-1]))[1].tobytes()
