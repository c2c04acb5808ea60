"""Pictures for people: image, truth and prediction beside each other, with the bar of their colors. Pure.

H, W: height and width in pixels. Depth is in metres, 0 = no measurement; pictures are RGB.
"""
from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .depth_color import COLORMAP, INVALID, MAX_DEPTH, MIN_DEPTH, SCALE, DepthColors, check_depth, checked_rgb, is_valid
from .lettering import PAPER, draw_text, heading, text_height_for, text_width

LAYOUTS = ('row', 'column')
WIDE = 2.5  # an image wider than this many heights is stacked, since a row of such images is a ribbon
SPARSE = 0.3  # below this share of valid pixels, measured points are enlarged
MIN_BAR_WIDTH = 240  # pixels, for the labels of the color bar under tiny images


def depth_figure(image: np.ndarray, truth: np.ndarray | None = None, prediction: np.ndarray | None = None, *,
                 layout: str | None = None, point_size: int | None = None,
                 crop_box: tuple[int, int, int, int] | None = None, min_depth: float = MIN_DEPTH,
                 max_depth: float = MAX_DEPTH, scale: str = SCALE, colormap: str = COLORMAP,
                 invalid: Sequence[int] = INVALID) -> np.ndarray:
    """Compose image | truth | prediction, titled, above the color bar. Nothing is resampled: a pixel stays a pixel.

    Args:
        image: (H, W, 3) uint8, RGB, or a larger one together with ``crop_box``.
        truth: (H, W) floating point, m; None leaves the panel out.
        prediction: (H, W) floating point, m; None leaves the panel out.
        layout: 'row', 'column', or None: a column where W > 2.5 H (KITTI), else a row.
        point_size: measured points of ``truth`` are drawn this many pixels wide, see :func:`enlarge_points`. 1 draws
            the pixels as they are; None chooses 3 or 5 where fewer than 30 % of the pixels are valid, and 1 elsewhere.
            Where there is room, the panel's title says so.
        crop_box: (top, left, height, width) in pixels of ``image``: the part of it that ``truth`` and ``prediction``
            show.
        min_depth, max_depth, scale, colormap, invalid: the colors, see
            :class:`~mmdepthcls.visualization.depth_color.DepthColors`; ``**vars(colors)`` gives all of them.

    Returns:
        The figure, uint8, RGB, on white. Without truth and prediction there is no color bar.

    Raises:
        TypeError, ValueError: an array of the wrong kind or shape, sizes that differ, an unknown layout or scale.
    """
    image = _checked_image(image, crop_box)
    colors = DepthColors(min_depth, max_depth, scale, colormap, checked_rgb(invalid))
    panels = [('image', '', image)]
    if truth is not None:
        truth = _checked_map('truth', truth, image, crop_box)
        point_size = auto_point_size(truth) if point_size is None else point_size
        note = f' (points drawn {point_size} px wide)' if point_size > 1 else ''
        panels.append(('truth', note, colors.paint(enlarge_points(truth, point_size))))
    if prediction is not None:
        prediction = _checked_map('prediction', prediction, image, crop_box)
        panels.append(('prediction', '', colors.paint(prediction)))
    height, width = image.shape[:2]
    layout = ('column' if width > WIDE * height else 'row') if layout is None else layout
    if layout not in LAYOUTS:
        raise ValueError(f'layout must be one of {LAYOUTS} or None, got {layout!r}')

    text_height = text_height_for(width * (len(panels) if layout == 'row' else 1))
    gap = max(text_height // 2, 4)
    blocks = [_titled(panel, title, note, text_height) for title, note, panel in panels]
    figure = _joined(blocks, axis=1 if layout == 'row' else 0, gap=gap)
    if len(panels) > 1:
        bar = colors.bar(max(figure.shape[1], MIN_BAR_WIDTH), 3 * text_height)
        figure = _joined([figure, bar], axis=0, gap=gap)
    return figure


def contact_sheet(figures: Sequence[np.ndarray], columns: int = 2, gap: int = 8, numbered: bool = False,
                  note: str = '') -> np.ndarray:
    """Lay pictures out in a table, row by row, aligned at the top left of their cells.

    Args:
        figures: pictures, each (H_i, W_i, 3) uint8, RGB; sizes may differ.
        columns: how many pictures stand in a row, at least 1.
        gap: pixels of white between them.
        numbered: write 1, 2, 3, ... to the left of the pictures.
        note: a line below them.

    Returns:
        The sheet, uint8, RGB, on white.

    Raises:
        ValueError: no figures, or fewer than one column.
        TypeError: a figure that is not an (H, W, 3) uint8 array.
    """
    figures = [_checked_image(figure, None, f'figures[{i}]') for i, figure in enumerate(figures)]
    if not figures or columns < 1:
        raise ValueError(f'contact_sheet needs at least one figure and one column, '
                         f'got {len(figures)} figures and columns={columns}')
    text_height = text_height_for(max(figure.shape[1] for figure in figures))
    if numbered:
        margin = text_width(str(len(figures)), text_height) + gap
        figures = [_numbered(figure, i, margin, text_height) for i, figure in enumerate(figures, 1)]
    widths = [max(figure.shape[1] for figure in figures[i::columns]) for i in range(min(columns, len(figures)))]
    rows = []
    for start in range(0, len(figures), columns):
        row = figures[start:start + columns]
        rows.append(_joined([_padded(figure, figure.shape[0], widths[i]) for i, figure in enumerate(row)], 1, gap))
    sheet = _joined(rows, 0, gap)
    if note:
        sheet = _joined([sheet, heading(note, sheet.shape[1], text_height)], 0, gap)
    return sheet


def enlarge_points(depth: np.ndarray, size: int) -> np.ndarray:
    """Make single measured pixels visible by spreading each over the empty pixels around it. For display only.

    A measured pixel always keeps its own depth. An empty pixel takes the nearest (smallest) depth among the measured
    ones in the ``size`` x ``size`` window around it and stays empty where there is none.

    Args:
        depth: (H, W) floating point, m; 0, negative, NaN and infinite values are empty.
        size: width of a drawn point in pixels, odd, so that it is centered; 1 changes nothing.

    Returns:
        (H, W), m, 0 where it stays empty.

    Raises:
        ValueError: ``size`` is not an odd number of pixels.
    """
    if size != int(size) or size < 1 or size % 2 == 0:
        raise ValueError(f'point_size must be an odd number of pixels (1, 3, 5, ...), got {size}')
    depth = check_depth(depth)
    valid = is_valid(depth)
    if size == 1:
        return np.where(valid, depth, 0)
    with np.errstate(over='ignore'):
        measured = np.where(valid, depth, np.inf).astype(np.float32)
    # At the border the window repeats pixels it already holds; OpenCV's default border is a finite depth of 3e38 m.
    nearest = cv2.erode(measured, np.ones((int(size), int(size)), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return np.where(valid, depth, np.where(np.isfinite(nearest), nearest, 0))


def auto_point_size(depth: np.ndarray) -> int:
    """Point width in pixels (1, 3 or 5) that closes most gaps between the valid pixels of ``depth`` ((H, W), m)."""
    share = is_valid(depth).mean() if depth.size else 0.0
    if share == 0 or share >= SPARSE:
        return 1
    return 3 if share >= 1 / 16 else 5


def _checked_image(image, crop_box, name='image'):
    """``image`` as (H, W, 3) uint8, cut to ``crop_box`` where there is one."""
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise TypeError(f'{name} must be (H, W, 3) uint8 RGB, got {image.dtype} of shape {image.shape}')
    if crop_box is None:
        return image
    top, left, height, width = (int(value) for value in crop_box)
    if top < 0 or left < 0 or height < 1 or width < 1 or top + height > image.shape[0] or left + width > image.shape[1]:
        raise ValueError(f'crop_box (top, left, height, width) = {(top, left, height, width)} does not lie inside the '
                         f'{name} of H x W = {image.shape[0]} x {image.shape[1]}')
    return image[top:top + height, left:left + width]


def _checked_map(name, depth, image, crop_box):
    """``depth`` as an (H, W) floating point array of the same size as ``image``."""
    depth = check_depth(depth, name)
    if depth.shape != image.shape[:2]:
        cut = ' after crop_box' if crop_box is not None else ''
        raise ValueError(f'{name} and image must be of one size, got H x W = {depth.shape[0]} x {depth.shape[1]} and '
                         f'{image.shape[0]} x {image.shape[1]}{cut}; resize one of them, or give the '
                         'crop_box of the image that the depth shows')
    return depth


def _titled(panel, title, note, text_height):
    """``panel`` with ``title`` above it, as wide as the wider of the two, and ``note`` after it where it fits."""
    title += note if text_width(title + note, text_height) + 4 <= panel.shape[1] else ''
    strip = heading(title, panel.shape[1], text_height)
    return np.concatenate((strip, _padded(panel, panel.shape[0], strip.shape[1])))


def _numbered(figure, number, margin, text_height):
    """``figure`` with its number in a margin at its left, level with the titles of its panels."""
    left = np.full((figure.shape[0], margin, 3), PAPER, np.uint8)
    draw_text(left, str(number), 2, round(1.5 * text_height), text_height)
    return np.concatenate((left, figure), axis=1)


def _joined(blocks, axis, gap):
    """Pictures below (axis 0) or beside (axis 1) each other, ``gap`` white pixels apart, padded to one width/height."""
    height = max(block.shape[0] for block in blocks)
    width = max(block.shape[1] for block in blocks)
    pieces = []
    for i, block in enumerate(blocks):
        block = _padded(block, *((height, block.shape[1]) if axis else (block.shape[0], width)))
        space = np.full((height, gap, 3) if axis else (gap, width, 3), PAPER, np.uint8)
        pieces += [space, block] if i else [block]
    return np.concatenate(pieces, axis=axis)


def _padded(picture, height, width):
    """``picture`` at the top left of a white (height, width, 3) one."""
    if picture.shape[:2] == (height, width):
        return picture
    padded = np.full((height, width, 3), PAPER, np.uint8)
    padded[:picture.shape[0], :picture.shape[1]] = picture
    return padded
