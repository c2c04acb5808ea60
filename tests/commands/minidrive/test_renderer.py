"""The renderer against closed forms of the pinhole camera, computed here from the definition and not from its code."""

from dataclasses import replace

import numpy as np
import pytest

from mmdepthcls.commands.minidrive.ground import ShadowMap
from mmdepthcls.commands.minidrive.renderer import MAX_DEPTH, render
from mmdepthcls.commands.minidrive.scene import FOCAL, Camera, sample_scene
from mmdepthcls.commands.minidrive.shapes import Cylinder, Ellipsoid, box
from mmdepthcls.commands.minidrive.texture import Plain
from mmdepthcls.commands.minidrive.things import Thing, rectangle

HEIGHT, WIDTH = 96, 312
GRAY = Plain(np.array([0.3, 0.3, 0.3], np.float32))
RELATIVE = 2e-5  # of float32 rays


def scene_of(*shapes, camera=None, **road):
    """A sampled scene, emptied, with these shapes (and a flat, straight road unless told otherwise)."""
    scene = sample_scene(np.random.default_rng(1))
    things = [Thing('test', [shape], rectangle(1, 1), 1.0) for shape in shapes]
    road = replace(scene.road, **{'kerb': 0.0, 'bend': 0.0, **road})
    return replace(scene, camera=camera or Camera(), road=road, things=things)


def rays(camera, height=HEIGHT, width=WIDTH):
    """World directions (H, W, 3) with camera depth 1, from the definition of a pinhole camera."""
    focal = camera.focal * width
    j, i = np.meshgrid(np.arange(width), np.arange(height))
    x, y = (j - (width - 1) / 2) / focal, (i - (height - 1) / 2) / focal
    return np.stack([x, y, np.ones_like(x)], -1) @ camera.rotation()  # row vectors: the inverse rotation


def points(depth, camera):
    """World points (H, W, 3) of a depth map."""
    return depth[..., None].astype(float) * rays(camera, *depth.shape) + camera.position


def wall(distance, half=1.0, top=3.0):
    return box((-half, 0, distance), (half, top, distance + 1), GRAY)


def test_flat_road_has_the_closed_form_depth():
    camera = Camera(height=1.5)
    _, depth = render(scene_of(camera=camera), HEIGHT, WIDTH)
    below = np.arange(HEIGHT) - (HEIGHT - 1) / 2
    for row in range(HEIGHT):
        expected = FOCAL * WIDTH * 1.5 / below[row] if below[row] > 0 else np.inf
        np.testing.assert_allclose(depth[row], expected if expected <= MAX_DEPTH else 0, rtol=RELATIVE)


@pytest.mark.parametrize('degrees', [-2.0, 1.0, 3.0])
def test_pitch_moves_the_horizon(degrees):
    pitch = np.deg2rad(degrees)
    _, depth = render(scene_of(camera=Camera(height=1.7, pitch=pitch)), HEIGHT, WIDTH)
    angle = np.arctan((np.arange(HEIGHT) - (HEIGHT - 1) / 2) / (FOCAL * WIDTH))  # below the optical axis
    with np.errstate(divide='ignore'):
        expected = 1.7 / np.sin(pitch + angle) * np.cos(angle)  # ray length times the cosine to the axis
    seen = (expected > 0) & (expected < MAX_DEPTH)
    np.testing.assert_allclose(depth[seen, 5], expected[seen], rtol=1e-4)
    assert (depth[expected < 0] == 0).all()


@pytest.mark.parametrize('distance', [4.0, 10.0, 33.3])
def test_box_front_projects_where_it_should(distance):
    camera = Camera()
    _, depth = render(scene_of(*wall(distance)), HEIGHT, WIDTH)
    focal = FOCAL * WIDTH
    j, i = np.meshgrid(np.arange(WIDTH) - (WIDTH - 1) / 2, np.arange(HEIGHT) - (HEIGHT - 1) / 2)
    top, bottom = (camera.height - 3.0) * focal / distance, camera.height * focal / distance
    front = (np.abs(j) < focal / distance - 1e-3) & (i > top + 1e-3) & (i < bottom - 1e-3)
    outside = (np.abs(j) > focal / distance + 1e-3) | (i < top - 1e-3) | (i > bottom + 1e-3)
    assert front.any() and (front | outside).all()
    np.testing.assert_allclose(depth[front], distance, rtol=RELATIVE)
    assert (np.abs(depth[outside] - distance) > 1e-3 * distance).mean() > 0.99  # only a row of road may agree


def test_apparent_size_is_inverse_to_distance():
    def columns(distance):
        _, depth = render(scene_of(*wall(distance)), HEIGHT, WIDTH)
        return (np.abs(depth[HEIGHT // 2 - 1] - distance) < 1e-3).sum()

    assert columns(6.0) == pytest.approx(2 * FOCAL * WIDTH / 6.0, abs=1)
    assert columns(6.0) == pytest.approx(2 * columns(12.0), abs=2)


@pytest.mark.parametrize('order', [1, -1])
def test_nearest_surface_wins_in_any_order(order):
    shapes = [*wall(8.0, half=0.5), *wall(12.0, half=2.0)]
    _, depth = render(scene_of(*shapes[::order]), HEIGHT, WIDTH)
    middle, row = WIDTH // 2, HEIGHT // 2
    assert depth[row, middle] == pytest.approx(8.0, rel=RELATIVE)
    beside = middle + round(FOCAL * WIDTH * 1.0 / 12)  # 1 m to the right at 12 m: past the near wall
    assert depth[row, beside] == pytest.approx(12.0, rel=RELATIVE)


@pytest.mark.parametrize(
    'rounded',
    [
        Ellipsoid(np.array([1.2, -1.5, 10.0]), np.array([1.0, 1.0, 1.0]), GRAY),
        Ellipsoid(np.array([0.9, -1.5, 8.0]), np.array([0.5, 0.5, 0.5]), GRAY),  # half of it looks out of the wall
        Cylinder(np.array([1.2, 0.0, 9.5]), 0.5, 2.5, GRAY),
        Cylinder(np.array([0.9, 0.0, 8.0]), 0.5, 2.5, GRAY),
    ],
    ids=['ellipsoid behind', 'ellipsoid through', 'cylinder behind', 'cylinder through'],
)
def test_of_overlapping_surfaces_each_pixel_has_the_nearest(rounded):
    def depth(*shapes):
        far = render(scene_of(*shapes), HEIGHT, WIDTH)[1]
        return np.where(far > 0, far, np.inf)

    both, alone, front = depth(*wall(8.0), rounded), depth(rounded), depth(*wall(8.0))
    assert (alone < front).any() and (alone > front).any()
    assert (both == np.minimum(alone, front)).all()


CAMERAS = [Camera(), Camera(height=1.4, pitch=0.04, yaw=-0.1, roll=0.03)]


@pytest.mark.parametrize('camera', CAMERAS, ids=['level', 'turned'])
def test_ellipsoid_points_satisfy_its_equation(camera):
    center, radii = np.array([0.5, -1.6, 9.0]), np.array([1.0, 0.7, 1.5])
    _, depth = render(scene_of(Ellipsoid(center, radii, GRAY), camera=camera), HEIGHT, WIDTH)
    # independent: a ray meets the ellipsoid if the point of it nearest to the center, in units of the radii, is within
    # 1
    ray = rays(camera) / radii
    toward = (center - camera.position) / radii
    closest = (ray @ toward) / (ray * ray).sum(-1)
    miss = np.linalg.norm(closest[..., None] * ray - toward, axis=-1)
    inside = miss < 1 - 1e-3
    value = np.linalg.norm((points(depth, camera) - center) / radii, axis=-1)
    assert inside.sum() > 500
    np.testing.assert_allclose(value[inside], 1, atol=1e-4)
    assert (depth[inside] < closest[inside]).all()  # the near side
    assert (np.abs(value[miss > 1 + 1e-3] - 1) > 1e-4).all()


@pytest.mark.parametrize('camera', CAMERAS, ids=['level', 'turned'])
def test_cylinder_points_satisfy_its_equation(camera):
    base, radius, tall = np.array([-0.6, 0.0, 7.0]), 0.3, 2.4
    _, depth = render(scene_of(Cylinder(base, radius, tall, GRAY), camera=camera), HEIGHT, WIDTH)
    point = points(depth, camera)
    on_mantle = np.abs(np.linalg.norm((point - base)[..., [0, 2]], axis=-1) - radius) < 1e-4
    on_mantle &= (point[..., 1] < -1e-3) & (point[..., 1] > -tall)
    ray = rays(camera)[..., [0, 2]]
    miss = np.abs(ray[..., 0] * base[2] - ray[..., 1] * base[0]) / np.linalg.norm(ray, axis=-1)
    middle = HEIGHT // 2
    assert (on_mantle[middle] == (miss[middle] < radius)).all()
    assert on_mantle[middle].sum() == pytest.approx(FOCAL * WIDTH * 2 * radius / 7.0, abs=2)
    assert (point[on_mantle][:, 2] < base[2]).all()


@pytest.mark.parametrize('bend', [0.0, 2e-3, -2e-3])
@pytest.mark.parametrize('camera', CAMERAS, ids=['level', 'turned'])
def test_every_ground_point_lies_on_road_pavement_or_kerb(camera, bend):
    scene = scene_of(camera=camera, kerb=0.15, bend=bend, left=-4.0, right=5.0, offset=1.7)
    _, depth = render(scene, HEIGHT, WIDTH)
    seen = depth > 0
    x, y, z = points(depth, camera)[seen].T
    lateral = x + 1.7 - 0.5 * bend * z * z
    slack = 1e-5 * z * (1 + np.abs(bend) * z)
    road = (np.abs(y) < slack) & (lateral > -4.0 - slack) & (lateral < 5.0 + slack)
    land = (np.abs(y + 0.15) < slack) & ((lateral < -4.0 + slack) | (lateral > 5.0 - slack))
    face = (y > -0.15 - slack) & (y < slack) & (np.minimum(np.abs(lateral + 4.0), np.abs(lateral - 5.0)) < 10 * slack)
    assert (road | land | face).all()
    assert road.sum() > 1000 and land.sum() > 1000 and (face & ~road & ~land).sum() > 20


def test_depth_is_that_of_the_pixel_center_at_any_resolution():
    """A pixel's center is that of the middle one of 3x3 smaller pixels, so a mean or a half-pixel shift would show."""
    scene = sample_scene(np.random.default_rng(4))
    # ragged leaves follow the size of a pixel
    scene = replace(scene, things=[thing for thing in scene.things if thing.kind not in ('tree', 'wood')])
    _, small = render(scene, 48, 156)
    _, large = render(scene, 3 * 48, 3 * 156)
    same = np.isclose(small, large[1::3, 1::3], rtol=1e-4)
    assert same.mean() > 0.998  # rays that graze an edge may fall to either side


def test_same_scene_same_picture_and_light_leaves_depth_alone():
    scene = sample_scene(np.random.default_rng(5))
    image, depth = render(scene, 64, 208)
    again, depth_again = render(scene, 64, 208)
    assert image.dtype == np.uint8 and image.shape == (64, 208, 3)
    assert depth.dtype == np.float32 and depth.shape == (64, 208)
    assert (image == again).all() and (depth == depth_again).all()
    hazy, hazy_depth = render(replace(scene, light=replace(scene.light, haze=0.05)), 64, 208)
    assert (depth == hazy_depth).all() and (image != hazy).mean() > 0.5
    noisy, noisy_depth = render(scene, 64, 208, np.random.default_rng(6))
    assert (depth == noisy_depth).all() and 0 < np.abs(image.astype(int) - noisy).mean() < 5


def test_shadow_falls_away_from_the_sun():
    sun = np.array([-1.0, -1.0, 0.0]) / np.sqrt(2)  # from the left, 45 degrees high
    post = Thing('post', [], rectangle(0.1, 0.5) + [0, 20], 2.0)
    sunlight, skylight = ShadowMap(sun, [post])(np.array([-1.0, 1.0, 3.0, 0.0, 500.0]), np.full(5, 20.0))
    assert (sunlight > 0.9).tolist() == [True, False, True, False, True]  # 2 m of shadow to the right, and under it
    assert (skylight < 0.9).tolist() == [False, False, False, True, False]


def test_streets_span_the_range():
    depths = [render(sample_scene(np.random.default_rng(seed)), 64, 208)[1] for seed in range(8)]
    valid = np.concatenate([depth[depth > 0] for depth in depths])
    assert valid.min() < 6 and valid.max() > 80 and valid.max() <= MAX_DEPTH
    assert all(0.5 < (depth > 0).mean() <= 1 for depth in depths)


def test_size_must_be_positive():
    with pytest.raises(ValueError, match='height=0'):
        render(scene_of(), 0, 10)
