"""Guard rails, tracks, wires, bicycles, walls, shop fronts and shelters of the varied looks.

Local frames as in things.py: z forward along the street, x away from its left side, y down, metres.
"""

import numpy as np

from .shapes import Cylinder, Ellipsoid, Polygon, box, facing_away
from .surfaces import Ballast, Rubble, ShopWindow
from .texture import Courses, Plain, linear_color
from .things import Thing, rectangle, sample_person


def flat(x0, x1, z0, z1, height, texture):
    """A piece of ground (x0..x1, z0..z1), `height` metres over the origin; texture u runs along z, v from x1 to x0."""
    corners = np.array([(x1, -height, z0), (x1, -height, z1), (x0, -height, z1), (x0, -height, z0)], float)
    return Polygon(facing_away(corners, np.array([0.5 * (x0 + x1), 1.0 - height, 0.5 * (z0 + z1)])), texture)


def both_faces(corners, texture):
    """A thin plate (N, 3) that is seen from either side."""
    corners = np.array(corners, float)
    return [Polygon(corners, texture), Polygon(corners[::-1], texture)]


def sample_guard_rail(rng, length):
    """A steel beam on posts along z, or a low concrete barrier."""
    if rng.random() < 0.2:
        concrete = Plain(linear_color(0.1, rng.uniform(0, 0.1), rng.uniform(0.5, 0.8)), 0.15)
        shapes = box((0, 0, -length / 2), (0.4, 0.85, length / 2), concrete)
        return Thing('rail', shapes, rectangle(0.2, length / 2), 0.85)
    steel = Courses(linear_color(0.6, rng.uniform(0, 0.1), rng.uniform(0.5, 0.85)), 0.155, 0.0, 0.3, 0.1)
    shapes = box((0, 0.43, -length / 2), (0.08, 0.75, length / 2), steel)
    post = Plain(linear_color(0.6, 0.05, rng.uniform(0.3, 0.6)))
    for z in np.arange(-length / 2 + 1, length / 2, rng.choice([2.0, 4.0])):
        shapes += box((0.08, 0, z - 0.05), (0.2, 0.72, z + 0.05), post)[:4]
    return Thing('rail', shapes, rectangle(0.1, length / 2), 0.75)


def sample_fence(rng, length):
    """Upright bars or posts with two rails along z."""
    height, step = rng.uniform(0.9, 1.6), rng.choice([0.35, 0.6, 2.0])
    paint = Plain(linear_color(rng.uniform(0, 1), rng.uniform(0, 0.4), rng.uniform(0.12, 0.9)), 0.1)
    shapes = []
    for level in (0.35 * height, 0.92 * height):
        shapes += box((0, level, -length / 2), (0.05, level + 0.08, length / 2), paint)
    for z in np.arange(-length / 2, length / 2, step):
        shapes += box((0, 0, z), (0.06, height, z + 0.07), paint)[:4]
    return Thing('fence', shapes, rectangle(0.05, length / 2), height)


def sample_wall(rng, length):
    """A long blank wall of plaster, brick, rough stone or concrete along z, 1 to 6 m high."""
    height = rng.uniform(1.0, 2.6) if rng.random() < 0.65 else rng.uniform(2.6, 6.0)
    hue, saturation, value = rng.uniform(0, 0.17), rng.uniform(0, 0.5), rng.uniform(0.25, 0.9)
    color = linear_color(hue, saturation, value)
    texture = [
        Plain(color, rng.uniform(0.1, 0.4), rng.uniform(0.05, 0.5)),
        Courses(color, rng.uniform(0.08, 0.4), rng.uniform(0.2, 0.9), 0.12, 0.25),
        Rubble(color, (rng.uniform(0.25, 0.8), rng.uniform(0.15, 0.5)), rng.uniform(0.1, 0.5),
               int(rng.integers(1 << 20))),
        Courses(color, 50.0, rng.uniform(1.5, 4.0), 0.0015, 0.15),
    ][rng.integers(4)]
    shapes = box((0, 0, -length / 2), (0.3, height, length / 2), texture)
    return Thing('wall', shapes, rectangle(0.15, length / 2, x=0.15), height)


def sample_track(rng, length, look=None):
    """A railway on ballast along z: 1.435 m between rails of 0.17 m. `look` (Ballast) continues another piece."""
    bed = look or sample_ballast(rng)
    half = 0.5 * bed.width
    rust = Plain(linear_color(rng.uniform(0.02, 0.08), 0.3, rng.uniform(0.2, 0.5)), 0.2)
    shine = Plain(linear_color(0.6, 0.05, rng.uniform(0.4, 0.8)))
    shapes = [flat(-half, half, -length / 2, length / 2, 0.05, bed)]
    for x in (-0.75, 0.75):
        shapes += box((x - 0.035, 0.05, -length / 2), (x + 0.035, 0.22, length / 2), rust, top=shine)
    return Thing('track', shapes, rectangle(half, length / 2), 0.05)


def sample_ballast(rng):
    stone = linear_color(rng.uniform(0.03, 0.12), rng.uniform(0, 0.35), rng.uniform(0.3, 0.65))
    sleeper = linear_color(0.08, rng.uniform(0, 0.35), rng.uniform(0.2, 0.65))
    return Ballast(stone, sleeper, rng.uniform(0.58, 0.7), rng.uniform(3.0, 4.5))


def sample_tram_track(rng, length):
    """Two pairs of rails flush with the road along z."""
    steel = Plain(linear_color(0.6, 0.05, rng.uniform(0.15, 0.6)), 0.1)
    spread = rng.uniform(1.3, 1.7)
    rails = [middle + side * 0.72 for middle in (-spread, spread) for side in (-1, 1)]
    shapes = [flat(x - 0.05, x + 0.05, -length / 2, length / 2, 0.004, steel) for x in rails]
    return Thing('tram', shapes, rectangle(0.01, 0.01), 0.01)


def sample_wires(rng, length):
    """A mast at -z, and from it wires that sag along z to the next, `length` metres on."""
    height = rng.uniform(5, 8.5)
    wood = Plain(linear_color(0.08, rng.uniform(0, 0.35), rng.uniform(0.2, 0.6)), 0.2)
    shapes = [Cylinder(np.array([0, 0, -length / 2]), rng.uniform(0.08, 0.18), height, wood)]
    shapes += box((-0.9, height - 0.6, -length / 2 - 0.06), (0.9, height - 0.48, -length / 2 + 0.06), wood)
    dark = Plain(linear_color(0.6, 0.05, rng.uniform(0.08, 0.25)))
    sag = rng.uniform(0.2, 0.8)
    at = np.linspace(-0.5, 0.5, 5)
    drop = sag * (1 - (2 * at) ** 2)
    for x in (-0.8, 0.0, 0.8)[: rng.integers(1, 4)]:
        for i in range(4):
            (z0, y0), (z1, y1) = ((length * at[k], -(height - 0.45) + drop[k]) for k in (i, i + 1))
            left, right = x - 0.015, x + 0.015
            shapes += both_faces([(x, y0, z0), (x, y1, z1), (x, y1 - 0.03, z1), (x, y0 - 0.03, z0)], dark)
            shapes += both_faces([(left, y0, z0), (right, y0, z0), (right, y1, z1), (left, y1, z1)], dark)
    return Thing('wires', shapes, rectangle(0.1, 0.1, z=-length / 2), height)


def sample_bicycle(rng, ridden=False):
    """A bicycle along z, with somebody on it if `ridden`."""
    paint = Plain(linear_color(rng.random(), rng.uniform(0, 0.8), rng.uniform(0.1, 0.8)))
    rubber = Plain(linear_color(0, 0, rng.uniform(0.08, 0.2)))
    radius, base = 0.34, 0.52
    shapes = []
    for z in (-base, base):
        angle = np.arange(9) * (np.pi / 4)
        y, along = -radius - radius * np.sin(angle), z + radius * np.cos(angle)
        inner = 0.82
        for i in range(8):
            ring = [(0, y[i], along[i]), (0, y[i + 1], along[i + 1])]
            ring += [(0, -radius + inner * (y[k] + radius), z + inner * (along[k] - z)) for k in (i + 1, i)]
            shapes += both_faces(ring, rubber)
    # (z, height)
    rear, crank, seat, head, front = (-base, 0.34), (-0.08, 0.3), (-0.22, 0.85), (0.36, 0.82), (base, 0.34)
    for (za, ha), (zb, hb) in ((rear, crank), (crank, seat), (seat, head), (crank, head), (head, front), (rear, seat)):
        bar = [(0, -ha, za), (0, -hb, zb), (0, -hb - 0.05, zb + 0.02), (0, -ha - 0.05, za + 0.02)]
        shapes += both_faces(bar, paint)
    shapes += box((-0.28, 0.98, 0.3), (0.28, 1.02, 0.34), paint) + box((-0.07, 0.9, -0.34), (0.07, 0.96, -0.1), rubber)
    if ridden:
        up = np.array([0, -0.22, -0.1])
        for shape in sample_person(rng).shapes:
            if isinstance(shape, Ellipsoid):
                shapes.append(Ellipsoid(shape.center + up, shape.radii, shape.texture))
            else:
                shapes.append(Cylinder(shape.base + up, shape.radius, shape.height, shape.texture))
    return Thing('bicycle', shapes, rectangle(0.15, 0.8), 1.9 if ridden else 1.0)


def sample_shop(rng, width):
    """A shop's front of `width` metres along z, 0.1 m before the plane x = 0 (facing -x), some with an awning."""
    height, depth = rng.uniform(2.9, 3.8), 0.1
    frame, sign = (linear_color(rng.random(), rng.uniform(0, s), rng.uniform(0.15, 0.95)) for s in (0.5, 0.9))
    glass = linear_color(rng.uniform(0.05, 0.65), rng.uniform(0, 0.3), rng.uniform(0.2, 0.6))
    window = ShopWindow(frame, sign, glass, rng.uniform(1.1, 2.6), height, int(rng.integers(1 << 30)))
    w = width / 2
    shapes = [Polygon(np.array([(-depth, 0, w), (-depth, 0, -w), (-depth, -height, -w), (-depth, -height, w)]), window)]
    reach = 0.0
    if rng.random() < 0.4:
        reach, top = rng.uniform(0.8, 1.8), 0.82 * height
        cloth = Courses(sign, 50.0, rng.uniform(0.4, 0.8), 0.008, 0.05)
        low = -top + 0.6
        shapes += both_faces([(-depth, -top, w), (-depth, -top, -w), (-reach, low, -w), (-reach, low, w)], cloth)
    return Thing('shop', shapes, rectangle(0.1 + reach / 2, w, x=-reach / 2), height, lifted=2.0 if reach else 0.0)


def sample_shelter(rng):
    """A bus shelter: glass at the back and the sides, a roof on posts; open towards -x."""
    glass = Plain(linear_color(rng.uniform(0.45, 0.6), 0.15, rng.uniform(0.3, 0.6)), 0.5, 0.15)
    metal = Plain(linear_color(0.6, 0.1, rng.uniform(0.15, 0.5)))
    half = rng.uniform(1.4, 2.6)
    shapes = box((1.3, 0.15, -half), (1.36, 2.2, half), glass)
    shapes += box((-0.2, 2.25, -half - 0.2), (1.5, 2.4, half + 0.2), metal)
    shapes += box((0.5, 0.4, -half), (0.9, 0.48, half), metal)
    shapes += box((0.2, 0.1, half), (1.3, 2.2, half + 0.05), glass)
    shapes += [Cylinder(np.array([0.1, 0, z]), 0.04, 2.3, metal) for z in (-half, half)]
    return Thing('shelter', shapes, rectangle(0.75, half, x=0.65), 2.4, lifted=2.2)


def sample_bollard(rng):
    """A bollard, a post with a cap or a stone ball."""
    tone = Plain(linear_color(rng.random(), rng.uniform(0, 0.5), rng.uniform(0.15, 0.85)), 0.1)
    height = rng.uniform(0.5, 1.1)
    shapes = [Cylinder(np.zeros(3), rng.uniform(0.05, 0.14), height, tone)]
    shapes.append(Ellipsoid(np.array([0, -height, 0]), np.full(3, rng.uniform(0.1, 0.2)), tone))
    return Thing('bollard', shapes, rectangle(0.1, 0.1), height)
