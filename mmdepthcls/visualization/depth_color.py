"""Metres to colors on one fixed scale, and the bar that explains it. Pure: numpy, OpenCV, matplotlib's color tables.

A color depends on nothing but the depth itself and the scale's settings, never on what else is in the picture: the
same metres have the same color in every frame, in truth and prediction, before and after training.

The default table is matplotlib's viridis: perceptually uniform (equal steps look equally large, lightness only grows),
legible without red or green, dark blue is near and yellow is far. 'turbo' looks like Fig. 3 and 4 of Oluwafemi et al.
2019, blue near and red far; it is not uniform, and shows edges where there are none. 'NAME_r' turns a table around.

H, W: height and width in pixels. Depth is in metres; pictures are RGB.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .lettering import PAPER, labeled_bar, swatch_width, text_height_for, text_width, with_swatch

MIN_DEPTH, MAX_DEPTH = 1.0, 80.0  # m, the range of the paper's bins
SCALE, COLORMAP, INVALID = 'log', 'viridis', (0, 0, 0)
SCALES = ('log', 'linear', 'inverse')
NO_DEPTH = 'no depth'  # what the legend calls the color of invalid pixels
FIRST_OF_ZERO = 100  # where bins begin at 0 m, which has no logarithm and no inverse, colors begin at a 100th


@dataclass(frozen=True)
class DepthColors:
    """How depth is colored.

    Args:
        min_depth: m, the first color of the table. 0 stands for a 100th of ``max_depth`` on the scales that have no 0.
        max_depth: m, the last color of the table.
        scale: 'log' (equal ratios are equally far apart in color), 'linear' (equal differences are) or 'inverse'
            (equal differences of 1/m: most colors are near).
        colormap: name of a matplotlib colormap.
        invalid: RGB, 0-255, of pixels without a measurement.

    Raises:
        ValueError: the settings make no sense.
    """
    min_depth: float = MIN_DEPTH
    max_depth: float = MAX_DEPTH
    scale: str = SCALE
    colormap: str = COLORMAP
    invalid: tuple[int, int, int] = INVALID

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise ValueError(f'scale must be one of {SCALES}, got {self.scale!r}')
        if not 0 <= self.min_depth < self.max_depth < np.inf:
            raise ValueError('min_depth must be at least 0 and below max_depth, both finite metres, '
                             f'got min_depth={self.min_depth}, max_depth={self.max_depth}')
        if self.colormap != COLORMAP and self.colormap not in _colormaps():
            raise ValueError("colormap must be a name matplotlib knows, such as 'viridis' or 'turbo', "
                             f'got {self.colormap!r}')
        object.__setattr__(self, 'invalid', checked_rgb(self.invalid))
        if self.min_depth == 0 and self.scale != 'linear':
            object.__setattr__(self, 'min_depth', self.max_depth / FIRST_OF_ZERO)

    @classmethod
    def of_bins(cls, bins: Any, **settings: Any) -> DepthColors:
        """Colors over the range of a model's bins (:class:`~mmdepthcls.bins.DepthBins`); None: over the usual one."""
        ends = {} if bins is None else dict(min_depth=bins.min_depth, max_depth=bins.max_depth)
        return cls(**{**ends, **settings})

    def paint(self, depth: ArrayLike) -> np.ndarray:
        """Color a depth map, see :func:`color_depth`."""
        table = _table(self.colormap, self.invalid)
        num_colors = len(table) - 1
        depth = check_depth(depth)
        valid = is_valid(depth)
        position = self.position(np.where(valid, depth, self.min_depth))
        index = np.minimum((position * num_colors).astype(np.intp), num_colors - 1)
        index[~valid] = num_colors
        return table.take(index, axis=0)

    def position(self, depth: np.ndarray) -> np.ndarray:
        """Where on the scale ``depth`` (m, no NaN) lies, float32 in [0, 1]."""
        depth = depth.astype(np.float32) if depth.dtype.itemsize < 4 else depth
        depth = np.clip(depth, self.min_depth, self.max_depth).astype(np.float32)
        low, high = np.float32(self.min_depth), np.float32(self.max_depth)
        if self.scale == 'log':
            return np.clip(np.log(depth / low) / np.float32(np.log(self.max_depth / self.min_depth)), 0, 1)
        if self.scale == 'inverse':
            return np.clip((depth - low) / depth * np.float32(self.max_depth / (self.max_depth - self.min_depth)), 0, 1)
        return np.clip((depth - low) / np.float32(high - low), 0, 1)

    def depths_along(self, length: int) -> np.ndarray:
        """(length, ) depths in m whose positions on the scale are spread evenly from 0 to 1."""
        if self.scale == 'log':
            return np.geomspace(self.min_depth, self.max_depth, length)
        if self.scale == 'inverse':
            return 1 / np.linspace(1 / self.min_depth, 1 / self.max_depth, length)
        # From 0 m: the left end is the near end of the scale, not a missing measurement.
        return np.maximum(np.linspace(self.min_depth, self.max_depth, length), np.finfo(np.float32).tiny)

    def bar(self, width: int, height: int | None = None, ticks: Sequence[float] | None = None) -> np.ndarray:
        """The bar that says which color is how many metres, see :func:`color_bar`."""
        height = 3 * text_height_for(width) if height is None else height
        if width < 40 or height < 24:
            raise ValueError(f'a color bar needs at least width 40 and height 24 pixels, got {width} x {height}')
        depths = depth_ticks(self.min_depth, self.max_depth, self.scale) if ticks is None else np.sort(
            np.asarray(ticks, np.float64))
        if not ((depths >= self.min_depth) & (depths <= self.max_depth)).all():
            raise ValueError(f'ticks must lie in [min_depth, max_depth] = [{self.min_depth}, {self.max_depth}] m, '
                             f'got {depths.tolist()}')
        legend = swatch_width(height, NO_DEPTH)
        if legend > width / 3:  # the metres come first
            return self._metres(width, height, depths)
        return with_swatch(self._metres(width - legend, height, depths), height, self.invalid, NO_DEPTH)

    def _metres(self, width, height, depths):
        labels = [f'{tick:.4g} m' for tick in depths]
        widest = max((text_width(label, max(height // 3, 8)) for label in labels), default=0)
        margin = min(widest // 2 + 2, width // 4)
        strip = np.full((width, 3), PAPER, np.uint8)
        strip[margin:width - margin] = self.paint(self.depths_along(width - 2 * margin)[None])[0]
        centers = margin + self.position(depths) * (width - 2 * margin - 1)
        last = len(labels) - 1
        return labeled_bar(strip, height, centers, labels, [0, last, *range(1, last)][:len(labels)])


def color_depth(depth: ArrayLike, min_depth: float = MIN_DEPTH, max_depth: float = MAX_DEPTH, scale: str = SCALE,
                colormap: str = COLORMAP, invalid: Sequence[int] = INVALID) -> np.ndarray:
    """Color a depth map.

    Args:
        depth: (H, W) floating point, m. 0, negative, NaN and infinite values are no measurement; what lies outside
            ``[min_depth, max_depth]`` gets the color of the nearer end.
        min_depth, max_depth, scale, colormap, invalid: see :class:`DepthColors`.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        TypeError: ``depth`` is not floating point.
        ValueError: ``depth`` is not (H, W), or the scale makes no sense.

    Example:
        >>> color_depth(np.array([[1.0, 0.0]])).tolist()
        [[[68, 1, 84], [0, 0, 0]]]
    """
    return DepthColors(min_depth, max_depth, scale, colormap, checked_rgb(invalid)).paint(depth)


def depth_ticks(min_depth: float = MIN_DEPTH, max_depth: float = MAX_DEPTH, scale: str = SCALE) -> np.ndarray:
    """Round depths to label a color bar with.

    Args:
        min_depth: m, the first tick.
        max_depth: m, the last tick.
        scale: 'log' and 'inverse' (1, 2, 5, 10, 20, 50, ...) or 'linear' (equal steps).

    Returns:
        (T,) float64, m, strictly increasing, T >= 2; both ends are in it.

    Example:
        >>> depth_ticks(1.0, 80.0, 'log').tolist()
        [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 80.0]
    """
    min_depth = DepthColors(min_depth, max_depth, scale).min_depth
    if scale != 'linear' and max_depth / min_depth >= 10:
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
              scale: str = SCALE, colormap: str = COLORMAP, ticks: Sequence[float] | None = None,
              invalid: Sequence[int] = INVALID) -> np.ndarray:
    """Draw the horizontal bar that says which color is how many metres, and which one is no depth.

    Labels that would overlap are left out, the two ends last; the color of invalid pixels where it would take more than
    a third of the width.

    Args:
        width: width of the whole drawing in pixels, at least 40.
        height: its height in pixels, at least 24; None chooses one that suits the width.
        min_depth: m, at the left end.
        max_depth: m, at the right end.
        scale, colormap, invalid: as given to :func:`color_depth`.
        ticks: depths in m to label; None takes :func:`depth_ticks`.

    Returns:
        (height, width, 3) uint8, RGB, on white.

    Raises:
        ValueError: no room to draw, a tick outside ``[min_depth, max_depth]``, or a scale that makes no sense.
    """
    return DepthColors(min_depth, max_depth, scale, colormap, checked_rgb(invalid)).bar(width, height, ticks)


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


def checked_rgb(color: Sequence[int]) -> tuple[int, int, int]:
    """A color as three numbers from 0 to 255; raises ValueError for others."""
    values = tuple(map(int, color))
    if len(values) != 3 or not all(0 <= value <= 255 for value in values):
        raise ValueError(f'invalid must be three numbers from 0 to 255 (RGB), got {color}')
    return values
