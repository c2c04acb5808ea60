"""The three kinds of surface that MiniDrive draws, and how they are turned and put in place.

World frame (the camera frame has the same axes before the camera turns): x right, y DOWN, z forward, metres; the road
is y = 0, so that a point at height h has y = -h, and the camera stands above the origin. Yaw turns z towards x.
Letters: N vertices.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Polygon:
    """A flat convex polygon seen from one side.

    Args:
        vertices (np.ndarray): (N, 3) metres, counter-clockwise for who sees it. Texture u runs from the first vertex
            to the second, v from there to the inside.
        texture (object): See texture.py.
    """

    vertices: np.ndarray
    texture: object


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid along the world's axes.

    Args:
        center, radii (np.ndarray): (3,) metres.
        texture (object): See texture.py.
        ragged (float): 0 for a smooth outline; towards 1 leaves are missing at the rim, and what is behind shows
            through.
    """

    center: np.ndarray
    radii: np.ndarray
    texture: object
    ragged: float = 0.0


@dataclass(frozen=True)
class Cylinder:
    """The mantle of an upright cylinder.

    Args:
        base (np.ndarray): (3,) metres, middle of the lower end.
        radius, height (float): Metres.
        texture (object): See texture.py.
    """

    base: np.ndarray
    radius: float
    height: float
    texture: object


def turn(points, yaw):
    """Points (..., 3) turned about the vertical, so that z becomes (sin yaw, 0, cos yaw)."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.asarray(points, np.float64) @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def place(shapes, position, yaw):
    """Shapes given about their own origin, turned by `yaw` (rad) and moved to `position` (3,) metres.

    An ellipsoid's center is turned, its axes are not.
    """
    points = [s.vertices if isinstance(s, Polygon) else _anchor(s)[None] for s in shapes]
    moved = turn(np.concatenate(points), yaw) + position  # all at once: one small product for each shape would be slow
    placed, start = [], 0
    for shape, own in zip(shapes, points, strict=True):
        part, start = moved[start : start + len(own)], start + len(own)
        if isinstance(shape, Polygon):
            placed.append(Polygon(part, shape.texture))
        elif isinstance(shape, Ellipsoid):
            placed.append(Ellipsoid(part[0], shape.radii, shape.texture, shape.ragged))
        else:
            placed.append(Cylinder(part[0], shape.radius, shape.height, shape.texture))
    return placed


def _anchor(shape):
    return shape.center if isinstance(shape, Ellipsoid) else shape.base


def facing_away(vertices, inside):
    """The vertices (N, 3), in the order that makes the polygon face away from the point `inside` (3,)."""
    vertices = np.asarray(vertices, np.float64)
    (ax, ay, az), (bx, by, bz) = (vertices[1] - vertices[0]).tolist(), (vertices[2] - vertices[1]).tolist()
    x, y, z = (vertices[0] - inside).tolist()
    # the normal's product with a point of the plane; written out, as np.cross is slow for one vector
    outward = (ay * bz - az * by) * x + (az * bx - ax * bz) * y + (ax * by - ay * bx) * z
    return vertices if outward >= 0 else vertices[::-1]


def box(low, high, texture, top=None):
    """The five upper faces of an upright box.

    Args:
        low, high (Sequence[float]): (x, height, z) of two opposite corners in metres; height counts upwards.
        texture, top (object): Textures of the walls and of the lid (default: the same).

    Returns:
        list[Polygon]: Front (towards -z), back, left (-x), right, lid.
    """
    (x0, h0, z0), (x1, h1, z1) = low, high
    corners = [(x0, z0), (x1, z0), (x1, z1), (x0, z1)]
    walls = []
    for a, b in ((0, 1), (2, 3), (3, 0), (1, 2)):
        (xa, za), (xb, zb) = corners[a], corners[b]
        walls.append(Polygon(np.array([(xa, -h0, za), (xb, -h0, zb), (xb, -h1, zb), (xa, -h1, za)], float), texture))
    lid = np.array([(x, -h1, z) for x, z in corners], float)
    return [*walls, Polygon(lid, top or texture)]


def extrude(profile, half_width, texture):
    """A convex side view swept across x.

    Args:
        profile (Sequence): (N, 2) of (z, height) in metres.
        half_width (float): Metres to either side of x = 0.
        texture (object): One texture for all faces.

    Returns:
        list[Polygon]: Two sides, then N strips, strip i from profile point i to i + 1.
    """
    profile = np.asarray(profile, np.float64)
    inside = np.array([0, -profile[:, 1].mean(), profile[:, 0].mean()])
    left, right = (
        np.stack([np.full(len(profile), x), -profile[:, 1], profile[:, 0]], 1) for x in (-half_width, half_width)
    )
    following = np.roll(np.arange(len(profile)), -1)
    strips = [np.array([left[i], right[i], right[j], left[j]]) for i, j in enumerate(following)]
    return [Polygon(facing_away(face, inside), texture) for face in (left, right, *strips)]


def disc(center, radius, texture, axis='x', sides=12):
    """A regular polygon around `center` (3,) facing both ways along x or z.

    Returns:
        list[Polygon]: Two, back to back.
    """
    first = np.pi / sides if sides % 2 == 0 else -np.pi / 2  # a triangle stands on its base
    angle = np.arange(sides) * (2 * np.pi / sides) + first
    a, b, zero = radius * np.cos(angle), radius * np.sin(angle), np.zeros(sides)
    ring = np.stack([zero, a, b] if axis == 'x' else [a, b, zero], 1) + np.asarray(center, np.float64)
    return [Polygon(ring, texture), Polygon(ring[::-1], texture)]
