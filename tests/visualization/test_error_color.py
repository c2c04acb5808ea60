"""Colors of errors, and their bar."""
import numpy as np
from matplotlib import colormaps

from mmdepthcls.visualization.error_color import (
    NOT_SCORED,
    color_error,
    error_bar,
    error_panel,
    relative_error,
    spread_points,
)
from mmdepthcls.visualization.lettering import swatch_width


def test_colors_of_errors():
    colors = color_error(np.array([[-0.25, -9, 0, 0.25, 9, np.nan]]))[0].tolist()
    blue, red, gray = ([round(255 * part) for part in colormaps['coolwarm'](place)[:3]] for place in (0.0, 1.0, 0.5))
    assert colors[0] == colors[1] and colors[3] == colors[4] and colors[5] == [0, 0, 0]
    np.testing.assert_allclose(colors[0], blue, atol=1)
    np.testing.assert_allclose(colors[2], gray, atol=2)
    np.testing.assert_allclose(colors[3], red, atol=1)
    bar = error_bar(600, 60)
    assert bar.shape == (60, 600, 3) and bar[0, 0].tolist() == colors[0]
    metric = 600 - swatch_width(60, NOT_SCORED)
    assert bar[0, metric - 1].tolist() == colors[4] and bar[5, metric + 60].tolist() == colors[5]  # and its name
    assert error_bar(240, 33).shape == (33, 240, 3)


def test_errors_are_signed_shares_of_the_truth_where_it_was_measured():
    truth = np.array([[10, 10, 0, np.nan, 4]], np.float32)
    prediction = np.array([[12, 5, 3, 3, 0]], np.float32)
    np.testing.assert_allclose(relative_error(prediction, truth), [[0.2, -0.5, np.nan, np.nan, -1]])


def test_a_smaller_panel_loses_no_point_and_mixes_none():
    error = np.full((90, 300), np.nan, np.float32)
    error[40, 100], error[41, 220] = 0.2, -0.1
    panel = error_panel(error, (100, 30))
    found = {tuple(color) for color in panel.reshape(-1, 3)} - {(0, 0, 0)}
    assert panel.shape == (30, 100, 3)
    assert found == {tuple(color) for color in color_error(np.array([[0.2, -0.1]], np.float32))[0]}
    assert (error_panel(error, (300, 90), 5).any(axis=2)).sum() == 50


def test_an_empty_pixel_takes_the_nearest_point():
    values = np.full((5, 7), np.nan)
    values[2, 1], values[2, 5] = 1, 2
    spread = spread_points(values, 3)
    assert (spread[1:4, :3] == 1).all() and (spread[1:4, 4:] == 2).all() and np.isnan(spread[:, 3]).all()
    np.testing.assert_array_equal(spread_points(values, 1), values)


def test_lightness_tells_how_wrong_in_gray():
    gray = color_error(np.linspace(-0.25, 0.25, 51)[None]).astype(float) @ [0.299, 0.587, 0.114]
    assert (np.diff(gray[0, :22]) > 0).all() and (np.diff(gray[0, 29:]) < 0).all()
