"""Cars, vans and lorries of MiniDrive, in real sizes.

Local frame as in things.py, metres; the front looks along +z, x = 0 is the middle.
"""

from dataclasses import dataclass

import numpy as np

from .shapes import Polygon, box, disc, extrude, facing_away
from .texture import Glazing, Plain, linear_color
from .things import Thing, rectangle


@dataclass(frozen=True)
class Body:
    """Sizes of a car in metres; `cabin` and `roof` are shares of the length from the rear, (start, end)."""

    length: float
    width: float
    height: float
    belt: float
    cabin: tuple
    roof: tuple
    wheel: float = 0.32


def sample_body(rng):
    """A hatchback, saloon, estate, off-roader, van or city car."""
    kind = rng.choice(['hatch', 'saloon', 'estate', 'tall', 'van', 'city'], p=[0.28, 0.22, 0.18, 0.14, 0.1, 0.08])
    k = rng.uniform(0.95, 1.05)
    if kind == 'saloon':
        return Body(4.7 * k, 1.8 * k, 1.44, 0.92, (0.12, 0.74), (0.26, 0.58))
    if kind == 'estate':
        return Body(4.7 * k, 1.82 * k, 1.48, 0.92, (0.01, 0.74), (0.06, 0.58), 0.33)
    if kind == 'tall':
        return Body(4.5 * k, 1.88 * k, 1.75, 1.08, (0.01, 0.77), (0.06, 0.62), 0.37)
    if kind == 'van':
        return Body(5.2 * k, 1.98 * k, 2.2 * k, 1.15, (0.0, 0.9), (0.01, 0.76), 0.35)
    if kind == 'city':
        return Body(3.5 * k, 1.65 * k, 1.5, 0.95, (0.01, 0.82), (0.06, 0.62), 0.29)
    return Body(4.1 * k, 1.75 * k, 1.47, 0.93, (0.01, 0.76), (0.1, 0.6))


def sample_car(rng, detail=True):
    """A car; without `detail` (far away) it has no lights, plates or hubs."""
    body = sample_body(rng)
    hue, saturation = (
        (0.6, 0.03) if rng.random() < 0.6 else (rng.choice([0.0, 0.6, 0.63, 0.45, 0.1, 0.02]), rng.uniform(0.4, 0.85))
    )
    paint = Plain(linear_color(hue, saturation, rng.choice([0.15, 0.3, 0.55, 0.75, 0.93])))
    rear, half = -body.length / 2, body.width / 2
    lower = [
        (rear, 0.3), (-rear - 0.05, 0.25), (-rear, 0.55), (-rear - 0.12, 0.74),
        (rear + body.cabin[1] * body.length, body.belt), (rear + 0.03, body.belt), (rear, body.belt - 0.12),
    ]  # fmt: skip
    shapes = extrude(lower, half, paint)
    shapes += _cabin(body, paint)
    shapes += _wheels(body, detail)
    if detail:
        shapes += _lights(body)
    return Thing('car', shapes, rectangle(half, -rear), body.height - 0.2)


def _cabin(body, paint):
    """A frustum of glass in painted pillars, narrower at the roof, with a painted lid."""
    low, high = -body.belt, -body.height
    z = [share * body.length - body.length / 2 for share in (*body.cabin, *body.roof)]
    wide = body.width / 2 - 0.03
    narrow = wide - 0.22 * (body.height - body.belt)
    base = [(-wide, low, z[0]), (wide, low, z[0]), (wide, low, z[1]), (-wide, low, z[1])]
    top = [(-narrow, high, z[2]), (narrow, high, z[2]), (narrow, high, z[3]), (-narrow, high, z[3])]
    glass = linear_color(0.58, 0.2, 0.28)
    faces = []
    for i, j in ((0, 1), (1, 2), (2, 3), (3, 0)):
        corners = np.array([base[i], base[j], top[j], top[i]], float)
        width = float(np.linalg.norm(corners[1] - corners[0]))
        slant = float(np.linalg.norm((corners[2] + corners[3] - corners[0] - corners[1]) / 2))
        faces.append(Polygon(corners, Glazing(paint.color, glass, width, slant, split=i in (1, 3))))
    return [*faces, Polygon(np.array(top, float), paint)]


def _wheels(body, detail):
    rubber, rim = Plain(linear_color(0, 0, 0.12)), Plain(linear_color(0, 0, 0.6))
    half, radius = body.width / 2, body.wheel
    shapes = []
    for z in (-0.3 * body.length, 0.31 * body.length):
        for side in (-1, 1):
            x = side * (half + 0.02)
            face = 0 if side > 0 else 1  # of the two faces only the outer one can be seen
            shapes.append(disc((x, -radius, z), radius, rubber)[face])
            if detail:
                shapes.append(disc((x + 0.01 * side, -radius, z), 0.6 * radius, rim, sides=10)[face])
            inner = x - 0.2 * side
            shapes += box((min(x, inner), 0, z - 0.7 * radius), (max(x, inner), 0.35, z + 0.7 * radius), rubber)[:2]
    return shapes


def _lights(body):
    """Tail lights and number plate behind, head lights and grille in front, each a centimetre proud of the body."""
    red, white = Plain(linear_color(0.99, 0.9, 0.6)), Plain(linear_color(0.15, 0.05, 1.0))
    dark = Plain(linear_color(0, 0, 0.12))
    half, rear, front = body.width / 2, -body.length / 2 - 0.01, body.length / 2 + 0.01
    # (x0, x1, bottom, top, z, texture)
    panels = [(-0.26, 0.26, 0.5, 0.62, rear, white), (-half + 0.05, half - 0.05, 0.3, 0.42, rear, dark)]
    panels.append((-0.45, 0.45, 0.32, 0.52, front, dark))
    for side in (-1, 1):
        x = side * (half - 0.18)
        panels.append((x - 0.14, x + 0.14, body.belt - 0.3, body.belt - 0.13, rear, red))
        panels.append((x - 0.15, x + 0.15, 0.52, 0.66, front, white))
    shapes = []
    for x0, x1, bottom, top, z, texture in panels:
        corners = [(x0, -bottom, z), (x1, -bottom, z), (x1, -top, z), (x0, -top, z)]
        shapes.append(Polygon(facing_away(corners, np.zeros(3)), texture))
    return shapes


def sample_lorry(rng):
    """A delivery lorry or a bus of 6 to 11 m."""
    length, width, height = rng.uniform(6, 11), rng.uniform(2.2, 2.5), rng.uniform(2.7, 3.4)
    half, end = width / 2, length / 2
    paint = Plain(linear_color(rng.random(), rng.uniform(0, 0.6), rng.uniform(0.4, 0.95)), 0.05, 0.3)
    dark = linear_color(0.58, 0.2, 0.2)
    shapes = box((-half, 0.55, -end), (half, height, end), paint)
    if rng.random() < 0.5:  # a bus: one band of windows
        for side in (-1, 1):
            x = side * (half + 0.01)
            band = [
                (x, -1.3, -end + 0.2),
                (x, -1.3, end - 0.2),
                (x, -height + 0.5, end - 0.2),
                (x, -height + 0.5, -end + 0.2),
            ]
            texture = Glazing(paint.color, dark, length - 0.4, height - 1.8, split=True)
            shapes.append(Polygon(facing_away(band, np.zeros(3)), texture))
    for z, low, high in ((-end - 0.01, 1.4, height - 0.5), (end + 0.01, 1.2, height - 0.4)):
        pane = [(-half + 0.1, -low, z), (half - 0.1, -low, z), (half - 0.1, -high, z), (-half + 0.1, -high, z)]
        shapes.append(Polygon(facing_away(pane, np.zeros(3)), Glazing(paint.color, dark, width - 0.2, high - low)))
    body = Body(length, width, height, 1.1, (0, 1), (0, 1), wheel=0.48)
    shapes += _wheels(body, True) + _lights(body)
    return Thing('lorry', shapes, rectangle(half, end), height)
