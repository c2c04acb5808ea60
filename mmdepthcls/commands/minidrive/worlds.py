"""Two worlds of MiniDrive that differ as a game's pictures and a car's do: what a model of one makes of the other.

'source' stands for SYNTHIA: a city of clean, saturated surfaces in clear light, crowded, seen by a wide camera from
many heights and angles, to be trained on dense depth. 'target' stands for KITTI: suburbs and country roads with hedges
and woods in grey light, with shade, noise and a soft lens, seen by one car's camera, with a LiDAR's depth.

They do not change: tests/commands/minidrive/test_worlds.py holds the hashes of what they draw.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .camera_setup import MEAN_HEIGHT, CameraSetup
from .looks import LOOKS, PLAIN
from .paint import Paint
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
from .sensor import Sensor
from .texture import linear_color
from .things import sample_person
from .varied import sample_varied_scene

SIZE = (128, 416)  # height and width of the pictures of looks, pixels
TARGET_STREETS = {'city': 0.15, 'suburb': 0.45, 'village': 0.15, 'country': 0.25}


@dataclass(frozen=True)
class World:
    """Streets, their light and paint, and the camera before them.

    Args:
        sample: Draws a scene, as :func:`.scene.sample_scene`.
        camera: That of its data sets.
        size: Height and width of its pictures in pixels.
    """

    sample: Callable[[np.random.Generator], Scene]
    camera: CameraSetup
    size: tuple[int, int]


def sample_source_scene(rng: np.random.Generator) -> Scene:
    """A scene of the world 'source'."""
    style = rng.choice(['city', 'suburb'], p=[0.75, 0.25])
    camera = Camera(
        height=MEAN_HEIGHT * rng.uniform(0.75, 1.6),
        pitch=np.deg2rad(rng.uniform(-4, 9)),
        yaw=np.deg2rad(rng.normal(0, 6)),
        roll=np.deg2rad(rng.normal(0, 1.0)),
    )
    parked = rng.random(2) < 0.8
    road = sample_road(rng, parked)
    placed = []
    for side in (-1, 1):
        placed += sample_houses(rng, road, side, style)
        placed += sample_pavement(rng, road, side)
        if parked[(side + 1) // 2]:
            placed += sample_parked_cars(rng, road, side)
        edge = road.right if side > 0 else -road.left
        for _ in range(rng.poisson(7)):  # the pavements are crowded
            lateral = side * (edge + rng.uniform(0.3, road.pavement - 0.3))
            put(placed, road, sample_person(rng), lateral, rng.uniform(4, 45), rng.choice([0, np.pi]))
    placed += sample_traffic(rng, road)
    placed += sample_backdrop(rng, road, style)
    scene = Scene(camera, road, sample_source_light(rng), placed, int(rng.integers(1 << 62)))
    sensor = Sensor(np.ones(3), contrast=rng.uniform(1.05, 1.2), saturation=rng.uniform(1.1, 1.3))
    return Paint(saturation=1.4, value=1.08, grain=0.4).scene(replace(scene, sensor=sensor))


def sample_source_light(rng):
    """Clear air, blue sky, a warm sun that throws no deep shade."""
    light = sample_light(rng)
    clouds = rng.uniform(0, 0.35)
    horizon = linear_color(rng.uniform(0.53, 0.6), rng.uniform(0.15, 0.35), rng.uniform(0.85, 1.0))
    return replace(
        light,
        sunlight=rng.uniform(1.0, 1.7) * linear_color(rng.uniform(0.08, 0.13), rng.uniform(0.05, 0.2), 1.0),
        skylight=rng.uniform(0.6, 0.9) * linear_color(0.6, rng.uniform(0.05, 0.15), 1.0),
        horizon=horizon,
        zenith=linear_color(rng.uniform(0.57, 0.62), rng.uniform(0.6, 0.85), rng.uniform(0.75, 0.95)),
        clouds=float(clouds),
        haze=float(np.exp(rng.uniform(np.log(2e-4), np.log(8e-4)))),
        brightness=rng.uniform(0.46, 0.58),
    )


def sample_target_scene(rng: np.random.Generator) -> Scene:
    """A scene of the world 'target'."""
    scene = sample_varied_scene(rng, TARGET_STREETS)
    camera = Camera(
        height=float(np.clip(rng.normal(MEAN_HEIGHT, 0.03), 1.55, 1.75)),
        pitch=np.deg2rad(rng.normal(0, 0.7)),
        yaw=np.deg2rad(rng.normal(0, 1.0)),
        roll=np.deg2rad(rng.normal(0, 0.5)),
    )
    scene = replace(scene, camera=camera, light=sample_target_light(rng), sensor=sample_target_sensor(rng))
    return Paint(saturation=0.5, value=0.9, grain=1.3).scene(scene)


def sample_target_light(rng):
    """Mostly clouds, at times a pale sun with deep shade; a sky that is burnt out, and haze."""
    light = sample_light(rng)
    sunny = rng.random() < 0.35
    grey = linear_color(rng.uniform(0.52, 0.62), rng.uniform(0, 0.06), rng.uniform(0.8, 1.0))
    sky = rng.uniform(0.9, 1.7)
    return replace(
        light,
        sunlight=(rng.uniform(0.9, 1.8) if sunny else rng.uniform(0, 0.12)) * linear_color(0.12, 0.08, 1.0),
        skylight=(rng.uniform(0.25, 0.45) if sunny else rng.uniform(0.6, 0.9)) * linear_color(0.6, 0.06, 1.0),
        horizon=grey * np.float32(sky),
        zenith=grey * np.float32(sky * rng.uniform(0.7, 1.0)),
        clouds=float(rng.uniform(0.6, 1.0)),
        haze=float(np.exp(rng.uniform(np.log(7e-4), np.log(4.5e-3)))),
        brightness=rng.uniform(0.36, 0.52),
    )


def sample_target_sensor(rng):
    """One make of camera: soft, noisy, dark in the corners, pale; its white balance and exposure wander."""
    return Sensor(
        gains=np.clip(np.array([0.97, 1.02, 1.0]) + rng.normal(0, 0.025, 3), 0.85, 1.15),
        contrast=rng.uniform(0.95, 1.25),
        gamma=rng.uniform(0.75, 1.1),
        saturation=rng.uniform(0.5, 0.85),
        blur=rng.uniform(0.3, 0.7),
        vignette=rng.uniform(0.05, 0.25),
        noise=float(np.exp(rng.uniform(np.log(2.5), np.log(7.0)))),
    )


# 0.416 widths: 532.74 px at 1280, recalled for sets of SYNTHIA and not verified; the shapes of the pictures are those
# of 1280 x 760 and 1242 x 375, at a third of their size.
WORLDS = {
    'source': World(sample_source_scene, CameraSetup(focal=0.416), (256, 432)),
    'target': World(sample_target_scene, CameraSetup(), (128, 416)),
}


def chosen_world(look: str = PLAIN, world: str | None = None) -> World:
    """The world of that name, or a look with the camera and the size of version 1.

    Raises:
        ValueError: for a name that there is not, and for a look beside a world.
    """
    for what, name, known in (('look', look, LOOKS), ('world', world, (None, *WORLDS))):
        if name not in known:
            raise ValueError(f'{what} must be one of {", ".join(filter(None, known))}, got {name!r}')
    if world is None:
        return World(LOOKS[look], CameraSetup(), SIZE)
    if look != PLAIN:
        raise ValueError(f'the world {world!r} has streets of its own: leave out the look {look!r}')
    return WORLDS[world]
