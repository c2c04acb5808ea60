"""Metres to colors on one fixed scale, and the bar that explains it. Pure: numpy, OpenCV, matplotlib's color tables.

A color depends on nothing but the depth itself and the scale's settings, never on what else is in the picture: the
same metres have the same color in every frame, in truth and prediction, before and after training. Blue is near and
red is far, as in Fig. 3 and 4 of Oluwafemi et al. 2019.

H, W: height and width in pixels. Depth is in metres; pictures are RGB.
"""
from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike

MIN_DEPTH, MAX_DEPTH = 1.0, 80.0  # m, the range of the paper's bins
SCALE, COLORMAP, INVALID = 'linear', 'turbo', (0, 0, 0)
SCALES = ('log', 'linear')
PAPER, INK = 255, 0  # gray levels of the background and of the text
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def color_depth(depth: ArrayLike, min_depth: float = MIN_DEPTH, max_depth: float = MAX_DEPTH, scale: str = SCALE,
                colormap: str = COLORMAP, invalid: Sequence[int] = INVALID) -> np.ndarray:
    """Color a depth map.

    Args:
        depth: (H, W) floating point, m. 0, negative, NaN and infinite values are no measurement; what lies outside
            ``[min_depth, max_depth]`` gets the color of the nearer end.
        min_depth: m, the first color of the table.
        max_depth: m, the last color of the table.
        scale: 'log' (equal ratios are equally far apart in color) or 'linear' (equal differences are).
        colormap: name of a matplotlib colormap.
        invalid: RGB, 0-255, of pixels without a measurement.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        TypeError: ``depth`` is not floating point.
        ValueError: ``depth`` is not (H, W), or the scale makes no sense (see :func:`check_scale`).

    Example:
        >>> color_depth(np.array([[1.0, 0.0]])).tolist()
        [[[48, 18, 59], [0, 0, 0]]]
    """
    check_scale(min_depth, max_depth, scale, colormap)
    table = _table(colormap, _checked_rgb(invalid))
    num_colors = len(table) - 1
    depth = check_depth(depth)
    valid = is_valid(depth)
    position = _position(np.where(valid, depth, min_depth), min_depth, max_depth, scale)
    index = np.minimum((position * num_colors).astype(np.intp), num_colors - 1)
    index[~valid] = num_colors
    return table.take(index, axis=0)


def depth_ticks(min_depth: float = MIN_DEPTH, max_depth: float = MAX_DEPTH, scale: str = SCALE) -> np.ndarray:
    """Round depths to label a color bar with.

    Args:
        min_depth: m, the first tick.
        max_depth: m, the last tick.
        scale: 'log' (1, 2, 5, 10, 20, 50, ...) or 'linear' (equal steps).

    Returns:
        (T,) float64, m, strictly increasing, T >= 2; both ends are in it.

    Example:
        >>> depth_ticks(1.0, 80.0, 'log').tolist()
        [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 80.0]
    """
    check_scale(min_depth, max_depth, scale)
    if scale == 'log' and max_depth / min_depth >= 10:
        decades = np.arange(np.floor(np.log10(min_depth)), np.ceil(np.log10(max_depth)) + 1)
        inner = np.outer(10.0 ** decades, (1, 2, 5)).ravel()
    else:
        rough = (max_depth - min_depth) / 8
        decade = 10.0 ** np.floor(np.log10(rough))
        step = decade * next(factor for factor in (1, 2, 5, 10) if factor * decade >= rough * 0.999)
        inner = step * np.arange(np.floor(min_depth / step), np.ceil(max_depth / step) + 1)
    inner = inner[(inner > min_depth) & (inner < max_depth)]
    inner = inner[~np.isclose(inner, min_depth, atol=0) & ~np.isclose(inner, max_depth, atol=0)]
    return np.concatenate(([float(min_depth)], inner, [float(max_depth)]))


def color_bar(width: int, height: int | None = None, min_depth: float = MIN_DEPTH, max_depth: float = MAX_DEPTH,
              scale: str = SCALE, colormap: str = COLORMAP, ticks: Sequence[float] | None = None) -> np.ndarray:
    """Draw the horizontal bar that says which color is how many metres.

    Labels that would overlap are left out, the two ends last.

    Args:
        width: width of the whole drawing in pixels, at least 40.
        height: its height in pixels, at least 24; None chooses one that suits the width.
        min_depth: m, at the left end.
        max_depth: m, at the right end.
        scale: 'log' or 'linear', as given to :func:`color_depth`.
        colormap: as given to :func:`color_depth`.
        ticks: depths in m to label; None takes :func:`depth_ticks`.

    Returns:
        (height, width, 3) uint8, RGB, on white.

    Raises:
        ValueError: no room to draw, a tick outside ``[min_depth, max_depth]``, or a scale that makes no sense.
    """
    check_scale(min_depth, max_depth, scale, colormap)
    height = 3 * text_height_for(width) if height is None else height
    if width < 40 or height < 24:
        raise ValueError(f'a color bar needs at least width 40 and height 24 pixels, got {width} x {height}')
    depths = depth_ticks(min_depth, max_depth, scale) if ticks is None else np.sort(np.asarray(ticks, np.float64))
    if not ((depths >= min_depth) & (depths <= max_depth)).all():
        raise ValueError(f'ticks must lie in [min_depth, max_depth] = [{min_depth}, {max_depth}] m, '
                         f'got {depths.tolist()}')
    labels = [f'{tick:.4g} m' for tick in depths]
    margin = min(max((text_width(label, max(height // 3, 8)) for label in labels), default=0) // 2 + 2, width // 4)
    strip = np.full((width, 3), PAPER, np.uint8)
    strip[margin:width - margin] = color_depth(
        _depths_along(width - 2 * margin, min_depth, max_depth, scale)[None], min_depth, max_depth, scale, colormap)[0]
    centers = margin + _position(depths, min_depth, max_depth, scale) * (width - 2 * margin - 1)
    last = len(labels) - 1
    return labeled_bar(strip, height, centers, labels, [0, last, *range(1, last)][:len(labels)])


def labeled_bar(strip: np.ndarray, height: int, centers: Sequence[float] | np.ndarray, labels: Sequence[str],
                order: Sequence[int]) -> np.ndarray:
    """A strip of colors with ticks and labels below it.

    Args:
        strip: (W, 3) uint8, RGB.
        height: of the whole bar, pixels.
        centers: columns of the ticks.
        labels: what stands below each.
        order: in which labels take their places; those that would overlap are left out.

    Returns:
        (height, W, 3) uint8, RGB, on white.
    """
    bar = np.full((height, len(strip), 3), PAPER, np.uint8)
    text_height = max(height // 3, 8)
    strip_height, gap = height - text_height - max(height // 4, 6), text_height // 2
    bar[:strip_height] = strip
    taken: list[tuple[int, int]] = []
    for center, label in ((round(centers[i]), labels[i]) for i in order):
        width = text_width(label, text_height)
        left = min(max(center - width // 2, 0), max(len(strip) - width - 1, 0))
        if all(left + width + gap <= start or end + gap <= left for start, end in taken):
            taken.append((left, left + width))
            bar[strip_height:strip_height + max(height // 12, 2), max(center - 1, 0):center + 1] = INK
            draw_text(bar, label, left, height - max(text_height // 4, 2), text_height)
    return bar


def is_valid(depth: np.ndarray) -> np.ndarray:
    """Which values of ``depth`` (any shape, m) are measurements: finite and above 0. Boolean, of the same shape."""
    return np.isfinite(depth) & (depth > 0)


def check_depth(depth: ArrayLike, name: str = 'depth') -> np.ndarray:
    """Return ``depth`` as an (H, W) floating point array.

    Raises:
        TypeError: the values are not floating point (a 16-bit depth picture holds no metres yet).
        ValueError: the shape is not (H, W).
    """
    depth = np.asarray(depth)
    if not np.issubdtype(depth.dtype, np.floating):
        raise TypeError(f'{name} must be floating point metres, got {depth.dtype}; convert it first '
                        '(a KITTI depth PNG divided by 256 is metres)')
    if depth.ndim != 2:
        raise ValueError(f'{name} must be (H, W), got shape {depth.shape}; squeeze or index the other axes away')
    return depth


def check_scale(min_depth: float, max_depth: float, scale: str, colormap: str = COLORMAP) -> None:
    """Raise ValueError unless the four settings of a depth scale make sense together."""
    if scale not in SCALES:
        raise ValueError(f'scale must be one of {SCALES}, got {scale!r}')
    lowest = 'above 0' if scale == 'log' else 'at least 0'
    if not (0 <= min_depth < max_depth < np.inf) or (scale == 'log' and min_depth == 0):
        raise ValueError(f"min_depth must be {lowest} (scale '{scale}') and below max_depth, both finite metres, "
                         f'got min_depth={min_depth}, max_depth={max_depth}')
    if colormap != COLORMAP and colormap not in _colormaps():
        raise ValueError(f"colormap must be a name matplotlib knows, such as 'turbo' or 'viridis', got {colormap!r}")


def text_height_for(width: float) -> int:
    """Height in pixels of digits that stay legible on a picture of ``width`` pixels."""
    return int(np.clip(width / 60, 11, 40))


def text_width(text: str, height: int) -> int:
    """Width in pixels of ``text`` drawn by :func:`draw_text` with digits ``height`` pixels high."""
    return cv2.getTextSize(text, _FONT, _font_scale(height), _stroke(height))[0][0]


def draw_text(picture: np.ndarray, text: str, left: int, baseline: int, height: int) -> None:
    """Write ``text`` into ``picture`` ((H, W, 3) uint8, changed in place), digits ``height`` pixels high."""
    cv2.putText(picture, text, (left, baseline), _FONT, _font_scale(height), (INK,) * 3, _stroke(height), cv2.LINE_AA)


def _font_scale(height):
    return height / cv2.getTextSize('0', _FONT, 1.0, 1)[0][1]


def _stroke(height):
    return max(1, round(height / 18))


def _position(depth, min_depth, max_depth, scale):
    """Where on the scale ``depth`` (m, no NaN) lies, float32 in [0, 1]."""
    depth = depth.astype(np.float32) if depth.dtype.itemsize < 4 else depth
    depth = np.clip(depth, min_depth, max_depth).astype(np.float32)
    if scale == 'log':
        return np.clip(np.log(depth / np.float32(min_depth)) / np.float32(np.log(max_depth / min_depth)), 0, 1)
    return np.clip((depth - np.float32(min_depth)) / np.float32(max_depth - min_depth), 0, 1)


def _depths_along(length, min_depth, max_depth, scale):
    """(length,) depths in m whose positions on the scale are spread evenly from 0 to 1."""
    spread = np.geomspace if scale == 'log' else np.linspace
    depths = spread(min_depth, max_depth, length)
    # Linear from 0 m: the left end is the near end of the scale, not a missing measurement.
    return np.maximum(depths, np.finfo(np.float32).tiny)


def _colormaps():
    from matplotlib import colormaps  # takes longer to load than all else here, and training draws nothing
    return colormaps


@lru_cache(maxsize=16)
def _table(colormap, invalid):
    """(n + 1, 3) uint8: the n colors of a matplotlib colormap, near to far, then the color of invalid pixels."""
    colors = _colormaps()[colormap]
    colors = colors(np.arange(colors.N), bytes=True)[:, :3]
    table = np.concatenate((colors, np.array([invalid], np.uint8)))
    table.setflags(write=False)
    return table


def _checked_rgb(color):
    color = tuple(int(value) for value in color)
    if len(color) != 3 or not all(0 <= value <= 255 for value in color):
        raise ValueError(f'invalid must be three numbers from 0 to 255 (RGB), got {color}')
    return color
