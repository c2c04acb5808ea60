"""The looks of MiniDrive: plausible streets, exact depth, and version 1 untouched."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from mmdepthcls.commands.minidrive.fittings import (
    flat,
    sample_bicycle,
    sample_fence,
    sample_guard_rail,
    sample_shelter,
    sample_shop,
    sample_track,
    sample_tram_track,
    sample_wall,
    sample_wires,
)
from mmdepthcls.commands.minidrive.greenery import sample_broad_tree, sample_clipped_hedge, sample_thicket
from mmdepthcls.commands.minidrive.looks import LOOKS, PLAIN
from mmdepthcls.commands.minidrive.renderer import render
from mmdepthcls.commands.minidrive.scene import FOCAL, Camera, sample_scene
from mmdepthcls.commands.minidrive.sensor import Sensor, sample_sensor
from mmdepthcls.commands.minidrive.shapes import Cylinder, Ellipsoid, Polygon, box
from mmdepthcls.commands.minidrive.surfaces import Foliage, Rubble, Shaded
from mmdepthcls.commands.minidrive.texture import Noise, Plain
from mmdepthcls.commands.minidrive.things import Thing, place_thing, rectangle
from mmdepthcls.commands.minidrive.varied import shade_side
from mmdepthcls.commands.minidrive.writer import make_minidrive, sample_generators

GRAY = Plain(np.full(3, 0.3, np.float32))
NEW = ('varied', 'other')
SIZE = dict(height=32, width=104)


def scenes(look, count=45):
    return [LOOKS[look](np.random.default_rng([3, i])) for i in range(count)]


@pytest.fixture(scope='module')
def varied():
    return scenes('varied')


def test_version_1_has_not_changed_by_a_pixel():
    """Numbers of what version 1 drew before there were looks; another processor may round a pixel on an edge apart."""
    image, depth = render(LOOKS[PLAIN](np.random.default_rng([11, 0])), 64, 208)
    assert LOOKS[PLAIN] is sample_scene
    assert image.mean() == pytest.approx(136.018, abs=0.02)
    assert np.median(depth[depth > 0]) == pytest.approx(10.5428, rel=1e-3)
    assert (depth > 0).mean() == pytest.approx(0.968, abs=2e-3)


@pytest.mark.parametrize('look', NEW)
def test_equal_generators_equal_pictures(look):
    first, again, other = (render(LOOKS[look](np.random.default_rng(seed)), 32, 104) for seed in (3, 3, 4))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[1] != other[1]).any()


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize('look', NEW)
def test_every_scene_can_be_drawn_and_has_depth_where_a_lidar_looks(look):
    for scene in scenes(look, 12):
        image, depth = render(scene, 32, 104)
        assert image.shape == (32, 104, 3) and image.dtype == np.uint8 and image.std() > 3
        assert np.isfinite(depth).all() and (depth[20:] > 0.3).all() and depth.max() <= 255


@pytest.mark.parametrize('look', NEW)
def test_metres_can_be_known_the_camera_is_that_of_every_look(look):
    for scene in scenes(look, 25):
        assert scene.camera.focal == FOCAL and 1.35 <= scene.camera.height <= 2
        assert abs(scene.camera.pitch) < 0.06 and abs(scene.camera.roll) < 0.07


def test_varied_streets_have_what_plain_ones_lack(varied):
    kinds = {thing.kind for scene in varied for thing in scene.things}
    lacking = kinds - {thing.kind for scene in scenes(PLAIN, 20) for thing in scene.things}
    assert lacking >= {'thicket', 'rail', 'track', 'bicycle', 'shop', 'wires', 'wall', 'caster', 'bollard', 'shelter'}
    widths = [scene.road.right - scene.road.left for scene in varied]
    assert min(widths) < 0.1 and any(3 < width < 5 for width in widths) and max(widths) > 12
    ratios = [scene.light.sunlight.max() / scene.light.skylight.max() for scene in varied]
    assert min(ratios) == 0 and max(ratios) > 3  # clouds; hard sun
    textures = {type(shape.texture) for scene in varied for thing in scene.things for shape in thing.shapes}
    assert {Shaded, Foliage} <= textures


def test_the_other_look_shares_no_house_or_plant_with_the_varied_one(varied):
    seen = {thing.kind for scene in varied for thing in scene.things}
    other = {thing.kind for scene in scenes('other', 25) for thing in scene.things}
    assert other & seen <= {'car', 'lorry', 'person'} and len(other - seen) >= 6


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize('look', NEW)
def test_nothing_stands_in_the_camera(look):
    for scene in scenes(look, 14):
        _, depth = render(scene, 32, 104)
        assert (depth[:16] > 0.8).mean() + (depth[:16] == 0).mean() > 0.98


MAKERS = {
    'hedge': lambda rng: sample_clipped_hedge(rng, 10.0), 'thicket': lambda rng: sample_thicket(rng, 8.0),
    'tree': lambda rng: sample_broad_tree(rng, 6), 'rail': lambda rng: sample_guard_rail(rng, 8.0),
    'fence': lambda rng: sample_fence(rng, 8.0), 'wall': lambda rng: sample_wall(rng, 9.0),
    'track': lambda rng: sample_track(rng, 10.0), 'tram': lambda rng: sample_tram_track(rng, 10.0),
    'wires': lambda rng: sample_wires(rng, 30.0), 'bicycle': sample_bicycle, 'shelter': sample_shelter,
    'rider': lambda rng: sample_bicycle(rng, ridden=True), 'shop': lambda rng: sample_shop(rng, 6.0)}


def extent(thing):
    """Lowest and highest coordinates (3,), (3,) of a thing."""
    points = []
    for shape in thing.shapes:
        if isinstance(shape, Polygon):
            points += list(shape.vertices)
        elif isinstance(shape, Ellipsoid):
            points += [shape.center - shape.radii, shape.center + shape.radii]
        else:
            points += [shape.base, shape.base - [0, shape.height, 0]]
    return np.min(points, 0), np.max(points, 0)


@pytest.mark.parametrize('name', MAKERS)
def test_things_have_real_sizes_and_flat_convex_faces(name):
    least, most = dict(hedge=(0.8, 4), thicket=(1, 11), tree=(4.5, 21), rail=(0.7, 0.9), fence=(0.8, 1.7), wall=(1, 6),
                       track=(0.2, 0.25), tram=(0, 0.01), wires=(5, 8.6), bicycle=(0.95, 1.1), shelter=(2.2, 2.5),
                       rider=(1.3, 2.2), shop=(2.8, 3.9))[name]
    for seed in range(12):
        thing = MAKERS[name](np.random.default_rng(seed))
        low, high = extent(thing)
        assert least <= -low[1] <= most and high[1] < 3  # crowns may reach under the ground, where nobody sees them
        for shape in thing.shapes:
            if isinstance(shape, Polygon):
                check_face(shape.vertices)
            assert isinstance(shape, (Polygon, Ellipsoid, Cylinder))


def check_face(vertices):
    """Flat, convex, of an area: what mesh.py takes for granted."""
    edges = np.roll(vertices, -1, 0) - vertices
    turns = np.cross(edges, np.roll(edges, -1, 0))
    normal = turns.sum(0) / np.linalg.norm(turns.sum(0))
    assert (turns @ normal > -1e-9).all() and np.linalg.norm(turns.sum(0)) > 1e-6
    np.testing.assert_allclose((vertices - vertices[0]) @ normal, 0, atol=2e-3)


def alone(*things):
    scene = sample_scene(np.random.default_rng(1))
    road = replace(scene.road, kerb=0.0, bend=0.0)
    return replace(scene, camera=Camera(height=1.5), road=road, things=list(things))


def test_a_hedge_and_a_track_are_where_they_are():
    """Known planes: a hedge's face across the view, a bed 0.05 m over the road."""
    hedge = place_thing(sample_clipped_hedge(np.random.default_rng(0), 6.0), (0, 0, 12.0), -np.pi / 2)
    _, depth = render(alone(hedge), 96, 312)
    assert depth[50, 156] == pytest.approx(hedge.footprint[:, 1].min(), rel=1e-5)
    track = place_thing(sample_track(np.random.default_rng(0), 60.0), (0, 0, 30.0), 0.0)
    _, depth = render(alone(track), 96, 312)
    below = np.arange(96) - 95 / 2
    for row in (60, 75, 90):  # between the rails
        assert depth[row, 156] == pytest.approx(FOCAL * 312 * 1.45 / below[row], rel=1e-5)


def test_a_plane_under_every_new_surface_has_its_closed_form_depth():
    """Surfaces change color and never depth: a wall at 10 m under shade, leaves and rubble."""
    color = np.full(3, 0.4, np.float32)
    shaded = Shaded(GRAY, 0.3, 1.0, 2.0, 0.7, 1.0)
    for texture in (Foliage(color, 0.2 * color), Rubble(color, (0.5, 0.3), 0.4, 1), shaded):
        wall = Thing('wall', box((-9, 0, 10.0), (9, 8, 11.0), texture), rectangle(9, 0.5), 8.0)
        image, depth = render(alone(wall), 48, 156)
        np.testing.assert_allclose(depth[10:26, 30:120], 10.0, rtol=2e-5)
        assert image[10:26, 30:120].std() > 1


def test_flat_faces_up():
    vertices = flat(-1, 1, 0, 5, 0.1, GRAY).vertices
    assert np.cross(vertices[1] - vertices[0], vertices[2] - vertices[1])[1] < 0  # y points down


def test_shade_takes_the_named_share_of_light():
    noise = Noise(np.random.default_rng(0))
    u, v, footprint = np.zeros(50), np.linspace(0, 5, 50), np.full(50, 0.01)
    shaded = Shaded(GRAY, 0.0, 1.0, 2.0, 0.6).albedo(u, v, footprint, noise)
    np.testing.assert_allclose(shaded[v < 1.9], 0.3 * 0.4, rtol=1e-5)
    np.testing.assert_allclose(shaded[v > 2.1], 0.3, rtol=1e-5)


def test_shade_moves_nothing():
    things = [place_thing(sample_wall(np.random.default_rng(i), 5.0), (2.0, 0, 8.0 + 6 * i), 0.0) for i in range(8)]
    for seed in range(6):
        shaded = shade_side(np.random.default_rng(seed), things)
        for before, after in zip(things, shaded, strict=True):
            assert (after.kind, after.height) == (before.kind, before.height)
            for a, b in zip(before.shapes, after.shapes, strict=True):
                np.testing.assert_array_equal(a.vertices, b.vertices)


def test_a_sensor_that_does_nothing_changes_nothing():
    image = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
    assert (Sensor(np.ones(3)).develop(image, np.random.default_rng(0)) == image).all()


@pytest.mark.parametrize(('change', 'expected'), [
    (dict(gains=np.array([1.0, 0.5, 0.0])), [100, 50, 0]), (dict(contrast=2.0), [72.5, 72.5, 72.5]),
    (dict(gamma=2.0), [255 * (100 / 255) ** 2] * 3)], ids=['gains', 'contrast', 'gamma'])
def test_a_sensor_does_what_its_numbers_say(change, expected):
    image = np.full((6, 6, 3), 100, np.uint8)
    developed = Sensor(**{'gains': np.ones(3), **change}).develop(image, np.random.default_rng(0))
    np.testing.assert_allclose(developed[3, 3].astype(float), expected, atol=0.51)


def test_gray_blur_noise_and_vignette():
    rng = np.random.default_rng(0)
    image = rng.integers(60, 200, (40, 60, 3), np.uint8)
    gray = Sensor(np.ones(3), saturation=0.0).develop(image, rng).astype(int)
    assert np.ptp(gray, axis=2).max() == 0
    assert Sensor(np.ones(3), blur=1.5).develop(image, rng).std() < 0.5 * image.std()
    flat_image = np.full((40, 60, 3), 120, np.uint8)
    noisy = Sensor(np.ones(3), noise=8.0).develop(flat_image, rng).astype(float)
    assert noisy.std() == pytest.approx(8 * (1 + 0.5 * 120 / 255), rel=0.05)
    dark = Sensor(np.ones(3), vignette=0.5).develop(flat_image, rng).astype(float)
    assert dark[0, 0, 0] == pytest.approx(60, abs=2) and dark[20, 30, 0] == pytest.approx(120, abs=1)


def test_sensors_vary():
    sensors = [sample_sensor(np.random.default_rng(i)) for i in range(40)]
    assert any(s.quality for s in sensors) and any(not s.quality for s in sensors)
    assert len({s.noise for s in sensors}) == 40 and any(s.motion > 1 for s in sensors)


@pytest.mark.sliced(every=2)
@pytest.mark.parametrize('look', NEW)
def test_on_disk_a_look_is_named_and_not_mixed_with_another(look, tmp_path):
    counts = dict(num_train=2, num_val=1, num_test=0, workers=1, progress=False, **SIZE)
    root = make_minidrive(tmp_path / 'root', look=look, **counts)
    assert json.loads((root / 'minidrive.json').read_text())['look'] == look
    image, _ = render(LOOKS[look](sample_generators(0, 'train', 1)[0]), 32, 104)
    assert (cv2.imread(str(root / 'image/train/000001.png'))[..., ::-1] == image).all()
    with pytest.raises(FileExistsError, match=f"look: found '{look}', expected 'plain'"):
        make_minidrive(root, **counts)
    plain = make_minidrive(tmp_path / 'plain', **counts)
    assert 'look' not in json.loads((plain / 'minidrive.json').read_text())  # as version 1 has always been
    with pytest.raises(FileExistsError, match=f"look: found 'plain', expected '{look}'"):
        make_minidrive(plain, look=look, **counts)


def test_refuses_an_unknown_look(tmp_path):
    with pytest.raises(ValueError, match="look must be one of plain, varied, other, got 'night'"):
        make_minidrive(tmp_path / 'root', look='night')
    assert not (tmp_path / 'root').exists()
