"""What stands where: a MiniDrive street drawn from a random generator.

World frame as in shapes.py (x right, y down, z forward, metres); the camera stands at (0, -height, 0) and looks along z
before its angles (radians) turn it.
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import things, vehicles
from .ground import Road
from .sensor import PictureMaker
from .shapes import Ellipsoid
from .texture import Courses, Plain, linear_color

FOCAL = 0.58  # image widths, as KITTI's 721 px at 1242; the same in all scenes, or metres would be ambiguous


@dataclass(frozen=True)
class Camera:
    """A pinhole camera over the road.

    Args:
        height: Metres over the road.
        pitch: Radians downwards.
        yaw: Radians to the right.
        roll: Radians clockwise.
        focal: Horizontal focal length in image widths.
        aspect: Width of a pixel / its height, which is the vertical focal length in pixels / the horizontal one.
    """

    height: float = 1.65
    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0
    focal: float = FOCAL
    aspect: float = 1.0

    @property
    def position(self):
        return np.array([0.0, -self.height, 0.0])

    def rotation(self):
        """World to camera, (3, 3)."""
        (cp, sp), (cy, sy), (cr, sr) = ((np.cos(a), np.sin(a)) for a in (self.pitch, self.yaw, self.roll))
        yaw = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
        pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        roll = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
        return roll @ pitch @ yaw


@dataclass(frozen=True)
class Light:
    """Light and air. Colors (3,) linear RGB.

    Args:
        sun: (3,) unit direction towards the sun.
        sunlight, skylight, horizon, zenith: Colors.
        clouds: Share of the sky under cloud, 0..1.
        haze: Extinction in 1/m.
        brightness: Mean gray level (0..1, after gamma) at which the camera exposes.
    """

    sun: np.ndarray
    sunlight: np.ndarray
    skylight: np.ndarray
    horizon: np.ndarray
    zenith: np.ndarray
    clouds: float
    haze: float
    brightness: float


@dataclass(frozen=True)
class Scene:
    """Everything `render` needs. `things` are placed; `seed` fixes noise textures, clouds and the sensor's noise.

    `sensor` is the camera that the picture goes through (sensor.py); None leaves it as the renderer exposes it.
    """

    camera: Camera
    road: Road
    light: Light
    things: list
    seed: int
    sensor: PictureMaker | None = None


def sample_scene(rng: np.random.Generator) -> Scene:
    """A street scene.

    Args:
        rng: Decides everything; equal generators give equal scenes.

    Returns:
        Ready for `render`.
    """
    style = rng.choice(['city', 'suburb', 'village'], p=[0.35, 0.4, 0.25])
    camera = Camera(
        height=float(np.clip(rng.normal(1.65, 0.12), 1.35, 2.0)),
        pitch=np.deg2rad(rng.uniform(-2.0, 2.5)),
        yaw=np.deg2rad(rng.normal(0, 2.0)),
        roll=np.deg2rad(rng.normal(0, 0.6)),
    )
    parked = rng.random(2) < {'city': 0.8, 'suburb': 0.55, 'village': 0.3}[style]  # left, right
    road = sample_road(rng, parked)
    placed = []
    for side in (-1, 1):
        placed += sample_houses(rng, road, side, style)
        placed += sample_pavement(rng, road, side)
        if parked[(side + 1) // 2]:
            placed += sample_parked_cars(rng, road, side)
    placed += sample_traffic(rng, road)
    placed += sample_backdrop(rng, road, style)
    return Scene(camera, road, sample_light(rng), placed, int(rng.integers(1 << 62)))


def sample_light(rng):
    """Sun anywhere above 15 degrees, clear to overcast, thin to thick haze."""
    elevation, azimuth = np.deg2rad(rng.uniform(15, 70)), rng.uniform(0, 2 * np.pi)
    level = np.cos(elevation)
    clouds = rng.beta(0.8, 0.8)
    direct = max(0.0, 1 - 1.25 * clouds) * rng.uniform(1.0, 2.0)
    horizon = linear_color(rng.uniform(0.5, 0.65), rng.uniform(0, 0.2), rng.uniform(0.75, 1.0))
    if rng.random() < 0.15:  # a low, warm sun
        horizon = linear_color(rng.uniform(0.04, 0.12), rng.uniform(0.1, 0.4), rng.uniform(0.7, 1.0))
    blue = linear_color(rng.uniform(0.55, 0.63), rng.uniform(0.3, 0.7), rng.uniform(0.6, 0.95))
    return Light(
        sun=np.array([level * np.sin(azimuth), -np.sin(elevation), level * np.cos(azimuth)]),
        sunlight=direct * linear_color(rng.uniform(0.06, 0.14), rng.uniform(0, 0.25), 1.0),
        skylight=rng.uniform(0.45, 0.8) * linear_color(0.6, rng.uniform(0, 0.2), 1.0),
        horizon=horizon,
        zenith=blue * (1 - clouds) + horizon * 0.7 * clouds,
        clouds=float(clouds),
        haze=float(np.exp(rng.uniform(np.log(4e-4), np.log(1.2e-2)))),
        brightness=rng.uniform(0.36, 0.56),
    )


def sample_road(rng, parked):
    """One or two lanes each way, a strip for parked cars where `parked` (left, right), paint and pavements."""
    lane = rng.uniform(2.7, 3.6)
    lanes_left, lanes_right = (int(n) for n in (rng.random(2) < 0.2) + 1)
    left, right = -lane * lanes_left - 2.2 * parked[0], lane * lanes_right + 2.2 * parked[1]
    lines = [sign * lane for sign, n in ((-1, lanes_left), (1, lanes_right)) if n == 2]
    if rng.random() < 0.5:
        lines += [left + 0.2 + 2.2 * parked[0], right - 0.2 - 2.2 * parked[1]]
    dash, gap = [(3.0, rng.uniform(3, 9)), (1.5, 1.5), (1.0, 0.0), (0.0, 0.0)][rng.choice(4, p=[0.5, 0.15, 0.15, 0.2])]
    slab = Courses(
        linear_color(rng.uniform(0.02, 0.15), rng.uniform(0, 0.25), rng.uniform(0.4, 0.75)),
        rng.uniform(0.4, 1.0),
        rng.uniform(0.4, 1.0),
        0.05,
    )
    grass = Plain(linear_color(rng.uniform(0.16, 0.32), rng.uniform(0.25, 0.6), rng.uniform(0.3, 0.6)), 0.35, 0.06)
    bare = Plain(linear_color(rng.uniform(0.05, 0.12), rng.uniform(0, 0.35), rng.uniform(0.35, 0.65)), 0.2, 0.05)
    return Road(
        left=left,
        right=right,
        pavement=rng.uniform(1.4, 4.0),
        kerb=rng.uniform(0.06, 0.16),
        bend=rng.normal(0, 1.2e-3),
        offset=lane * (lanes_right - 0.5) + rng.normal(0, 0.3),
        asphalt=linear_color(rng.uniform(0, 1), rng.uniform(0, 0.08), rng.uniform(0.28, 0.6)),
        paint=linear_color(rng.uniform(0.1, 0.14), 0.7 if rng.random() < 0.12 else 0.05, rng.uniform(0.8, 1.0)),
        kerbstone=linear_color(0.1, rng.uniform(0, 0.1), rng.uniform(0.5, 0.8)),
        dash=dash,
        gap=gap,
        lanes=tuple(lines),
        crossings=tuple(rng.uniform(7, 45, size=rng.choice(3, p=[0.6, 0.3, 0.1]))),
        pavement_texture=slab,
        land_texture=grass if rng.random() < 0.7 else bare,
    )


def put(placed, road, thing, lateral, along, turned=0.0):
    position, yaw = road.position(lateral, along)
    placed.append(things.place_thing(thing, position, yaw + turned))


def sample_houses(rng, road, side, style):
    """A row of houses with gaps; before a gap or a deep front garden stands a hedge, in gaps and behind them trees."""
    placed = []
    edge = (road.right if side > 0 else -road.left) + road.pavement
    turned = 0.0 if side > 0 else np.pi  # fronts face the street
    setback = {'city': rng.uniform(0, 1.5), 'suburb': rng.uniform(1, 7), 'village': rng.uniform(1, 12)}[style]
    solid = {'city': 0.85, 'suburb': 0.25, 'village': 0.1}[style]  # share of houses that touch the next one
    empty = {'city': 0.08, 'suburb': 0.12, 'village': 0.3}[style]  # share of plots without a house
    along, end = rng.uniform(-14, -2), rng.uniform(60, 170)
    while along < end:
        width = rng.uniform(6, 16 if style == 'city' else 13)
        middle = along + width / 2
        front = edge + 0.1 + max(0.0, setback + rng.normal(0, 0.5 if solid > 0.5 else 1.5))
        if rng.random() < empty:
            width = rng.uniform(6, 25)
            middle = along + width / 2
            for _ in range(rng.integers(0, 4)):
                tree = things.sample_tree(rng, 6 if middle < 45 else 3)
                put(placed, road, tree, side * (edge + rng.uniform(2, 20)), middle + rng.uniform(-0.5, 0.5) * width)
        else:
            house = things.sample_house(rng, width, style)
            put(placed, road, house, side * front, middle, turned)
        if front - edge > 1.5 and rng.random() < 0.5:
            put(placed, road, things.sample_hedge(rng, width), side * (edge + 0.05), middle, turned)
        along += width + (0.0 if rng.random() < solid else rng.uniform(1.5, 9))
    return placed


def sample_pavement(rng, road, side):
    """Lamps, signs, trees, bins and people on one pavement."""
    placed = []
    edge = road.right if side > 0 else -road.left
    turned = 0.0 if side > 0 else np.pi
    avenue = rng.random() < 0.35
    along = rng.uniform(2.5, 9)
    while along < 110:
        kind = rng.choice(5, p=[0.22, 0.4 if avenue else 0.1, 0.14, 0.08, 0.46 if not avenue else 0.16])
        if kind == 0:
            put(placed, road, things.sample_lamp(rng), side * (edge + 0.5), along, turned)
        elif kind == 1:
            put(placed, road, things.sample_tree(rng, 7 if along < 40 else 3), side * (edge + 0.7), along)
        elif kind == 2:
            sign = things.sample_traffic_light(rng) if rng.random() < 0.25 else things.sample_sign(rng)
            put(placed, road, sign, side * (edge + 0.4), along)
        elif kind == 3:
            put(placed, road, things.sample_bin(rng), side * (edge + road.pavement - 0.4), along)
        along += rng.uniform(4, 14)
    for _ in range(rng.poisson(2.5)):
        where = edge + rng.uniform(0.3, road.pavement - 0.3)
        put(placed, road, things.sample_person(rng), side * where, rng.uniform(4, 60), rng.choice([0, np.pi]))
    return placed


def sample_parked_cars(rng, road, side):
    placed, along = [], rng.uniform(-1, 8)
    share = rng.uniform(0.3, 0.95)
    lateral = (road.right if side > 0 else road.left) - side * 1.1
    while along < 110:
        if rng.random() < share:
            car = vehicles.sample_lorry(rng) if rng.random() < 0.04 else vehicles.sample_car(rng, along < 45)
            length = np.ptp(car.footprint[:, 1])
            turned = 0.0 if side > 0 or rng.random() < 0.3 else np.pi
            put(placed, road, car, lateral + rng.normal(0, 0.08), along + length / 2, turned + rng.normal(0, 0.02))
        else:
            length = rng.uniform(4, 7)
        along += length + rng.uniform(0.5, 1.5)
    return placed


def sample_traffic(rng, road):
    """Moving cars in our lane and the oncoming one, and somebody who crosses the street."""
    placed = []
    ours = road.offset + rng.normal(0, 0.15)
    theirs = -rng.uniform(1.4, 1.8)
    for lateral, turned, share in ((ours, 0.0, 0.6), (theirs, np.pi, 0.75)):
        along = rng.uniform(7, 40)
        while along < 120 and rng.random() < share:
            car = vehicles.sample_lorry(rng) if rng.random() < 0.08 else vehicles.sample_car(rng, along < 45)
            length = np.ptp(car.footprint[:, 1])
            put(placed, road, car, lateral, along + length / 2, turned)
            along += length + rng.uniform(4, 35)
    if rng.random() < 0.25:
        along, lateral = rng.uniform(8, 30), rng.uniform(road.left, road.right)
        spot = road.position(lateral, along)[0][[0, 2]]
        if all(np.abs(car.footprint.mean(0) - spot).max() > 4.5 for car in placed):
            put(placed, road, things.sample_person(rng), lateral, along, rng.choice([-1, 1]) * np.pi / 2)
    return placed


def sample_backdrop(rng, road, style):
    """What closes the view: houses across the end of the street, woods on the horizon and at the sides."""
    placed = []
    far = rng.uniform(90, 240)
    if rng.random() < 0.6:
        x = -60.0
        while x < 60:
            width = rng.uniform(8, 18)
            house = things.sample_house(rng, width, style)
            center = road.position(0.0, far)[0] + [x + width / 2, 0, rng.uniform(0, 8)]
            placed.append(things.place_thing(house, center, -np.pi / 2))
            x += width + rng.choice([0, rng.uniform(1, 20)])
    for _ in range(rng.integers(8, 30)):
        leaves = Plain(linear_color(rng.uniform(0.18, 0.34), rng.uniform(0.2, 0.5), rng.uniform(0.25, 0.5)), 0.4, 0.4)
        wide, tall = rng.uniform(4, 14), rng.uniform(3, 9)
        center = np.array([rng.uniform(-150, 150), -0.5 * tall, rng.uniform(max(60, 0.7 * far), 245)])
        wood = Ellipsoid(np.zeros(3), np.array([wide, tall, wide]), leaves, ragged=0.4)
        if abs(road.lateral(center[0], center[2])) > wide + 12 or center[2] > far:
            outline = things.rectangle(wide, wide)
            placed.append(things.place_thing(things.Thing('wood', [wood], outline, tall), center, 0.0))
    return placed
