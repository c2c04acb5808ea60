"""Hedges, thickets, ivy and woods of the varied looks. Local frames as in things.py; metres."""

import numpy as np

from .shapes import Cylinder, Ellipsoid, box
from .surfaces import Foliage
from .texture import Plain, linear_color
from .things import Thing, rectangle


def sample_leaves(rng):
    """Leaves of some plant in some season."""
    if rng.random() < 0.85:
        hue, saturation, value = rng.uniform(0.17, 0.36), rng.uniform(0.2, 0.7), rng.uniform(0.22, 0.62)
    else:  # autumn, or blossom
        hue, saturation, value = rng.uniform(0.02, 0.15), rng.uniform(0.2, 0.6), rng.uniform(0.35, 0.65)
    color = linear_color(hue, saturation, value)
    return Foliage(color, color * rng.uniform(0.08, 0.45), rng.uniform(0.04, 0.2), rng.uniform(0.3, 0.9))


def sample_clipped_hedge(rng, length):
    """A clipped hedge along z of 0.8 to 4 m."""
    height, thick = rng.uniform(0.8, 2.2) if rng.random() < 0.6 else rng.uniform(2.2, 4.0), rng.uniform(0.6, 1.6)
    shapes = box((0, 0, -length / 2), (thick, height, length / 2), sample_leaves(rng))
    return Thing('hedge', shapes, rectangle(thick / 2, length / 2, x=thick / 2), height)


def sample_thicket(rng, length, tall=None):
    """Bushes or young trees grown into each other along z, `tall` metres high (default: 1.2 to 9), with leaves to the
    ground.

    A core behind the leaves lets nothing shine through.
    """
    tall = rng.uniform(1.2, 4) if tall is None and rng.random() < 0.5 else tall or rng.uniform(4, 9)
    leaves = sample_leaves(rng)
    reach = min(0.5 * tall, rng.uniform(1.0, 2.4))
    dark = Plain(leaves.gap * 0.8, 0.4, 0.1)
    shapes = box((1.3 * reach, 0, -length / 2), (1.3 * reach + 1, 0.85 * tall, length / 2), dark)
    z = -length / 2
    while z < length / 2:
        size = reach * rng.uniform(0.7, 1.15)
        rows = (0.3, 0.75) if tall > 2.5 else (0.45,)
        for row in rows:
            center = np.array([reach * rng.uniform(0.9, 1.3), -tall * row * rng.uniform(0.9, 1.1), z + size * 0.5])
            radii = np.array([size, tall * (0.32 if tall > 2.5 else 0.5) * rng.uniform(0.85, 1.15), size * 1.1])
            shade = rng.uniform(0.75, 1.2)
            tint = Foliage(leaves.color * shade, leaves.gap * shade, leaves.clump, leaves.depth)
            shapes.append(Ellipsoid(center, radii, tint, ragged=0.35))
        z += size * rng.uniform(1.0, 1.5)
    return Thing('thicket', shapes, rectangle(reach, length / 2, x=reach), tall)


def sample_broad_tree(rng, clumps):
    """A tree of 5 to 16 m whose crown is a close mass of leaves."""
    height = rng.uniform(5, 16)
    leaves = sample_leaves(rng)
    bark = Plain(linear_color(rng.uniform(0.05, 0.12), rng.uniform(0.05, 0.4), rng.uniform(0.15, 0.5)), 0.4, 0.03)
    clear, reach = rng.uniform(0.12, 0.35) * height, rng.uniform(0.22, 0.4) * height
    shapes = [Cylinder(np.zeros(3), rng.uniform(0.1, 0.4), 0.75 * height, bark)]
    turned = rng.uniform(0, 2 * np.pi)
    for i in range(clumps):
        share = (i + 0.5) / clumps
        # a golden angle apart, so that none covers another
        angle, out = turned + 2.4 * i, reach * rng.uniform(0.3, 0.6) * (1.1 - abs(2 * share - 1) ** 3)
        center = np.array([out * np.cos(angle), -clear - share * (height - clear), out * np.sin(angle)])
        size = reach * rng.uniform(0.55, 0.8)
        shade = rng.uniform(0.8, 1.2) * (0.75 + 0.4 * share)
        tint = Foliage(leaves.color * shade, leaves.gap * shade, leaves.clump, leaves.depth)
        radii = np.array([size, max(0.75 * size, 1.1 * (height - clear) / clumps), size])
        shapes.append(Ellipsoid(center, radii, tint, ragged=rng.uniform(0.3, 0.7)))
    angles = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    outline = 0.9 * reach * np.stack([np.cos(angles), np.sin(angles)], 1)
    return Thing('tree', shapes, outline, height, lifted=clear)
