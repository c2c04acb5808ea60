"""Points in a picture: a camera by its own equations, what hides what, and the lines across the ground."""
import numpy as np
import pytest

from mmdepthcls.visualization.point_view import View, ground_depths, render_points

RED, GREEN = (200, 0, 0), (0, 200, 0)


def wall(depth, color, half=2.0, number=60):
    """Points of an upright square, ``depth`` m ahead."""
    x, y = np.meshgrid(np.linspace(-half, half, number), np.linspace(-half, half, number))
    xyz = np.stack([x.ravel(), y.ravel(), np.full(x.size, float(depth))], axis=1)
    return xyz, np.broadcast_to(np.array(color, np.uint8), xyz.shape)


def straight(size=(200, 100), focal=50.0):
    """The view of the camera itself."""
    return View(np.zeros(3), np.eye(3), focal, np.array(size) / 2, size, 1.5)


def test_a_pinhole_camera():
    places, depth = straight().project(np.array([[0, 0, 10], [2, -1, 10], [1, 1, -5.0]]))
    np.testing.assert_allclose(places[:2], [[100, 50], [110, 45]])
    np.testing.assert_allclose(depth, [10, 10, -5])


def test_what_is_nearer_hides_what_is_behind_whatever_their_order():
    (near, red), (far, green) = wall(5, RED, 0.5), wall(10, GREEN, 4.0)
    pictures = []
    for order in (np.arange(len(near) + len(far)), np.arange(len(near) + len(far))[::-1]):
        xyz, colors = np.concatenate([near, far])[order], np.concatenate([red, green])[order]
        pictures.append(render_points(xyz, colors, straight(), 1 / 50))
    np.testing.assert_array_equal(*pictures)
    assert pictures[0][50, 100].tolist() == list(RED) and pictures[0][35, 115].tolist() == list(GREEN)
    assert pictures[0][5, 5].tolist() == [255] * 3


def test_a_surface_is_closed_and_nothing_behind_the_camera_is_seen():
    xyz, colors = wall(10, GREEN, 4.0, 30)
    picture = render_points(xyz, colors, straight(), pixel=8 / 29 / 10)
    assert (picture[32:68, 82:118] == GREEN).all(axis=2).mean() > 0.97
    behind = render_points(np.concatenate([xyz * (1, 1, -1), wall(3, RED, 0.1)[0]]), np.concatenate([
        colors, wall(3, RED, 0.1)[1]]), straight(), 1 / 50)
    assert not (behind == GREEN).all(axis=2).any()


def test_the_view_from_behind_holds_the_points_and_looks_down():
    rng = np.random.default_rng(0)
    ground = np.stack([rng.uniform(-6, 6, 20000), np.full(20000, 1.6), rng.uniform(4, 40, 20000)], axis=1)
    view = View.behind(ground, (800, 400))
    assert view.position[1] < -1 and view.axes[2, 1] > 0 and view.ground == pytest.approx(1.6)
    np.testing.assert_allclose(view.axes @ view.axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(view.axes) == pytest.approx(1)
    places, depth = view.project(ground[ground[:, 2] < 36])
    inside = ((places >= 0) & (places < (800, 400))).all(axis=1) & (depth > 0)
    assert inside.mean() > 0.95
    up = view.project(np.array([[0, 1.6, 20], [0, 0.0, 20]]))[0]
    assert up[1, 1] < up[0, 1]  # what is higher is higher in the picture
    right = view.project(np.array([[-2, 1.6, 20], [2, 1.6, 20.0]]))[0]
    assert right[0, 0] < right[1, 0]


def test_lines_lie_at_round_depths_of_the_scene():
    street, room = (np.stack([np.zeros(1000), np.ones(1000), np.linspace(*ends, 1000)], axis=1)
                    for ends in ((4, 60), (1.1, 4)))
    assert ground_depths(street) == [7, 10, 15, 20, 30, 50] and ground_depths(room) == [1.5, 2, 3]
    assert ground_depths(street[:1]) == []
    xyz = np.random.default_rng(1).uniform((-5, 1.5, 3), (5, 1.6, 30), (9000, 3))
    white = np.full((9000, 3), 250, np.uint8)
    picture = render_points(xyz, white, View.behind(xyz, (600, 300)), 1 / 500, 12)
    assert (picture == 90).all(axis=2).sum() > 600 and (picture < 60).all(axis=2).sum() > 100  # lines, and their metres


@pytest.mark.parametrize('number', [1, 2, 7])
def test_a_few_points_are_a_picture(number):
    xyz = np.random.default_rng(2).uniform(1, 2, (number, 3)).astype(np.float32)
    picture = render_points(xyz, np.zeros((number, 3), np.uint8), View.behind(xyz, (300, 150)), 0.01)
    assert picture.shape == (150, 300, 3) and (picture == 0).all(axis=2).any()
