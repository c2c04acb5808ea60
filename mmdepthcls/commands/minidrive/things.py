"""The things that stand in a MiniDrive street: houses, trees, people, poles, signs and hedges (cars: vehicles.py).

Every maker takes a random generator and returns a `Thing` about its own origin on the ground, z forward along the
street, x away from its left side, y down, metres.
"""

from dataclasses import dataclass, replace

import numpy as np

from .shapes import Cylinder, Ellipsoid, Polygon, box, disc, place, turn
from .texture import Courses, Facade, Plain, linear_color


@dataclass(frozen=True)
class Thing:
    """Something that stands on the ground.

    Args:
        kind (str): 'house', 'car', 'tree', ...
        shapes (list): Polygon, Ellipsoid and Cylinder.
        footprint (np.ndarray): (M, 2) outline on the ground, (x, z) metres.
        height (float): Metres from which it throws a shadow.
        lifted (float): Height in metres at which the shadow-throwing part begins (a crown, a lamp).
    """

    kind: str
    shapes: list
    footprint: np.ndarray
    height: float
    lifted: float = 0.0


def place_thing(thing, position, yaw):
    """The thing at `position` (3,) metres, turned by `yaw` (rad)."""
    x, z = thing.footprint.T
    outline = (turn(np.stack([x, 0 * x, z], 1), yaw) + position)[:, [0, 2]]
    return Thing(thing.kind, place(thing.shapes, position, yaw), outline, thing.height, thing.lifted)


def rectangle(half_x, half_z, x=0.0, z=0.0):
    """Footprint (4, 2) around (x, z)."""
    return np.array(
        [(x - half_x, z - half_z), (x + half_x, z - half_z), (x + half_x, z + half_z), (x - half_x, z + half_z)]
    )


def sample_facade(rng, width, storeys, storey, style):
    """A house front; `style` is the street's: 'city', 'suburb' or 'village'."""
    hue, saturation = (
        (rng.uniform(0.0, 0.14), rng.uniform(0.05, 0.6)) if rng.random() < 0.8 else (rng.random(), rng.uniform(0, 0.25))
    )
    brick = rng.random() < 0.35
    if brick:
        hue, saturation = rng.uniform(0.01, 0.07), rng.uniform(0.35, 0.65)
    return Facade(
        wall=linear_color(hue, saturation, rng.uniform(0.4, 0.75) if brick else rng.uniform(0.5, 0.95)),
        trim=linear_color(rng.random(), rng.uniform(0, 0.1), rng.choice([0.9, 0.8, 0.35])),
        glass=linear_color(rng.uniform(0.5, 0.65), rng.uniform(0.1, 0.35), rng.uniform(0.25, 0.5)),
        door=linear_color(rng.random(), rng.uniform(0.2, 0.7), rng.uniform(0.2, 0.5)),
        width=width,
        storeys=storeys,
        storey=storey,
        spacing=rng.uniform(2.0, 3.2),
        window=(rng.uniform(0.9, 1.5), rng.uniform(1.2, 1.7)),
        brick=brick,
        shop=style == 'city' and rng.random() < 0.5,
        seed=int(rng.integers(1 << 30)),
    )


def sample_house(rng, width, style):
    """A house with its front in the plane x = 0 (facing -x), `width` metres along z; the ridge runs along or across."""
    depth = rng.uniform(7, 13)
    storeys = int(rng.integers(*{'city': (3, 7), 'suburb': (2, 4), 'village': (1, 3)}[style]))
    storey = rng.uniform(2.6, 3.3)
    wall_height = storeys * storey + rng.uniform(0.2, 0.6)
    facade = sample_facade(rng, width, storeys, storey, style)
    side = replace(facade, width=depth, shop=False, seed=facade.seed + 1)
    tiles = linear_color(rng.uniform(-0.02, 0.06), rng.uniform(0.05, 0.6), rng.uniform(0.25, 0.55))
    roof = Courses(tiles, pitch=0.35)
    flat = style == 'city' and rng.random() < 0.5
    rise = 0.0 if flat else rng.uniform(0.5, 1.1) * 0.5 * min(depth, width)
    along = style == 'city' or rng.random() < 0.65
    shapes = _house_walls(width, depth, wall_height, rise, along, facade, side, roof)
    if not flat and rng.random() < 0.7:
        x, z = rng.uniform(0.3, 0.6) * depth, rng.uniform(-0.35, 0.35) * width
        brick = Courses(linear_color(0.03, 0.4, 0.4), pitch=0.2)
        shapes += box((x, wall_height, z - 0.4), (x + 0.7, wall_height + rise + 0.9, z + 0.4), brick)
    return Thing('house', shapes, rectangle(depth / 2, width / 2, x=depth / 2), wall_height + 0.6 * rise)


def _house_walls(width, depth, height, rise, along, facade, side, roof):
    w, d, h, top = width / 2, depth, -height, -height - rise
    front = [(0, 0, w), (0, 0, -w), (0, h, -w), (0, h, w)]
    back = [(d, 0, -w), (d, 0, w), (d, h, w), (d, h, -w)]
    near = [(0, 0, -w), (d, 0, -w), (d, h, -w), (0, h, -w)]
    far = [(d, 0, w), (0, 0, w), (0, h, w), (d, h, w)]
    if not rise:
        slopes = [[(0, h, w), (0, h, -w), (d, h, -w), (d, h, w)]]
    elif along:
        near.insert(3, (d / 2, top, -w))
        far.insert(3, (d / 2, top, w))
        eave = 0.4 * rise / (d / 2)  # the roof reaches 0.4 m over the wall and so that much lower
        slopes = [
            [(-0.4, h + eave, w), (-0.4, h + eave, -w), (d / 2, top, -w), (d / 2, top, w)],
            [(d + 0.4, h + eave, -w), (d + 0.4, h + eave, w), (d / 2, top, w), (d / 2, top, -w)],
        ]
    else:
        front.insert(3, (0, top, 0))
        back.insert(3, (d, top, 0))
        eave = 0.4 * rise / w
        slopes = [
            [(-0.3, h + eave, -w - 0.4), (d, h + eave, -w - 0.4), (d, top, 0), (-0.3, top, 0)],
            [(d, h + eave, w + 0.4), (-0.3, h + eave, w + 0.4), (-0.3, top, 0), (d, top, 0)],
        ]
    walls = [(front, facade), (back, facade), (near, side), (far, side)]
    return [Polygon(np.array(v, float), t) for v, t in (*walls, *((s, roof) for s in slopes))]


def sample_tree(rng, clumps):
    """A tree of 4 to 11 m, its crown made of `clumps` ragged ellipsoids (a conifer: of a stack)."""
    height = rng.uniform(4, 11)
    leaves = linear_color(rng.uniform(0.18, 0.34), rng.uniform(0.3, 0.65), rng.uniform(0.28, 0.55))
    if rng.random() < 0.12:  # autumn
        leaves = linear_color(rng.uniform(0.05, 0.13), 0.6, rng.uniform(0.4, 0.6))
    bark = Plain(linear_color(0.08, rng.uniform(0.1, 0.4), rng.uniform(0.25, 0.4)), 0.3)
    stem = rng.uniform(0.12, 0.26)
    conifer = rng.random() < 0.2
    clear = (0.15 if conifer else rng.uniform(0.25, 0.4)) * height
    reach = (0.2 if conifer else rng.uniform(0.26, 0.42)) * height
    shapes = [Cylinder(np.zeros(3), stem, 0.7 * height, bark)]
    for i in range(clumps):
        share = (i + 0.5) / clumps
        middle = clear + share * (height - clear)
        if conifer:
            spread, size = 0.05, reach * (1.1 - share)
        else:
            spread, size = 0.55 * (1 - abs(2 * share - 1) ** 2) + 0.1, reach * rng.uniform(0.5, 0.75)
        angle = rng.uniform(0, 2 * np.pi)
        center = np.array([spread * reach * np.cos(angle), -middle, spread * reach * np.sin(angle)])
        tall = max(0.7 * size, 0.75 * (height - clear) / clumps)
        tint = leaves * rng.uniform(0.8, 1.2) * (0.75 + 0.4 * share)
        shapes.append(Ellipsoid(center, np.array([size, tall, size]), Plain(tint, 0.5, 0.05), ragged=0.6))
    angles = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    outline = 0.9 * reach * np.stack([np.cos(angles), np.sin(angles)], 1)
    return Thing('tree', shapes, outline, height, lifted=clear)


def sample_person(rng):
    """Somebody of 1.1 to 1.95 m who stands or walks along z."""
    tall = rng.uniform(1.55, 1.95) if rng.random() < 0.85 else rng.uniform(1.1, 1.5)
    k = tall / 1.75
    shirt, trousers, hair = (
        Plain(linear_color(rng.random(), rng.uniform(0.1, s), rng.uniform(0.12, v)), 0.1)
        for s, v in ((0.8, 0.9), (0.5, 0.5), (0.4, 0.4))
    )
    skin = Plain(linear_color(rng.uniform(0.04, 0.08), rng.uniform(0.3, 0.5), rng.uniform(0.4, 0.9)))
    stride = rng.uniform(0, 0.2) * k
    shapes = [
        Ellipsoid(k * np.array([0, -1.61, 0]), k * np.array([0.09, 0.13, 0.1]), skin),
        Ellipsoid(k * np.array([0, -1.67, -0.015]), k * np.array([0.1, 0.09, 0.11]), hair),
        Ellipsoid(k * np.array([0, -1.38, 0]), k * np.array([0.22, 0.1, 0.13]), shirt),
        Cylinder(k * np.array([0, -0.82, 0]), 0.165 * k, 0.58 * k, shirt),
    ]
    for side in (-1, 1):
        leg = np.array([0.085 * side * k, 0, stride * side])
        arm = k * np.array([0.205 * side, -0.8, 0])
        shapes.append(Cylinder(leg, 0.075 * k, 0.88 * k, trousers))
        shapes.append(Cylinder(arm, 0.05 * k, 0.58 * k, shirt))
    return Thing('person', shapes, rectangle(0.22, 0.2), tall)


def sample_lamp(rng):
    """A lamp post of 5 to 9 m with an arm over the street (towards -x)."""
    height, arm = rng.uniform(5, 9), rng.uniform(0.6, 2.0)
    metal = Plain(linear_color(0.4, rng.uniform(0, 0.3), rng.uniform(0.2, 0.6)))
    shapes = [Cylinder(np.zeros(3), 0.08, height, metal), Cylinder(np.zeros(3), 0.13, 1.0, metal)]
    shapes += box((-arm, height - 0.12, -0.05), (0, height, 0.05), metal)
    shapes.append(Ellipsoid(np.array([-arm, -height + 0.1, 0]), np.array([0.45, 0.13, 0.16]), metal))
    return Thing('pole', shapes, rectangle(0.08, 0.08), height)


def sample_sign(rng):
    """A traffic sign on a pole: ring, triangle or blue board, of the usual size, facing -z."""
    height = rng.uniform(2.2, 3.0)
    gray, white = Plain(linear_color(0, 0, 0.6)), Plain(linear_color(0, 0, 0.9))
    red, blue = Plain(linear_color(0.99, 0.85, 0.75)), Plain(linear_color(0.6, 0.8, 0.65))
    shapes = [Cylinder(np.zeros(3), 0.035, height + 0.2, gray)]
    sides, outer, inner = [(12, red, white), (3, red, white), (4, blue, white), (12, blue, blue)][rng.integers(4)]
    shapes += disc((0, -height, -0.05), 0.36, outer, axis='z', sides=sides)
    shapes += disc((0, -height, -0.06), 0.25 if sides > 3 else 0.2, inner, axis='z', sides=sides)[1:]
    return Thing('sign', shapes, rectangle(0.04, 0.04), height)


def sample_traffic_light(rng):
    """A traffic light of 3.4 m, facing -z."""
    dark = Plain(linear_color(0, 0, 0.15))
    shapes = [Cylinder(np.zeros(3), 0.07, 3.4, Plain(linear_color(0.3, 0.1, 0.4)))]
    shapes += box((-0.16, 2.5, -0.3), (0.16, 3.4, -0.05), dark)
    lit = rng.integers(3)
    for i, hue in enumerate((0.0, 0.12, 0.38)):
        lamp = Plain(linear_color(hue, 0.9, 1.0 if i == lit else 0.2))
        shapes += disc((0, -3.25 + 0.29 * i, -0.31), 0.11, lamp, axis='z', sides=8)[1:]
    return Thing('sign', shapes, rectangle(0.1, 0.1), 3.4)


def sample_bin(rng):
    """A waste bin, letter box or cabinet on the pavement."""
    x, z, h = rng.uniform(0.2, 0.4), rng.uniform(0.2, 0.6), rng.uniform(0.8, 1.4)
    paint = Plain(linear_color(rng.random(), rng.uniform(0, 0.8), rng.uniform(0.25, 0.8)), 0.1)
    return Thing('bin', box((-x, 0, -z), (x, h, z), paint), rectangle(x, z), h)


def sample_hedge(rng, length):
    """A hedge, fence or low wall along z."""
    height, thick = rng.uniform(0.7, 1.8), rng.uniform(0.15, 0.8)
    kind = rng.integers(3)
    if kind == 0:
        texture = Plain(linear_color(rng.uniform(0.2, 0.33), 0.5, rng.uniform(0.25, 0.45)), 0.5, 0.07)
    elif kind == 1:
        texture, thick = (
            Courses(linear_color(0.08, rng.uniform(0.1, 0.5), rng.uniform(0.4, 0.8)), 3.0, 0.18, 0.02),
            0.12,
        )
    else:
        texture = Courses(linear_color(rng.uniform(0.02, 0.1), rng.uniform(0.05, 0.4), rng.uniform(0.4, 0.75)), 0.25)
    shapes = box((0, 0, -length / 2), (thick, height, length / 2), texture)
    return Thing('hedge', shapes, rectangle(thick / 2, length / 2, x=thick / 2), height)
