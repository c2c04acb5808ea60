"""The look 'other': streets of things, surfaces and light that no other look has, on which settings are chosen.

Nobody trains on it: containers, blank towers, boulders, stacks, palms and billboards beside streets of colored ground,
under colored light, seen by an old camera. What a model makes of them tells how it will do on what it has not seen.
"""
from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from .scene import Camera, Scene, put, sample_light, sample_road, sample_traffic
from .shapes import Cylinder, Ellipsoid, box, extrude
from .texture import Courses, Plain, hashed, linear_color
from .things import Thing, rectangle, sample_person


@dataclass(frozen=True)
class Painted:
    """Patches of two colors in waves, such as camouflage, lichen or graffiti.

    Args:
        first, second (np.ndarray): (3,) linear RGB.
        texel (float): Metres of a texel of the noise that parts them.
        edge (float): Noise level at which they part, -1..1.
    """

    first: np.ndarray
    second: np.ndarray
    texel: float
    edge: float

    def albedo(self, u, v, footprint, noise):
        wave = noise(u, v, self.texel, footprint) + 0.3 * np.sin(3 * u + 2 * v)
        share = np.clip(0.5 + 4 * (wave - self.edge), 0, 1)[:, None].astype(np.float32)
        return self.first + (self.second - self.first) * share


@dataclass(frozen=True)
class Checked:
    """A grid of cells of random brightness, such as glass curtain walls; `cell` metres wide and high."""

    color: np.ndarray
    cell: tuple
    seed: int

    def albedo(self, u, v, footprint, noise):
        cells = ((np.floor(k / size)).astype(np.int32) for k, size in zip((u, v), self.cell, strict=True))
        tone = 0.4 + 0.9 * hashed(*cells, self.seed)
        line = (u % self.cell[0] < 0.08) | (v % self.cell[1] < 0.08)
        return self.color * np.where(line, 0.3, tone)[:, None].astype(np.float32)


@dataclass(frozen=True)
class OldCamera:
    """Few gray levels, a tinted veil of light and a soft picture; see :class:`.sensor.PictureMaker`."""

    levels: int
    veil: np.ndarray
    strength: float
    blur: float

    def develop(self, image, rng):
        pixels = cv2.GaussianBlur(image.astype(np.float32), (0, 0), self.blur)
        pixels += (self.veil.astype(np.float32) - pixels) * np.float32(self.strength)
        pixels += 4 * rng.standard_normal((*image.shape[:2], 1), np.float32)  # gray grain
        step = 255 / (self.levels - 1)
        return np.clip(np.rint(np.rint(pixels / step) * step), 0, 255).astype(np.uint8)


def sample_other_scene(rng: np.random.Generator) -> Scene:
    """A scene of the look 'other'; see :func:`mmdepthcls.commands.minidrive.scene.sample_scene`."""
    camera = Camera(
        height=float(np.clip(rng.normal(1.65, 0.1), 1.4, 1.95)),
        pitch=np.deg2rad(rng.uniform(-1.5, 2.5)),
        yaw=np.deg2rad(rng.normal(0, 2.0)),
        roll=np.deg2rad(rng.normal(0, 0.6)),
    )
    road = sample_road(rng, (False, False))
    road = replace(road, asphalt=linear_color(rng.random(), rng.uniform(0, 0.35), rng.uniform(0.25, 0.8)),
                   pavement=rng.uniform(0.8, 5), bend=rng.normal(0, 2e-3),
                   pavement_texture=_surface(rng, 0.3), land_texture=_surface(rng, 0.8))
    placed = []
    for side in (-1, 1):
        placed += _border(rng, road, side)
        for _ in range(rng.poisson(2)):
            put(placed, road, sample_person(rng), side * ((road.right if side > 0 else -road.left) + 0.4),
                rng.uniform(5, 50))
    placed += sample_traffic(rng, road)
    light = sample_light(rng)
    color = linear_color(rng.random(), rng.uniform(0.1, 0.4), 1.0)
    light = replace(light, skylight=light.skylight * color, zenith=light.zenith * color, horizon=light.horizon * color,
                    brightness=rng.uniform(0.28, 0.6))
    levels, veil = int(rng.integers(10, 64)), 255 * rng.uniform(0.2, 0.9, 3)
    old = OldCamera(levels, veil, rng.uniform(0, 0.25), rng.uniform(0.3, 0.9))
    return Scene(camera, road, light, placed, int(rng.integers(1 << 62)), old)


def _border(rng, road, side):
    """Things of two kinds in a loose row beside the street, and larger ones behind."""
    makers = (sample_container, sample_tower, sample_boulder, sample_stack, sample_palm, sample_billboard, sample_dome)
    kinds = [makers[i] for i in rng.choice(len(makers), 2, replace=False)]
    edge = (road.right if side > 0 else -road.left) + road.pavement
    placed, along, end = [], rng.uniform(-6, 6), rng.uniform(60, 150)
    gap, turned = rng.uniform(0.5, 6), 0.0 if side > 0 else np.pi
    while along < end:
        thing = kinds[rng.integers(2)](rng)
        low, high = thing.footprint.min(0), thing.footprint.max(0)
        along += (high[1] - low[1]) / 2
        put(placed, road, thing, side * (edge + 0.3 - low[0] + rng.uniform(0, 2.5)), along, turned)
        along += (high[1] - low[1]) / 2 + rng.uniform(0.2, gap)
    for _ in range(rng.integers(2, 9)):
        lateral, along = side * (edge + rng.uniform(18, 60)), rng.uniform(20, 160)
        put(placed, road, kinds[rng.integers(2)](rng), lateral, along, turned)
    return placed


def _surface(rng, texel=0.2):
    first, second = (linear_color(rng.random(), rng.uniform(0.05, 0.7), rng.uniform(0.2, 0.9)) for _ in range(2))
    return Painted(first, second, texel * rng.uniform(0.3, 1.2), rng.uniform(-0.4, 0.4))


def sample_container(rng):
    """One to three shipping containers on each other, their doors or sides to the street."""
    half, count = rng.choice([3.05, 6.1]), int(rng.integers(1, 4))
    shapes = []
    for i in range(count):
        paint = linear_color(rng.random(), rng.uniform(0.3, 0.8), rng.uniform(0.3, 0.8))
        steel = Courses(paint, 50.0, 0.28, 0.0022, 0.2)
        shapes += box((0, 2.59 * i, -half), (2.44, 2.59 * (i + 1), half), steel)
    return Thing('container', shapes, rectangle(1.22, half, x=1.22), 2.59 * count)


def sample_tower(rng):
    """A tower of glass or of painted concrete, 9 to 40 m high."""
    half, deep, height = rng.uniform(4, 12), rng.uniform(8, 20), rng.uniform(9, 40)
    color = linear_color(rng.random(), rng.uniform(0.05, 0.5), rng.uniform(0.3, 0.95))
    wall = Checked(color, (rng.uniform(1, 4), rng.uniform(1, 4)), int(rng.integers(1 << 20)))
    shapes = box((0, 0, -half), (deep, height, half), wall if rng.random() < 0.6 else _surface(rng, 0.6))
    return Thing('tower', shapes, rectangle(deep / 2, half, x=deep / 2), height)


def sample_boulder(rng):
    """A boulder of 0.8 to 4 m."""
    size = rng.uniform(0.4, 2.0) * np.array([1, rng.uniform(0.5, 1.1), rng.uniform(0.8, 1.6)])
    rock = Ellipsoid(np.array([0, -0.6 * size[1], 0]), size, _surface(rng, 0.15))
    return Thing('boulder', [rock], rectangle(size[0], size[2]), 1.6 * size[1])


def sample_stack(rng):
    """A wedge or heap of planks, sand or crates."""
    wide, height, long = rng.uniform(1.5, 5), rng.uniform(0.8, 4.5), rng.uniform(1, 6)
    profile = [(-long, 0), (long, 0), (rng.uniform(0, 1) * long, height), (-rng.uniform(0, 1) * long, height)]
    texture = Courses(linear_color(rng.random(), rng.uniform(0.1, 0.6), rng.uniform(0.3, 0.8)), rng.uniform(0.1, 0.5))
    return Thing('stack', extrude(profile, wide / 2, texture), rectangle(wide / 2, long), height)


def sample_palm(rng):
    """A bare stem of 4 to 14 m with a flat crown."""
    height, reach = rng.uniform(4, 14), rng.uniform(1, 3)
    shapes = [Cylinder(np.zeros(3), rng.uniform(0.12, 0.35), height, Plain(linear_color(0.08, 0.2, 0.6), 0.5, 0.02))]
    for angle in np.arange(5) * (0.4 * np.pi):
        center = np.array([0.6 * reach * np.cos(angle), -height + rng.uniform(-0.3, 0.5), 0.6 * reach * np.sin(angle)])
        shapes.append(Ellipsoid(center, np.array([0.8, 0.3, 0.8]) * reach, _surface(rng, 0.05), ragged=0.5))
    return Thing('palm', shapes, rectangle(0.7 * reach, 0.7 * reach), height, lifted=0.8 * height)


def sample_billboard(rng):
    """A board of 3 to 8 m on two posts, across the street's direction or along it."""
    half, low, high = rng.uniform(1.5, 4), rng.uniform(0.3, 2.5), rng.uniform(3.5, 7)
    metal = Plain(linear_color(0, 0, rng.uniform(0.2, 0.7)))
    shapes = box((0, low, -half), (0.2, high, half), _surface(rng, 0.3))
    shapes += [Cylinder(np.array([0.1, 0, z]), 0.12, low, metal) for z in (-0.7 * half, 0.7 * half)]
    return Thing('billboard', shapes, rectangle(0.1, half, x=0.1), high, lifted=low)


def sample_dome(rng):
    """A silo: an upright cylinder with a round cap, 3 to 12 m high."""
    radius, height = rng.uniform(1.2, 4), rng.uniform(2, 8)
    skin = _surface(rng, 0.4) if rng.random() < 0.5 else Checked(linear_color(rng.random(), 0.2, 0.8), (1.0, 0.8), 3)
    shapes = [Cylinder(np.zeros(3), radius, height, skin)]
    shapes.append(Ellipsoid(np.array([0, -height, 0]), np.array([radius, 0.6 * radius, radius]), skin))
    return Thing('silo', shapes, rectangle(radius, radius), height + 0.6 * radius)
