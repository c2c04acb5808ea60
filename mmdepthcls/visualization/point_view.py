"""Points in space as a picture, seen from behind and above the camera that took them. Pure: NumPy and OpenCV.

The view has a depth buffer: what is nearer hides what is behind it. A point is drawn as large as the piece of a surface
that its pixel showed, so that surfaces close. Lines across the ground say how many metres ahead it is.

x points to the right, y down, z along the camera's view, in metres. P points; pictures are RGB, uint8.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .lettering import PAPER, draw_text, text_width

DOWN, LEFT, AWAY = 13.0, 11.0, 0.3  # degrees; degrees; share of the typical depth behind the camera
FAR_SHARE = 0.92  # of the points the view is made for
LARGEST_POINT = 9  # pixels
MOST_POINTS = 600_000
LINE = (90, 90, 90)
ROUND = (1, 1.5, 2, 3, 5, 7)  # and these times 10, 100, ...


@dataclass(frozen=True)
class View:
    """A camera of its own, that looks at the points.

    Args:
        position: (3, ) m.
        axes: (3, 3), rows: to its right, down, ahead.
        focal: pixels.
        center: (2, ) x and y of its axis in the picture, pixels.
        size: width and height of the picture, pixels.
        ground: m, y of the plane on which the lines are drawn.
    """
    position: np.ndarray
    axes: np.ndarray
    focal: float
    center: np.ndarray
    size: tuple[int, int]
    ground: float

    @classmethod
    def behind(cls, xyz: np.ndarray, size: tuple[int, int]) -> View:
        """Behind, above and a little to the left of the camera at the origin, so that most points are in the picture.

        Args:
            xyz: (P, 3) m, P > 0.
            size: width and height of the picture, pixels.
        """
        typical = float(np.median(xyz[:, 2]))
        far = float(np.quantile(xyz[:, 2], FAR_SHARE))
        ground = float(np.quantile(xyz[:, 1], 0.97))
        down, left = np.radians(DOWN), np.radians(LEFT)
        ahead = np.array([np.sin(left) * np.cos(down), np.sin(down), np.cos(left) * np.cos(down)])
        right = np.array([np.cos(left), 0.0, -np.sin(left)])
        axes = np.stack([right, np.cross(ahead, right), ahead])
        target = np.array([float(np.median(xyz[:, 0])), ground, typical])
        view = cls(target - ahead * (1 + AWAY) * typical, axes, 1.0, np.zeros(2), size, ground)
        near = xyz[xyz[:, 2] <= far]
        places, depth = view.project(near)
        places = places[depth > 0]
        low, high = np.quantile(places, 0.01, axis=0), np.quantile(places, 0.99, axis=0)
        focal = float(np.min(0.96 * np.array(size) / np.maximum(high - low, 1e-9)))
        return cls(view.position, axes, focal, np.array(size) / 2 - focal * (low + high) / 2, size, ground)

    def project(self, xyz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(P, 2) x and y in the picture, pixels, and (P, ) depth of this view, m."""
        seen = (xyz - self.position) @ self.axes.T
        with np.errstate(divide='ignore', invalid='ignore'):
            return self.focal * seen[:, :2] / seen[:, 2:] + self.center, seen[:, 2]


def render_points(xyz: np.ndarray, colors: np.ndarray, view: View, pixel: float,
                  letters: int = 12) -> np.ndarray:
    """The picture of some points.

    Args:
        xyz: (P, 3) m.
        colors: (P, 3) uint8 RGB.
        view: from where they are seen.
        pixel: how wide a pixel of the picture that they come from is, m at a depth of 1 m (1 / focal length).
        letters: height of digits, pixels.

    Returns:
        (height, width, 3) uint8 RGB, white where nothing is.
    """
    step = -(-len(xyz) // MOST_POINTS)
    xyz, colors = xyz[::step].astype(np.float64), colors[::step]
    places, depth = view.project(xyz)
    with np.errstate(divide='ignore', invalid='ignore'):
        # Ground that is seen at a grazing angle by the one camera is seen steeper by the other: hence a half more.
        width = 1.5 * np.sqrt(step) * pixel * xyz[:, 2] * view.focal / depth
    size = np.clip(np.ceil(np.nan_to_num(width)), 1, LARGEST_POINT).astype(np.intp)
    canvas = _Canvas(view.size)
    for offset in np.ndindex(LARGEST_POINT, LARGEST_POINT):
        kept = (depth > 0) & (size > max(offset))
        shift = np.array(offset[::-1]) - (size[kept, None] - 1) / 2
        canvas.draw(places[kept] + shift, depth[kept], colors[kept])
    canvas.close(max(view.size[0] // 200, 1))
    _draw_lines(canvas, view, xyz, letters)
    return canvas.picture


def ground_depths(xyz: np.ndarray) -> list[float]:
    """Depths, m, at which a line is drawn across the ground: round ones between the nearest and the farthest points."""
    near, far = np.quantile(xyz[:, 2], (0.02, FAR_SHARE))
    if not 0 < near < far < np.inf:
        return []
    decades = 10.0 ** np.arange(np.floor(np.log10(near)), np.ceil(np.log10(far)) + 1)
    rounded = np.outer(decades, ROUND).ravel()
    return [float(depth) for depth in rounded if near <= depth <= far]


class _Canvas:
    """A picture and how far away what is drawn at each pixel is."""

    def __init__(self, size):
        width, height = size
        self.picture = np.full((height, width, 3), PAPER, np.uint8)
        self.depth = np.full(height * width, np.inf)

    def draw(self, places, depth, colors, closer=0.0):
        """Draw what is nearer than what is there (by a share ``closer``)."""
        height, width = self.picture.shape[:2]
        inside = np.isfinite(places).all(axis=1) & (np.abs(places) < 1e6).all(axis=1)
        column, row = np.floor(np.where(inside[:, None], places, -1)).astype(np.intp).T
        inside &= (column >= 0) & (column < width) & (row >= 0) & (row < height)
        index, depth, colors = (row * width + column)[inside], depth[inside] * (1 - closer), colors[inside]
        np.minimum.at(self.depth, index, depth)
        nearest = self.depth[index] == depth
        self.picture.reshape(-1, 3)[index[nearest]] = colors[nearest]

    def close(self, reach):
        """Fill gaps of up to ``reach`` pixels above and below which something is: rows of pixels that lie apart where
        the ground is seen from higher up. A gap takes the nearer of the two in the picture."""
        height, width = self.picture.shape[:2]
        depth, picture = self.depth.reshape(height, width), self.picture.copy()
        filled = np.isfinite(depth)
        rows = np.broadcast_to(np.arange(height)[:, None], filled.shape)
        above = np.maximum.accumulate(np.where(filled, rows, -height), axis=0)
        below = np.minimum.accumulate(np.where(filled, rows, 2 * height)[::-1], axis=0)[::-1]
        gap = ~filled & (below - above <= reach + 1)
        row, column = np.nonzero(gap)
        source = np.where(row - above[gap] <= below[gap] - row, above[gap], below[gap])
        self.picture[row, column], depth[row, column] = picture[source, column], depth[source, column]


def _draw_lines(canvas, view, xyz, letters):
    """Lines across the ground and their metres, at the left end."""
    height, width = canvas.picture.shape[:2]
    low, high = np.quantile(xyz[:, 0], (0.05, 0.95))
    taken: list[tuple[int, int]] = []
    for depth in ground_depths(xyz):
        across = np.linspace(low, high, 4 * width)
        line = np.stack([across, np.full_like(across, view.ground), np.full_like(across, depth)], axis=1)
        places, away = view.project(line)
        for thick in range(max(width // 400, 1)):
            canvas.draw(places + (0, thick), away, np.broadcast_to(LINE, (len(line), 3)).astype(np.uint8), 0.03)
        label = f'{depth:.4g} m'
        seen = (places >= 0).all(axis=1) & (places < (width, height)).all(axis=1)
        if not seen.any():
            continue
        column, row = places[np.flatnonzero(seen)[0]]
        wide = text_width(label, letters)
        left, base = int(np.clip(column - wide - 4, 0, width - wide - 1)), int(np.clip(row, 2 * letters, height - 3))
        if all(abs(base - other) > 1.4 * letters or abs(left - start) > 1.2 * wide for start, other in taken):
            taken.append((left, base))
            canvas.picture[base - letters - 3:base + 4, left:left + wide + 2] = PAPER
            draw_text(canvas.picture, label, left + 1, base, letters)
