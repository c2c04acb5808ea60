"""Surface textures of MiniDrive: metres on a surface -> albedo.

Letters: N samples. A texture answers ``albedo(u, v, footprint, noise) -> (N, 3)`` float32, linear RGB in 0..1, where
``u`` and ``v`` (N,) are metres along the surface and ``footprint`` (N,) is the size in metres of one sample, so that
detail smaller than a sample fades out instead of flickering.
"""

import colorsys
from dataclasses import dataclass

import cv2
import numpy as np

_TILE = 256  # texels; a power of two so that wrapping is a bit mask


class Noise:
    """Tileable gray noise with a blur pyramid, looked up by metres.

    Args:
        rng (np.random.Generator): Source of the tile.
    """

    def __init__(self, rng):
        tile = np.zeros((_TILE, _TILE), np.float32)
        for cells, weight in ((8, 0.5), (32, 0.5), (128, 0.5), (256, 0.7)):
            grid = rng.random((cells, cells), np.float32) * 2 - 1
            # one cell of wrapped border on each side, so that the enlarged tile joins itself
            border = cv2.copyMakeBorder(grid, 1, 1, 1, 1, cv2.BORDER_WRAP)
            step = _TILE // cells
            large = cv2.resize(border, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
            tile += weight * large[step : step + _TILE, step : step + _TILE]
        levels = [tile]
        for level in range(1, 6):
            wrapped = cv2.copyMakeBorder(levels[-1], 32, 32, 32, 32, cv2.BORDER_WRAP)
            levels.append(cv2.blur(wrapped, (2**level + 1,) * 2)[32:-32, 32:-32])
        self._levels = np.stack(levels).reshape(-1)
        self._count = len(levels)

    def __call__(self, u, v, texel, footprint):
        """Noise of about -1..1 at metres (u, v), one tile texel being `texel` metres.

        Args:
            u, v, footprint (np.ndarray): (N,) metres.
            texel (float): Metres.

        Returns:
            np.ndarray: (N,) float32.
        """
        # frexp gives floor(log2) without a logarithm
        level = np.clip(np.frexp(footprint * (1 / texel))[1], 0, self._count - 1)
        column = np.floor(u * (1 / texel)).astype(np.int32) & (_TILE - 1)
        row = np.floor(v * (1 / texel)).astype(np.int32) & (_TILE - 1)
        return self._levels[(level * _TILE + row) * _TILE + column]


def linear_color(hue, saturation, value):
    """Linear RGB (3,) float32 of a hue, saturation and value as a painter sees them (all 0..1)."""
    return np.power(np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value), np.float32), 2.2)


def hashed(i, j, seed):
    """A fixed pseudo-random number in 0..1 for every pair of integers (N,), (N,)."""
    x = (i.astype(np.int64) * 374761393 + j.astype(np.int64) * 668265263 + seed * 2147483647) & 0xFFFFFFFF
    x = ((x ^ (x >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((x ^ (x >> 16)) & 0xFFFF).astype(np.float32) * (1 / 65535)


@dataclass(frozen=True)
class Plain:
    """One color with a little grain.

    Args:
        color (np.ndarray): (3,) linear RGB.
        grain (float): Relative strength of the noise.
        texel (float): Metres of one noise texel.
    """

    color: np.ndarray
    grain: float = 0.0
    texel: float = 0.05

    def albedo(self, u, v, footprint, noise):
        color = np.broadcast_to(self.color, (len(u), 3))
        if not self.grain:
            return color
        return color * (1 + self.grain * noise(u, v, self.texel, footprint))[:, None]


@dataclass(frozen=True)
class Courses:
    """Rows such as roof tiles, planks or bricks: dark joints every `pitch` metres along v, and `pitch_u` along u."""

    color: np.ndarray
    pitch: float
    pitch_u: float = 0.0
    joint: float = 0.15
    grain: float = 0.2

    def albedo(self, u, v, footprint, noise):
        tone = 1 + self.grain * noise(u, v, 0.06, footprint)
        dark = (v % self.pitch < self.joint * self.pitch).astype(np.float32)
        if self.pitch_u:
            dark = np.maximum(dark, u % self.pitch_u < self.joint * self.pitch)
        tone -= 0.45 * dark * np.clip(1.5 - 2 * footprint / self.pitch, 0, 1)
        return self.color * tone[:, None]


@dataclass(frozen=True)
class Glazing:
    """Car glass: a pane within painted pillars; `width` x `height` metres is the face's extent."""

    paint: np.ndarray
    glass: np.ndarray
    width: float
    height: float
    split: bool = False

    def albedo(self, u, v, footprint, noise):
        pane = (v > 0.05) & (v < self.height - 0.07)
        if self.split:  # a pillar between the front and the rear door
            pane &= np.abs(u - 0.5 * self.width) > 0.05
        # glass mirrors the sky the more, the higher
        shine = (0.6 + 0.9 * v / self.height)[:, None]
        return np.where(pane[:, None], self.glass * shine, self.paint)


@dataclass(frozen=True)
class Facade:
    """A house wall with rows of windows, doors on the ground floor, a plinth and a band at every storey.

    Args:
        wall, trim, glass, door (np.ndarray): (3,) linear RGB.
        width (float): Metres of wall along u; the windows are spread evenly over it.
        storeys (int): Rows of windows; above them the wall is bare.
        storey (float): Metres from floor to floor.
        spacing (float): Wished metres between window centers.
        window (tuple): (width, height) of a window in metres.
        brick (bool): Show courses.
        shop (bool): Large panes on the ground floor.
        seed (int): Chooses doors, blinds and lit panes.
    """

    wall: np.ndarray
    trim: np.ndarray
    glass: np.ndarray
    door: np.ndarray
    width: float
    storeys: int
    storey: float
    spacing: float
    window: tuple
    brick: bool
    shop: bool
    seed: int

    def albedo(self, u, v, footprint, noise):
        color = self.wall * self._wall_tone(u, v, footprint, noise)[:, None]
        count = max(1, round(self.width / self.spacing))
        column = np.floor(u * (count / self.width))
        level = np.floor(v / self.storey)
        across = np.abs(u - (column + 0.5) * (self.width / count))  # metres from the window's middle
        above = v - level * self.storey  # metres above the floor
        luck = hashed(column.astype(np.int32), level.astype(np.int32), self.seed)
        ground = level == 0
        is_door = ground & (luck < 0.25)
        half_width = np.where(is_door, 0.5, 0.5 * self.window[0])
        bottom = np.where(is_door, 0.0, 0.9)
        top = np.where(is_door, 2.1, 0.9 + self.window[1])
        if self.shop:
            half_width = np.where(ground & ~is_door, 0.42 * self.width / count, half_width)
            bottom = np.where(ground & ~is_door, 0.4, bottom)
            top = np.where(ground, 2.5, top)
        exists = (level < self.storeys) & (luck < 0.97)
        # signed metres to the border of the opening, positive inside
        inside = np.minimum(half_width - across, np.minimum(above - bottom, top - above))
        color[exists & (inside > -0.12)] = self.trim
        pane = exists & (inside > 0)
        pane &= is_door | (across > 0.03) | (footprint > 0.06)
        dark = 0.5 + luck[pane] + 0.5 * (above[pane] - bottom[pane])
        fill = self.glass * dark[:, None]
        fill[luck[pane] > 0.8] = self.trim * 0.7  # blinds
        fill[is_door[pane]] = self.door
        color[pane] = fill
        return color

    def _wall_tone(self, u, v, footprint, noise):
        tone = 1 + 0.12 * noise(u, v, 0.08, footprint) + 0.1 * noise(u, v, 0.9, footprint)
        if self.brick:
            shift = 0.12 * (np.floor(v * (1 / 0.16)) % 2)
            joint = (v % 0.16 < 0.03) | ((u + shift) % 0.24 < 0.03)
            tone -= 0.25 * joint * np.clip(1.5 - footprint / 0.06, 0, 1)
        tone = np.where(v < 0.45, tone * 0.65, tone)
        return np.where((v % self.storey < 0.14) & (v > 1) & (v < self.storeys * self.storey + 0.2), tone * 1.2, tone)
