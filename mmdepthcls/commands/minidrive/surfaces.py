"""Surfaces of the varied looks of MiniDrive: leaves, ballast, shop windows, and the shade that lies on a wall.

Letters and interface as in texture.py: ``albedo(u, v, footprint, noise) -> (N, 3)``.
"""

from dataclasses import dataclass

import numpy as np

from .texture import hashed


@dataclass(frozen=True)
class Foliage:
    """A mass of leaves: clumps in light before dark gaps.

    Args:
        color, gap (np.ndarray): (3,) linear RGB of lit leaves and of the gaps between them.
        clump (float): Metres of a texel of the clumps' noise; clumps are 2 to 30 texels wide.
        depth (float): 0..1, how dark it is between the clumps.
    """

    color: np.ndarray
    gap: np.ndarray
    clump: float = 0.1
    depth: float = 0.6

    def albedo(self, u, v, footprint, noise):
        light = noise(u, v, self.clump, footprint) + 0.5 * noise(u + 7, v + 3, 0.035, footprint)
        share = np.clip(1 - self.depth * (0.6 - 0.9 * light), 0, 1.4)[:, None]
        return self.gap + (self.color - self.gap) * share


@dataclass(frozen=True)
class Ballast:
    """Broken stone with sleepers across it, every `pitch` metres along u.

    Args:
        stone, sleeper (np.ndarray): (3,) linear RGB.
        pitch (float): Metres from sleeper to sleeper.
        width (float): Metres of the bed along v; the sleepers are 2.5 m long in its middle.
    """

    stone: np.ndarray
    sleeper: np.ndarray
    pitch: float
    width: float

    def albedo(self, u, v, footprint, noise):
        color = self.stone * (1 + 0.5 * noise(u, v, 0.03, footprint) + 0.15 * noise(u, v, 0.4, footprint))[:, None]
        share = np.clip(1.5 - 3 * footprint / self.pitch, 0.3, 1)  # far away they run together
        lying = (u % self.pitch < 0.26) & (np.abs(v - 0.5 * self.width) < 1.25)
        share = (share * lying)[:, None]
        return color + (self.sleeper - color) * share


@dataclass(frozen=True)
class ShopWindow:
    """Panes with goods and posters behind them, and a name over them.

    Args:
        frame, sign, glass (np.ndarray): (3,) linear RGB.
        pane (float): Metres from frame to frame along u.
        height (float): Metres of the whole front along v; the uppermost fifth is the sign.
        seed (int): Chooses goods, posters and letters.
    """

    frame: np.ndarray
    sign: np.ndarray
    glass: np.ndarray
    pane: float
    height: float
    seed: int

    def albedo(self, u, v, footprint, noise):
        column = np.floor(u / self.pane).astype(np.int32)
        luck = hashed(column, column, self.seed)
        # what can be seen through or in the pane: a mirrored street, goods on shelves
        tone = (0.25 + 0.9 * luck) * (1 + 0.5 * noise(u, v, 0.12, footprint)) + 0.15 * v
        color = self.glass * tone[:, None]
        cells = (np.floor(u / 0.55).astype(np.int32), np.floor(v / 0.4).astype(np.int32))
        goods = (hashed(*cells, self.seed + 1) > 0.72) & (luck > 0.35) & (v > 0.5)
        tints = np.stack([hashed(*cells, self.seed + k) for k in (2, 3, 4)], 1) ** 2
        color[goods] = tints[goods] * 0.8
        across = u - column * self.pane
        color[(across < 0.07) | (v < 0.3) | (np.abs(v - 0.62 * self.height) < 0.05)] = self.frame
        name = v > 0.8 * self.height
        letters = hashed(np.floor(u / 0.3).astype(np.int32), column * 0, self.seed + 5) > 0.45
        letters &= np.abs(v - 0.9 * self.height) < 0.05 * self.height
        color[name] = np.where(letters[name, None], 1 - self.sign, self.sign)
        return color


@dataclass(frozen=True)
class Shaded:
    """A surface with the shade of something outside the picture on it.

    Args:
        texture (object): The surface.
        along, up, limit (float): Shade lies where along * u + up * v < limit (metres); an infinite limit shades all.
        strength (float): Share of the light that is taken, 0..1.
        tatters (float): 0 for a straight border, such as a roof's; larger in metres for a tree's.
    """

    texture: object
    along: float
    up: float
    limit: float
    strength: float
    tatters: float = 0.0

    def albedo(self, u, v, footprint, noise):
        inside = self.limit - (self.along * u + self.up * v)
        if self.tatters:
            inside = inside + self.tatters * noise(u, v, 0.1, footprint)
        dark = np.clip(inside / (0.08 + footprint) + 0.5, 0, 1)
        color = self.texture.albedo(u, v, footprint, noise)
        return color * (1 - self.strength * dark)[:, None].astype(np.float32)


@dataclass(frozen=True)
class Rubble:
    """Rough stone of cells of several tones, such as old walls, or large painted panels where the cells are large.

    Args:
        color (np.ndarray): (3,) linear RGB.
        cell (tuple): Metres of a stone along u and v.
        spread (float): How much stones differ, 0..1.
        seed (int): Chooses the tones.
    """

    color: np.ndarray
    cell: tuple
    spread: float
    seed: int

    def albedo(self, u, v, footprint, noise):
        row = np.floor(v / self.cell[1])
        column = np.floor(u / self.cell[0] + 0.5 * (row % 2))
        tone = 1 + self.spread * (2 * hashed(column.astype(np.int32), row.astype(np.int32), self.seed) - 1)
        # what is smaller than a sample melts into its mean
        tone = 1 + (tone - 1) * np.clip(1.5 - footprint / min(self.cell), 0, 1)
        return self.color * (tone * (1 + 0.2 * noise(u, v, 0.05, footprint)))[:, None].astype(np.float32)
