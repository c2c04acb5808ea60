"""The look 'varied': many kinds of street, light and camera, and what plain MiniDrive lacks.

Streets through towns and fields, squares without a road, railways; hedges, thickets and woods, long walls, shop fronts,
guard rails, bicycles, wires; shade on walls, hard and soft light, good and poor sensors.
"""
from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import fittings, greenery
from .scene import (
    Camera,
    Scene,
    put,
    sample_backdrop,
    sample_houses,
    sample_light,
    sample_parked_cars,
    sample_pavement,
    sample_road,
    sample_traffic,
)
from .sensor import sample_sensor
from .shapes import Polygon
from .surfaces import Shaded
from .texture import Courses, Plain, linear_color
from .things import Thing, rectangle, sample_person

STREETS = {'city': 0.27, 'suburb': 0.22, 'village': 0.1, 'country': 0.18, 'square': 0.1, 'railway': 0.13}
# whose houses they have
STYLES = {'country': 'village', 'railway': 'suburb', 'square': 'city'}
# what stands beside each kind of street: shares of a side
BORDERS = {
    'city': {'houses': 0.8, 'wall': 0.1, 'green': 0.1},
    'suburb': {'houses': 0.5, 'hedges': 0.2, 'green': 0.2, 'wall': 0.1},
    'village': {'houses': 0.45, 'hedges': 0.2, 'green': 0.2, 'wall': 0.1, 'open': 0.05},
    'country': {'green': 0.5, 'open': 0.25, 'hedges': 0.1, 'wall': 0.05, 'houses': 0.1},
    'square': {'houses': 0.8, 'green': 0.1, 'wall': 0.1},
    'railway': {'green': 0.4, 'houses': 0.3, 'wall': 0.15, 'open': 0.15},
}
# mean numbers of what may be on each side
EXTRAS = {
    #           rails, bicycles, wires, shelter, bollards
    'city': (0.04, 0.5, 0.25, 0.12, 0.2),
    'suburb': (0.05, 0.35, 0.3, 0.06, 0.1),
    'village': (0.08, 0.25, 0.4, 0.05, 0.08),
    'country': (0.45, 0.15, 0.35, 0.03, 0.05),
    'square': (0.0, 0.7, 0.2, 0.1, 0.5),
    'railway': (0.15, 0.2, 0.6, 0.05, 0.1),
}


def sample_varied_scene(rng: np.random.Generator, streets: dict[str, float] = STREETS) -> Scene:
    """A scene of the look 'varied'; see :func:`mmdepthcls.commands.minidrive.scene.sample_scene`. `streets` are the
    shares of kinds of street."""
    kind = _choose(rng, streets)
    camera = Camera(
        height=float(np.clip(rng.normal(1.65, 0.12), 1.35, 2.0)),
        pitch=np.deg2rad(rng.uniform(-2.5, 3.0)),
        yaw=np.deg2rad(rng.normal(0, 2.5)),
        roll=np.deg2rad(rng.normal(0, 0.9)),
    )
    parked = rng.random(2) < {'city': 0.7, 'suburb': 0.55, 'village': 0.3}.get(kind, 0.1)
    road = sample_square(rng) if kind == 'square' else sample_varied_road(rng, kind, parked)
    placed = []
    for side in (-1, 1):
        border = sample_border(rng, road, side, kind, _choose(rng, BORDERS[kind]))
        placed += shade_side(rng, border)
        if parked[(side + 1) // 2] and kind != 'square':
            placed += sample_parked_cars(rng, road, side)
        placed += sample_extras(rng, road, side, EXTRAS[kind])
    if kind == 'square':
        placed += sample_crowd(rng, road)
    else:
        placed += sample_traffic(rng, road)
        if kind == 'city' and rng.random() < 0.12:
            placed += _row(rng, road, 0.0, -5, 95, 10.0, fittings.sample_tram_track)
        if rng.random() < 0.12:  # somebody on a bicycle ahead
            along = rng.uniform(7, 30)
            if _is_free(placed, road, road.right - 0.9, along):
                put(placed, road, fittings.sample_bicycle(rng, ridden=True), road.right - 0.9, along)
    placed += sample_backdrop(rng, road, STYLES.get(kind, kind))
    placed += sample_casters(rng)
    return Scene(camera, road, sample_varied_light(rng), placed, int(rng.integers(1 << 62)), sample_sensor(rng))


def _choose(rng, shares):
    names = list(shares)
    return names[rng.choice(len(names), p=list(shares.values()))]


def _row(rng, road, lateral, start, end, length, sample, turned=0.0):
    """Pieces of `length` metres that follow the street from `start` to `end`; all of them alike."""
    placed, seed = [], int(rng.integers(1 << 62))
    for along in np.arange(start + length / 2, end, length):
        put(placed, road, sample(np.random.default_rng(seed), length), lateral, along, turned)
    return placed


def _is_free(placed, road, lateral, along):
    spot = road.position(lateral, along)[0][[0, 2]]
    return all(np.abs(thing.footprint.mean(0) - spot).max() > 3.5 for thing in placed if thing.kind in ('car', 'lorry'))


def sample_varied_road(rng, kind, parked):
    """Lanes from narrow to wide, with or without paint, with or without pavements."""
    road = sample_road(rng, parked)
    narrow = rng.random() < {'city': 0.25, 'suburb': 0.35, 'village': 0.5}.get(kind, 0.35)
    stretch = rng.uniform(0.95, 1.5)
    left, right, offset = road.left * stretch, road.right * stretch, road.offset * stretch
    if narrow:  # one lane for both directions
        half = rng.uniform(1.6, 2.7)
        left, right = -half - 2.2 * parked[0], half + 2.2 * parked[1]
        offset = rng.uniform(-0.1, 0.45) * half
    verge = Plain(linear_color(rng.uniform(0.14, 0.33), rng.uniform(0.2, 0.65), rng.uniform(0.3, 0.65)), 0.5, 0.06)
    stones = Courses(linear_color(rng.uniform(0, 0.15), rng.uniform(0, 0.35), rng.uniform(0.3, 0.8)),
                     rng.uniform(0.15, 1.0), rng.uniform(0.15, 1.0), 0.06, 0.3)
    rural = kind in ('country', 'railway')
    return replace(
        road,
        left=left,
        right=right,
        offset=offset,
        pavement=rng.uniform(0.7, 3.0) if rural else rng.uniform(0.8, 6.0),
        kerb=rng.uniform(0.0, 0.05) if rural else rng.uniform(0.03, 0.17),
        bend=rng.normal(0, 2.5e-3),
        asphalt=linear_color(rng.uniform(0, 1), rng.uniform(0, 0.12), rng.uniform(0.2, 0.75)),
        lanes=() if narrow else tuple(x * stretch for x in road.lanes),
        dash=0.0 if narrow and rng.random() < 0.7 else road.dash,
        crossings=() if rural else road.crossings,
        pavement_texture=verge if rng.random() < (0.7 if rural else 0.15) else stones,
        land_texture=verge if rng.random() < 0.6 else road.land_texture,
    )


def sample_square(rng):
    """A square or a street for walkers: paving from house to house, no road."""
    road = sample_road(rng, (False, False))
    color = linear_color(rng.uniform(0, 0.15), rng.uniform(0, 0.3), rng.uniform(0.35, 0.85))
    paving = Courses(color, rng.uniform(0.15, 1.2), rng.uniform(0.15, 1.2), 0.05, 0.3)
    return replace(road, left=-0.02, right=0.02, pavement=rng.uniform(3.5, 20), kerb=0.0, offset=rng.normal(0, 1.0),
                   kerbstone=color * rng.uniform(0.5, 1.0), dash=0.0, lanes=(), crossings=(), pavement_texture=paving)


def sample_border(rng, road, side, kind, border):
    """What stands along one side of the street (side -1 left, 1 right): a list of placed things."""
    edge = (road.right if side > 0 else -road.left) + road.pavement
    turned = 0.0 if side > 0 else np.pi
    placed = []
    if border == 'houses':
        style = 'village' if kind == 'railway' else STYLES.get(kind, kind)
        placed += sample_houses(rng, road, side, style)
        if style == 'city' and rng.random() < 0.7:
            placed += [shop for house in placed if house.kind == 'house' for shop in _shops(rng, road, house, side)]
    else:
        sample = {'hedges': greenery.sample_clipped_hedge, 'wall': fittings.sample_wall}.get(border)
        along, end = rng.uniform(-6, 4), rng.uniform(50, 140)
        setback = rng.uniform(0.1, 4) if border != 'open' else 0.0
        while along < end and border != 'open':
            length = rng.uniform(8, 40) if sample else rng.uniform(5, 14)
            thing = (sample or greenery.sample_thicket)(rng, length)
            put(placed, road, thing, side * (edge + setback), along + length / 2, turned)
            along += length + (0.0 if rng.random() < 0.6 else rng.uniform(1, 12))
        placed += _trees_behind(rng, road, side, edge + setback, border)
    if kind == 'railway' and (side > 0 or rng.random() < 0.4):
        bed = fittings.sample_ballast(rng)
        lateral = edge + 0.3 + 0.5 * bed.width
        placed = [thing for thing in placed if _clear_of(road, thing, side, lateral + 0.5 * bed.width)]
        for shift in (0.0, bed.width)[: rng.integers(1, 3)]:
            placed += _row(rng, road, side * (lateral + shift), -5, 145, 10.0,
                           lambda own, length: fittings.sample_track(own, length, bed))
    if kind != 'country' or rng.random() < 0.3:
        placed += sample_pavement(rng, road, side) if kind != 'square' else []
    return placed


def _clear_of(road, thing, side, lateral):
    return (side * road.lateral(*thing.footprint.T)).min() > lateral or thing.footprint[:, 1].min() > 150


def _shops(rng, road, house, side):
    """Shop fronts on the front of a placed house, which is the first two corners' side of its outline."""
    a, b = house.footprint[[0, 3]]
    middle, width = (a + b) / 2, float(np.linalg.norm(b - a))
    if rng.random() < 0.35 or middle[1] > 90 or width < 4:
        return []
    shop = fittings.sample_shop(rng, width * rng.uniform(0.6, 0.98))
    placed = []
    put(placed, road, shop, road.lateral(*middle), middle[1], 0.0 if side > 0 else np.pi)
    return placed


def _trees_behind(rng, road, side, edge, border):
    """A wood behind a thicket, single trees behind a hedge or wall or in the fields."""
    placed = []
    count = {'green': rng.integers(4, 14), 'open': rng.integers(0, 5)}.get(border, rng.integers(0, 7))
    for _ in range(count):
        along = rng.uniform(4, 110)
        tree = greenery.sample_broad_tree(rng, 7 if along < 30 else 4)
        reach = rng.uniform(3, 8) if border == 'green' else rng.uniform(3, 40)
        put(placed, road, tree, side * (edge + reach), along)
    return placed


def sample_extras(rng, road, side, means):
    """Guard rails or fences, bicycles, wires, shelters and bollards on one side of the street."""
    placed = []
    edge = road.right if side > 0 else -road.left
    if edge < 1:  # a square
        edge = rng.uniform(0.4, 1) * road.pavement - 0.5
    turned = 0.0 if side > 0 else np.pi
    rails, bicycles, wires, shelter, bollards = means
    if rng.random() < rails:
        start = rng.uniform(-4, 20)
        sample = fittings.sample_guard_rail if rng.random() < 0.7 else fittings.sample_fence
        lateral = side * (edge + rng.uniform(0.3, 0.8))
        placed += _row(rng, road, lateral, start, start + rng.uniform(20, 90), 8.0, sample, turned)
    for _ in range(rng.poisson(bicycles)):
        along, across = rng.uniform(5, 35), rng.random() < 0.4
        for i in range(rng.integers(1, 5)):
            put(placed, road, fittings.sample_bicycle(rng, ridden=False), side * (edge + rng.uniform(0.4, 1.0)),
                along + i * (0.6 if across else 2.0), np.pi / 2 * across + rng.normal(0, 0.15))
    if rng.random() < wires:
        start, span = rng.uniform(2, 12), rng.uniform(22, 40)
        placed += _row(rng, road, side * (edge + 0.6), start, 120, span, fittings.sample_wires)
    if rng.random() < shelter:
        put(placed, road, fittings.sample_shelter(rng), side * (edge + 1.2), rng.uniform(6, 45), turned)
    if rng.random() < bollards:
        seed, along = int(rng.integers(1 << 62)), rng.uniform(4, 15)
        for i in range(rng.integers(4, 14)):
            bollard = fittings.sample_bollard(np.random.default_rng(seed))
            put(placed, road, bollard, side * (edge + 0.3), along + 1.8 * i)
    return placed


def sample_crowd(rng, road):
    """People, some on bicycles, and a few trees in the middle of a square."""
    placed = []
    for _ in range(rng.poisson(7)):
        person = fittings.sample_bicycle(rng, ridden=True) if rng.random() < 0.2 else sample_person(rng)
        along, reach = rng.uniform(4, 60), road.pavement - 0.5
        put(placed, road, person, rng.uniform(-reach, reach), along, rng.uniform(0, 2 * np.pi))
    if road.pavement > 9:
        for _ in range(rng.integers(0, 6)):
            lateral = rng.choice([-1, 1]) * rng.uniform(4, road.pavement)
            put(placed, road, greenery.sample_broad_tree(rng, 6), lateral, rng.uniform(12, 70))
    return placed


def shade_side(rng, things):
    """The things (placed) with the shade on some of them of what is outside the picture; of a whole side at times."""
    whole = rng.random() < 0.25
    strength = rng.uniform(0.35, 0.75)
    shaded = []
    for thing in things:
        if not whole and (rng.random() < 0.5 or thing.kind not in ('house', 'wall', 'hedge', 'shop')):
            shaded.append(thing)
            continue
        limit = np.inf if whole else rng.uniform(-2, 8)
        lean, tatters = rng.uniform(-0.8, 0.8), rng.choice([0.0, 0.0, rng.uniform(0.3, 1.5)])
        shapes = [
            Polygon(shape.vertices, Shaded(shape.texture, lean, 1.0, limit, strength, 0.0 if whole else tatters))
            if isinstance(shape, Polygon) else replace(shape, texture=Shaded(shape.texture, 0.0, 0.0, np.inf, strength))
            if whole else shape for shape in thing.shapes
        ]
        shaded.append(replace(thing, shapes=shapes))
    return shaded


def sample_casters(rng):
    """Things outside the picture that throw shade on the street: they have an outline and a height, and no surface."""
    placed = []
    for _ in range(rng.poisson(1.2)):
        side, along = rng.choice([-1, 1]), rng.uniform(-15, 60)
        outline = rectangle(rng.uniform(2, 6), rng.uniform(2, 14), x=side * rng.uniform(10, 18), z=along)
        lifted = rng.uniform(2, 5) if rng.random() < 0.4 else 0.0
        placed.append(Thing('caster', [], outline, rng.uniform(5, 16), lifted))
    return placed


def sample_varied_light(rng):
    """From flat light under clouds to a hard sun with deep shade, from blue to burnt-out skies."""
    light = sample_light(rng)
    sky = rng.uniform(0.8, 3.5) if rng.random() < 0.6 else rng.uniform(0.4, 1.0)
    tint = 1 + rng.normal(0, 0.05, 3)
    return replace(light, sunlight=light.sunlight * rng.uniform(0.7, 2.0),
                   skylight=light.skylight * rng.uniform(0.35, 1.1) * tint,
                   horizon=light.horizon * sky, zenith=light.zenith * sky,
                   haze=float(np.exp(rng.uniform(np.log(1e-4), np.log(6e-3)))), brightness=rng.uniform(0.32, 0.6))
