"""Figures are checked by searching them for the pixels they must hold, without knowing where the panels lie."""
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmdepthcls.visualization.depth_color import color_bar, color_depth
from mmdepthcls.visualization.figures import contact_sheet, depth_figure, enlarge_points

SPARSE_MAPS = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), fill=st.just(np.float32(0)),
                         elements=st.sampled_from([1.0, 2.5, 7.0, 40.0, 80.0, -1.0, np.nan, np.inf]))


def scene(height=40, width=60, share=1.0, seed=0):
    """A random image, a truth with ``share`` of its pixels measured, and a dense prediction."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 255, (height, width, 3), dtype=np.uint8)
    truth = rng.uniform(1, 80, (height, width)).astype(np.float32) * (rng.random((height, width)) < share)
    return image, truth, rng.uniform(1, 80, (height, width)).astype(np.float32)


def find(figure, panel):
    """(top, left) of the one place where ``panel`` stands in ``figure`` pixel by pixel; None where it does not."""
    height, width = panel.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(figure, (1, width, 3))[:, :, 0, 0]  # (Y, X, width, 3)
    starts = (windows == panel[0]).all(axis=(2, 3))
    places = [(y, x) for y, x in np.argwhere(starts) if np.array_equal(figure[y:y + height, x:x + width], panel)]
    return tuple(map(int, places[0])) if len(places) == 1 else None


def points_by_hand(depth, size):
    """enlarge_points, pixel by pixel from its own description."""
    result = np.zeros(depth.shape, np.float32)
    for y, x in np.ndindex(depth.shape):
        window = depth[max(y - size // 2, 0):y + size // 2 + 1, max(x - size // 2, 0):x + size // 2 + 1]
        measured = [value for value in window.ravel() if 0 < value < np.inf]
        result[y, x] = depth[y, x] if 0 < depth[y, x] < np.inf else min(measured, default=0)
    return result


@pytest.mark.parametrize('layout', ['row', 'column'])
def test_panels_hold_the_image_and_the_colors_of_the_depth(layout):
    image, truth, prediction = scene()
    figure = depth_figure(image, truth, prediction, layout=layout)
    assert figure.dtype == np.uint8 and figure.ndim == 3 and figure.shape[2] == 3
    places = [find(figure, panel) for panel in (image, color_depth(truth), color_depth(prediction))]
    assert None not in places
    along = 0 if layout == 'column' else 1
    assert places[0][along] < places[1][along] < places[2][along]
    assert places[0][1 - along] == places[1][1 - along] == places[2][1 - along]


def test_settings_of_the_scale_reach_panels_and_bar():
    image, truth, _ = scene()
    colors = dict(min_depth=0.5, max_depth=20.0, scale='linear', colormap='viridis')
    figure = depth_figure(image, truth, **colors)
    assert find(figure, color_depth(truth, **colors)) is not None
    assert any(np.array_equal(figure[-height:], color_bar(figure.shape[1], height, **colors))
               for height in range(24, 121))


@pytest.mark.parametrize('shape, layout', [((30, 100), 'column'), ((40, 100), 'row'), ((40, 60), 'row')])
def test_wide_images_are_stacked(shape, layout):
    image, truth, prediction = scene(*shape)
    np.testing.assert_array_equal(depth_figure(image, truth, prediction),
                                  depth_figure(image, truth, prediction, layout=layout))


def test_missing_maps_leave_their_panel_out():
    image, truth, prediction = scene()
    only_truth = depth_figure(image, truth, layout='column')
    only_prediction = depth_figure(image, prediction=prediction, layout='column')
    assert find(only_truth, color_depth(truth)) and find(only_prediction, color_depth(prediction))
    assert only_truth.shape == only_prediction.shape
    assert only_truth.shape[0] < depth_figure(image, truth, prediction, layout='column').shape[0] - 40
    alone = depth_figure(image, layout='column')
    assert find(alone, image) and alone.shape[0] < only_truth.shape[0] - 20  # no bar either


def test_no_panel_covers_another_and_titles_stand_between():
    image, truth, prediction = scene(40, 60)
    dark = np.zeros_like(image)
    figure = depth_figure(dark, truth, prediction, layout='column')
    truth_top, prediction_top = find(figure, color_depth(truth))[0], find(figure, color_depth(prediction))[0]
    between = figure[truth_top + 40:prediction_top]
    assert len(between) >= 20 and (between == 0).any() and (between[0] == 255).all()


def test_sparse_truth_is_enlarged_and_keeps_every_measurement():
    image, truth, _ = scene(80, 100, share=0.05)
    small, large = (depth_figure(image, truth, point_size=size) for size in (1, None))
    top, left = find(small, color_depth(truth))
    panel = large[top:top + 80, left:left + 100]
    measured = truth > 0
    np.testing.assert_array_equal(panel[measured], color_depth(truth)[measured])
    assert (panel != 0).any(axis=-1).sum() > 5 * measured.sum()


def test_dense_truth_is_drawn_as_it_is():
    image, truth, _ = scene(share=0.5)
    np.testing.assert_array_equal(depth_figure(image, truth), depth_figure(image, truth, point_size=1))


@settings(max_examples=60)
@given(SPARSE_MAPS, st.sampled_from([1, 3, 5]))
def test_enlarged_points(depth, size):
    np.testing.assert_array_equal(enlarge_points(depth, size), points_by_hand(depth, size))


@pytest.mark.parametrize('size', [0, 2, -1, 1.5])
def test_point_size_must_be_odd(size):
    image, truth, _ = scene()
    with pytest.raises(ValueError, match='odd number'):
        depth_figure(image, truth, point_size=size)


def test_crop_box_cuts_the_image():
    image, truth, _ = scene()
    cut, box = truth[5:35, 10:50], (5, 10, 30, 40)
    figure = depth_figure(image, cut, crop_box=box)
    assert find(figure, image[5:35, 10:50]) and find(figure, color_depth(cut))
    with pytest.raises(ValueError, match='30 x 40 after crop_box'):
        depth_figure(image, truth, crop_box=box)
    for outside in ((20, 0, 30, 40), (0, 30, 30, 40), (-1, 0, 30, 40), (0, 0, 0, 40)):
        with pytest.raises(ValueError, match='inside the image of H x W = 40 x 60'):
            depth_figure(image, cut, crop_box=outside)


def test_sizes_that_differ_are_refused_by_name():
    image, truth, prediction = scene()
    with pytest.raises(ValueError, match='prediction and image.*39 x 60 and 40 x 60.*crop_box'):
        depth_figure(image, truth, prediction[1:])
    with pytest.raises(ValueError, match='truth and image'):
        depth_figure(image, truth[:, 1:])


@pytest.mark.parametrize('wrong', [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32),
                                   np.zeros((3, 4, 4), np.uint8)])
def test_images_of_the_wrong_kind_are_refused(wrong):
    with pytest.raises(TypeError, match='uint8 RGB'):
        depth_figure(wrong)


def test_maps_and_layouts_of_the_wrong_kind_are_refused():
    image, truth, _ = scene()
    with pytest.raises(TypeError, match='truth must be floating point'):
        depth_figure(image, truth.astype(np.uint16))
    with pytest.raises(ValueError, match='prediction must be'):
        depth_figure(image, truth, truth[None])
    with pytest.raises(ValueError, match="layout.*'grid'"):
        depth_figure(image, truth, layout='grid')


@pytest.mark.parametrize('share', [0.0, 1.0])
@pytest.mark.parametrize('shape', [(1, 1), (8, 200), (200, 8)])
def test_odd_shapes_can_be_drawn(shape, share):
    image, truth, prediction = scene(*shape, share=share)
    for layout in ('row', 'column'):
        assert find(depth_figure(image, truth, prediction, layout=layout, point_size=1), image) or shape == (1, 1)


def test_a_view_with_negative_strides_is_an_image():
    image, truth, _ = scene()
    np.testing.assert_array_equal(depth_figure(image[..., ::-1], truth),
                                  depth_figure(np.ascontiguousarray(image[..., ::-1]), truth))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(4, 12), st.integers(4, 12)), min_size=1, max_size=6), st.integers(1, 4))
def test_contact_sheet_holds_every_figure_in_order(shapes, columns):
    rng = np.random.default_rng(0)
    figures = [rng.integers(0, 255, (*shape, 3), dtype=np.uint8) for shape in shapes]
    sheet = contact_sheet(figures, columns=columns, gap=3)
    places = [find(sheet, figure) for figure in figures]
    assert None not in places
    assert places == sorted(places)
    assert len({left for _, left in places}) == min(columns, len(figures))
    assert len({top for top, _ in places}) == -(-len(figures) // columns)
    assert (sheet != 255).any(axis=-1).sum() <= sum(height * width for height, width in shapes)


def test_contact_sheets_that_cannot_be_drawn_are_refused():
    with pytest.raises(ValueError, match='at least one figure'):
        contact_sheet([])
    with pytest.raises(ValueError, match='columns=0'):
        contact_sheet([np.zeros((4, 4, 3), np.uint8)], columns=0)
    with pytest.raises(TypeError, match=r'figures\[1\]'):
        contact_sheet([np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint8)])


def test_real_frame(kitti_sample):
    drive = '2011_09_26_drive_0001_sync'
    image = cv2.imread(str(Path(kitti_sample, 'raw/2011_09_26', drive, 'image_02/data/0000000005.png')))[..., ::-1]
    depth_png = Path(kitti_sample, 'annotated/train', drive, 'proj_depth/groundtruth/image_02/0000000005.png')
    truth = cv2.imread(str(depth_png), cv2.IMREAD_UNCHANGED).astype(np.float32) / 256
    figure = depth_figure(image, truth)
    assert figure.shape[1] == image.shape[1]  # a column: the street keeps its width
    tops = [y for y in range(figure.shape[0] - 375) if np.array_equal(figure[y:y + 375], image)]
    assert len(tops) == 1
    panels = [figure[y:y + 375] for y in range(tops[0] + 375, figure.shape[0] - 375)]
    measured, expected = truth > 0, color_depth(truth)
    assert sum(np.array_equal(panel[measured], expected[measured]) for panel in panels) == 1
