"""Other cameras before the same streets, against closed forms of the pinhole camera."""
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from mmdepthcls.commands.minidrive.camera_setup import LIMITS, CameraSetup
from mmdepthcls.commands.minidrive.looks import LOOKS
from mmdepthcls.commands.minidrive.renderer import MAX_DEPTH, render
from mmdepthcls.commands.minidrive.scene import FOCAL
from mmdepthcls.commands.minidrive.shapes import box
from mmdepthcls.commands.minidrive.sparse import TOP
from mmdepthcls.commands.minidrive.texture import Plain
from mmdepthcls.commands.minidrive.things import Thing, rectangle
from mmdepthcls.commands.minidrive.writer import make_minidrive

HEIGHT, WIDTH = 48, 156
GRAY = Plain(np.full(3, 0.3, np.float32))


def scene(seed=3, look='plain'):
    return LOOKS[look](np.random.default_rng(seed))


@pytest.mark.parametrize('look', LOOKS)
def test_another_camera_changes_nothing_but_the_camera(look):
    before = scene(5, look)
    after = CameraSetup(0.8, 2.2, 4.0, 1.3).take(before)
    assert replace(after, camera=before.camera) == before and after.things is before.things
    assert after.camera.height / before.camera.height == pytest.approx(2.2 / 1.65)
    assert after.camera.pitch - before.camera.pitch == pytest.approx(math.radians(4))
    assert (after.camera.yaw, after.camera.roll) == (before.camera.yaw, before.camera.roll)
    assert CameraSetup().take(before) == before


@pytest.mark.parametrize('setup', [CameraSetup(), CameraSetup(height=2.5, pitch=6.0), CameraSetup(aspect=0.8)], ids=str)
def test_a_narrower_camera_sees_the_middle_of_the_same_picture(setup):
    """Twice the picture with as many pixels of focal length: its middle has the same rays."""
    narrow = replace(setup, focal=2 * setup.focal)
    _, large = render(setup.take(scene()), 2 * HEIGHT, 2 * WIDTH)
    _, small = render(narrow.take(scene()), HEIGHT, WIDTH)
    middle = large[HEIGHT // 2 : -HEIGHT // 2, WIDTH // 2 : -WIDTH // 2]
    assert (np.abs(small - middle) <= 1e-4 * middle).mean() > 0.999  # a ray on an edge may round apart


@pytest.mark.parametrize('aspect', [0.5, 1.0, 1.7])
def test_the_road_has_the_depth_that_focal_length_height_and_pitch_say(aspect):
    setup = CameraSetup(focal=0.9, height=2.4, pitch=3.0, aspect=aspect)
    bare = scene()
    camera = replace(bare.camera, height=1.65, pitch=0.0, yaw=0.0, roll=0.0)
    bare = replace(bare, camera=camera, things=[], road=replace(bare.road, kerb=0.0, bend=0.0))
    _, depth = render(setup.take(bare), HEIGHT, WIDTH)
    slope = (np.arange(HEIGHT) - (HEIGHT - 1) / 2) / (0.9 * WIDTH * aspect)
    pitch = math.radians(3)
    expected = 2.4 / (slope * math.cos(pitch) + math.sin(pitch))  # y of the ray with depth 1, in the world
    expected = np.where((expected > 0) & (expected <= MAX_DEPTH), expected, 0)
    np.testing.assert_allclose(depth, np.broadcast_to(expected[:, None], depth.shape), rtol=2e-5)


@pytest.mark.parametrize('zoom', [0.75, 1.3])
def test_another_focal_length_sees_the_street_squeezed_in_depth(zoom):
    """Why a network that does not know the camera is wrong by the ratio of focal lengths."""
    street = scene()
    camera = replace(street.camera, pitch=0.0, yaw=0.0, roll=0.0)
    blocks = [box((x, 0, z), (x + 3, 4, z + 9), GRAY) for x, z in ((-6, 8), (3, 14), (-2, 40))]
    street = replace(street, camera=camera, road=replace(street.road, kerb=0.0, bend=0.0),
                     things=[Thing('block', shapes, rectangle(1, 1), 4.0) for shapes in blocks])
    squeezed = replace(street, things=[replace(thing, shapes=[
        replace(shape, vertices=shape.vertices / [1, 1, zoom]) for shape in thing.shapes]) for thing in street.things])
    _, there = render(CameraSetup(focal=zoom * FOCAL).take(street), HEIGHT, WIDTH)
    _, here = render(CameraSetup().take(squeezed), HEIGHT, WIDTH)
    both = (there > 0) & (here > 0)  # one of them ends at 255 m before the other
    assert both.mean() > 0.45
    assert (np.abs(there[both] / zoom - here[both]) <= 1e-4 * here[both]).mean() > 0.999


def test_pixels_that_are_not_square_have_the_mean_focal_length():
    assert CameraSetup(focal=0.5, aspect=4.0).focal_px(100) == pytest.approx(math.sqrt(50 * 200))
    assert CameraSetup().focal_px(416) == FOCAL * 416


def test_the_lidar_looks_where_it_looked():
    assert CameraSetup().lidar_top(64, 208) == TOP
    assert CameraSetup(focal=FOCAL + 1e-6).lidar_top(128, 416) == pytest.approx(TOP, abs=1e-3)
    # 2.4 degrees up, at any pitch: never far below the horizon's row
    for setup in (CameraSetup(pitch=8.0), CameraSetup(focal=1.2), CameraSetup(aspect=2.0)):
        horizon = 0.5 - math.tan(math.radians(setup.pitch)) * setup.focal * setup.aspect * 416 / 128
        assert -0.25 < setup.lidar_top(128, 416) - max(horizon, 0) <= 0
    assert CameraSetup(pitch=-30.0).lidar_top(128, 416) == 0.9 and CameraSetup(pitch=30.0).lidar_top(128, 416) == 0


@pytest.mark.parametrize('name', LIMITS)
def test_refuses_what_no_camera_is(name):
    low, high = LIMITS[name]
    for value in (low - 0.01, high + 0.01, math.nan, math.inf, 'wide', None, True):
        with pytest.raises(ValueError, match=rf"a camera's {name} .* must be from"):
            CameraSetup(**{name: value})


def test_a_data_set_of_another_camera(tmp_path):
    def make(name, camera=None, **changes):
        return make_minidrive(tmp_path / name, 1, 0, 0, 32, 104, workers=1, progress=False, camera=camera, **changes)

    def contents(root):
        return {path.relative_to(root): path.read_bytes() for path in root.rglob('*') if path.is_file()}

    usual, zoomed = make('usual'), make('zoomed', CameraSetup(focal=0.87, aspect=1.1))
    assert contents(make('same', CameraSetup(FOCAL, 1.65, 0, 1))) == contents(usual)
    assert 'camera' not in json.loads((usual / 'minidrive.json').read_text())
    manifest = json.loads((zoomed / 'minidrive.json').read_text())
    assert manifest['camera'] == {'focal': 0.87, 'height': 1.65, 'pitch': 0.0, 'aspect': 1.1}
    assert manifest['focal_px'] == pytest.approx(0.87 * 104 * math.sqrt(1.1))
    assert all(contents(usual)[name] != data for name, data in contents(zoomed).items() if name.suffix == '.png')
    before = contents(zoomed)
    assert contents(make('zoomed', CameraSetup(focal=0.87, aspect=1.1))) == before
    with pytest.raises(FileExistsError, match=r"another MiniDrive \(camera: found .*'focal': 0.87.*another folder"):
        make('zoomed')
    assert contents(zoomed) == before


def test_every_camera_draws_every_look():
    for low_high in zip(*LIMITS.values(), strict=True):
        setup = CameraSetup(*low_high)
        for look in LOOKS:
            image, depth = render(setup.take(scene(2, look)), 24, 40)
            assert image.shape == (24, 40, 3) and np.isfinite(depth).all() and depth.max() <= MAX_DEPTH
