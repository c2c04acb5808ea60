import pickle

import numpy as np
import pytest

from mmdepthcls.commands.minidrive.scene import Camera, sample_scene
from mmdepthcls.commands.minidrive.shapes import Polygon, box, disc, extrude, facing_away, place
from mmdepthcls.commands.minidrive.texture import Noise, Plain
from mmdepthcls.commands.minidrive.things import sample_person, sample_sign, sample_tree
from mmdepthcls.commands.minidrive.vehicles import sample_car, sample_lorry

GRAY = Plain(np.full(3, 0.3, np.float32))


@pytest.fixture(scope='module')
def scenes():
    return [sample_scene(np.random.default_rng([11, i])) for i in range(25)]


def extent(thing):
    """(3,), (3,): lowest and highest vertex coordinates of a thing's polygons."""
    vertices = np.concatenate([shape.vertices for shape in thing.shapes if isinstance(shape, Polygon)])
    return vertices.min(0), vertices.max(0)


def test_equal_generators_equal_scenes():
    first, again, other = (pickle.dumps(sample_scene(np.random.default_rng(seed))) for seed in (3, 3, 4))
    assert first == again != other


def test_a_street_has_everything(scenes):
    kinds = {thing.kind for scene in scenes for thing in scene.things}
    assert kinds == {'house', 'car', 'lorry', 'tree', 'person', 'pole', 'sign', 'bin', 'hedge', 'wood'}


def test_cameras_light_and_roads_vary(scenes):
    for values in (
        [scene.camera.height for scene in scenes],
        [scene.camera.pitch for scene in scenes],
        [scene.road.offset for scene in scenes],
        [scene.road.right - scene.road.left for scene in scenes],
        [scene.light.haze for scene in scenes],
        [scene.light.brightness for scene in scenes],
    ):
        assert len(set(values)) == len(scenes)
    assert 1.35 <= min(s.camera.height for s in scenes) < max(s.camera.height for s in scenes) <= 2.0
    assert len({scene.camera.focal for scene in scenes}) == 1


def test_camera_stands_on_the_road_clear_of_cars(scenes):
    for scene in scenes:
        assert scene.road.left < scene.road.offset < scene.road.right
        for thing in scene.things:
            if thing.kind in ('car', 'lorry'):
                x, z = thing.footprint.T
                assert not (x.min() < 0.2 and x.max() > -0.2 and z.min() < 2 and z.max() > 0)


def test_cars_stand_on_the_road_and_people_anywhere_but_in_houses(scenes):
    for scene in scenes:
        for thing in scene.things:
            if thing.kind == 'car':
                x, z = thing.footprint.mean(0)
                assert scene.road.left < scene.road.lateral(x, z) < scene.road.right
                assert extent(thing)[1][1] == pytest.approx(0, abs=0.02)  # wheels touch the road
            if thing.kind == 'house':
                lateral = scene.road.lateral(*thing.footprint.T)
                assert (
                    thing.footprint[:, 1].mean() > 80
                    or ((lateral < scene.road.left) | (lateral > scene.road.right)).all()
                )


@pytest.mark.parametrize(
    ('sample', 'length', 'width', 'height'),
    [(sample_car, (3.2, 5.6), (1.6, 2.15), (1.4, 2.4)), (sample_lorry, (6, 11.1), (2.2, 2.6), (2.7, 3.4))],
    ids=['car', 'lorry'],
)
def test_vehicles_have_real_sizes(sample, length, width, height):
    for seed in range(30):
        low, high = extent(sample(np.random.default_rng(seed)))
        size = high - low
        assert length[0] <= size[2] <= length[1]
        assert width[0] <= size[0] <= width[1]
        assert height[0] <= size[1] <= height[1]


def test_people_trees_and_signs_have_real_sizes():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        assert 1.1 <= sample_person(rng).height <= 1.95
        assert 4 <= sample_tree(rng, 5).height <= 11
        assert 2.2 <= sample_sign(rng).height <= 3.4


def outward(polygon):
    a, b, c = polygon.vertices[:3]
    return np.cross(b - a, c - b)


def test_faces_of_solids_face_outward():
    solids = [box((-1, 0, -2), (1, 3, 2), GRAY), extrude([(-2, 0), (2, 0), (1, 1), (-1, 1)], 0.8, GRAY)]
    for faces in solids:
        middle = np.mean([face.vertices.mean(0) for face in faces], axis=0)
        assert all(outward(face) @ (face.vertices[0] - middle) > 0 for face in faces)
    front, back = disc((0, 0, 0), 1, GRAY, axis='z')
    assert outward(front)[2] > 0 > outward(back)[2]
    face = box((-1, 0, -2), (1, 3, 2), GRAY)[0].vertices
    assert (facing_away(face[::-1], np.zeros(3)) == face).all()


def test_placing_turns_then_moves():
    corner = Polygon(np.array([[0, 0, 1], [1, 0, 0], [0, -1, 0]], float), GRAY)
    (placed,) = place([corner], (10, 0, 20), np.pi / 2)
    # forward becomes right, right becomes backward, up stays
    np.testing.assert_allclose(placed.vertices, [[11, 0, 20], [10, 0, 19], [10, -1, 20]], atol=1e-12)


@pytest.mark.parametrize(
    ('camera', 'world', 'sign'),
    [
        (Camera(yaw=0.1), (0, 0, 1), (-1, 0)),  # looking right, what is ahead appears left
        (Camera(pitch=0.1), (0, 0, 1), (0, -1)),  # looking down, it appears higher
        (Camera(roll=0.1), (1, 0, 1), (1, -1)),  # leaning to the right, the right side rises
    ],
    ids=['yaw', 'pitch', 'roll'],
)
def test_camera_angles_turn_the_named_way(camera, world, sign):
    rotation = camera.rotation()
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    x, y, z = rotation @ world
    assert z > 0.9
    assert tuple(np.sign(np.round([x, y], 9))) == sign


def test_noise_repeats_without_seam_and_fades_with_distance():
    noise = Noise(np.random.default_rng(0))
    u = np.linspace(0, 25.55, 512)
    near = noise(u, np.zeros(512), 0.1, np.full(512, 0.01))
    np.testing.assert_array_equal(near[:10], noise(u[:10] + 25.6 + 1e-9, np.zeros(10), 0.1, np.full(10, 0.01)))
    assert np.abs(near).max() < 2.5
    assert noise(u, u, 0.1, np.full(512, 3.0)).std() < 0.6 * noise(u, u, 0.1, np.full(512, 0.01)).std()
