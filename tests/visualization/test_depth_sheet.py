"""The sheet of predictions, searched for what it must show."""
import cv2
import numpy as np

from mmdepthcls.visualization.depth_color import DepthColors
from mmdepthcls.visualization.depth_sheet import SheetRow, points_drawn_wide, prediction_sheet

COLORS = DepthColors(0.5, 20.0, colormap='magma', invalid=(255, 0, 255))


def prediction(seed=0, shape=(40, 90), share=1.0, truth=True):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 255, (*shape, 3), dtype=np.uint8)
    depth = rng.uniform(1, 30, shape).astype(np.float32)
    measured = depth * (rng.random(shape) < share)
    return SheetRow(f'a/{seed}.png', image, measured.astype(np.float32) if truth else None, depth[::-1])


def place(sheet, panel, times):
    """(top, left) of a panel in the sheet, each of its pixels ``times`` wide."""
    panel = np.ascontiguousarray(np.repeat(np.repeat(panel, times, 0), times, 1))
    top, left = np.unravel_index(cv2.matchTemplate(sheet, panel, cv2.TM_SQDIFF).argmin(), (
        sheet.shape[0] - panel.shape[0] + 1, sheet.shape[1] - panel.shape[1] + 1))
    found = np.array_equal(sheet[top:top + panel.shape[0], left:left + panel.shape[1]], panel)
    return (int(top), int(left)) if found else None


def test_a_row_a_sample_a_column_a_map_one_scale():
    rows = [prediction(seed) for seed in range(3)]
    sheet = prediction_sheet(rows, COLORS)
    places = [[place(sheet, panel, 6) for panel in (row.image, COLORS.paint(row.truth), COLORS.paint(row.prediction))]
              for row in rows]
    assert all(spot for row in places for spot in row)
    tops, lefts = np.array(places).transpose(2, 0, 1)
    assert (np.ptp(tops, axis=1) == 0).all() and (np.diff(tops[:, 0]) > 0).all()
    assert (np.ptp(lefts, axis=0) == 0).all() and (np.diff(lefts[0]) > 90 * 6).all()
    assert (sheet[tops[-1, 0] + 6 * 40:] == (255, 0, 255)).all(axis=-1).sum() >= 100  # the legend


def test_a_frame_without_ground_truth_is_drawn_and_says_so():
    rows = [prediction(0, truth=False), prediction(1, share=0.0), prediction(2)]
    sheet = prediction_sheet(rows, COLORS)
    for row in rows:
        assert place(sheet, row.image, 6) and place(sheet, COLORS.paint(row.prediction), 6)
    assert (sheet == 230).all(axis=-1).sum() > 1.8 * 6 * 6 * 40 * 90  # two gray panels
    assert [row.measured for row in rows] == [False, False, True]


def test_frames_of_other_sizes_share_the_columns():
    rows = [prediction(0, (60, 700), 0.1), prediction(1, (62, 690), 0.1), prediction(2, (300, 300))]
    sheet = prediction_sheet(rows, COLORS)
    assert 3 * 560 < sheet.shape[1] < 3 * 560 + 80
    assert points_drawn_wide(rows) and not points_drawn_wide(rows[2:])
