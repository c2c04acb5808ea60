"""Pictures of samples: image, depth in color, and depth on the image, one sample a row. Pure."""
import cv2
import numpy as np

from ...visualization.depth_color import DepthColors, is_valid
from ...visualization.figures import auto_point_size, contact_sheet, enlarge_points
from ...visualization.lettering import draw_text, text_width
from ...visualization.panels import depth_panel, empty_panel, image_panel
from .sample_check import load_sample

PANEL_WIDTH = 560  # pixels
GAP = 6
TEXT = 11  # height of digits
FINE, FAULTY = 4, 6  # samples of each sort on a sheet
DARK = 0.45  # brightness of the image under the points
ELLIPSIS = '...'


def draw_sheet(result, faults, colors=None):
    """A sheet of a split: the first faulty samples, then a few spread over it.

    Args:
        result (SplitResult): the split.
        faults (dict[str, str]): what is wrong, by file.
        colors (DepthColors, optional): of depth.

    Returns:
        ndarray or None: (H, W, 3) uint8 RGB; None if no sample can be shown.
    """
    colors = colors or DepthColors()
    rows = [_row(*result.jobs[i], faults, colors) for i in chosen(result.records, faults)]
    rows = [row for row in rows if row is not None]
    if not rows:
        return None
    bar = colors.bar(rows[0].shape[1], 3 * (TEXT + 3))
    return contact_sheet([*rows, bar], columns=1, gap=2 * GAP)


def chosen(records, faults):
    """Indices of the samples to draw: the first faulty ones, then others spread over the split."""
    faulty = [i for i, record in enumerate(records) if record.img_path in faults or record.depth_path in faults]
    fine = sorted(set(range(len(records))) - set(faulty))
    spread = np.unique(np.linspace(0, len(fine) - 1, min(FINE, len(fine))).round().astype(int)) if fine else []
    return faulty[:FAULTY] + [fine[i] for i in spread]


def _row(sample, reading, faults, colors):
    """One sample: a title, what is wrong, three panels. A part that cannot be read is an empty panel that says so."""
    image, depth, record = load_sample(sample, reading)
    shape = image.shape[:2] if image is not None else depth.shape if depth is not None else (120, PANEL_WIDTH)
    size = (PANEL_WIDTH, max(round(shape[0] * PANEL_WIDTH / shape[1]), 1))
    picture = (empty_panel(size, 'image cannot be shown', TEXT) if image is None
               else image_panel(image[..., ::-1], size))
    if depth is None:
        colored = overlay = empty_panel(size, 'depth cannot be shown' if record.depth_path else 'no ground truth',
                                        TEXT)
    else:
        colored = depth_panel(depth, size, colors)
        overlay = picture if image is None else _overlay(picture, colored, depth, size, colors)
    width = 3 * PANEL_WIDTH + 2 * GAP
    found = [faults[path] for path in (record.img_path, record.depth_path) if path in faults]
    lines = [(_shortened(record.img_path, width, start=True), (0, 0, 0))]
    lines += [(_shortened(text, width), (190, 20, 20)) for text in found]
    titles = [_line(text, width, ink) for text, ink in lines]
    space = np.full((size[1], GAP, 3), 255, np.uint8)
    return np.concatenate([*titles, np.concatenate([picture, space, colored, space, overlay], axis=1)])


def _overlay(picture, colored, depth, size, colors):
    """Dense depth through the image; sparse depth as points on the darkened image."""
    if auto_point_size(depth) == 1:
        return cv2.addWeighted(picture, 0.5, colored, 0.5, 0)
    points = enlarge_points(depth, 3) if auto_point_size(depth) > 3 else depth
    points = cv2.resize(points, size, interpolation=cv2.INTER_NEAREST)
    return np.where(is_valid(points)[..., None], colors.paint(points), picture * DARK).astype(np.uint8)


def _line(text, width, ink):
    strip = np.zeros((2 * TEXT, width, 3), np.uint8)
    mask = np.full((2 * TEXT, width, 3), 255, np.uint8)
    draw_text(mask, text, 2, round(1.5 * TEXT), TEXT)
    strip[:] = ink
    share = mask.astype(np.float32) / 255
    return (strip * (1 - share) + 255 * share).astype(np.uint8)


def _shortened(text, width, start=False):
    """Text that fits; ``start``: its beginning is left out, not its end."""
    kept = text
    while kept and text_width((ELLIPSIS if kept != text else '') + kept, TEXT) > width - 4:
        kept = kept[1:] if start else kept[:-1]
    return text if kept == text else ELLIPSIS + kept if start else kept + ELLIPSIS
