"""Pictures of a report, searched for what they must show."""
import cv2
import numpy as np
import pytest

from mmdepthcls.bins import SIDBins
from mmdepthcls.evaluation.report.charts import confusion_chart, distance_chart
from mmdepthcls.evaluation.report.pictures import error_figure, image_of
from mmdepthcls.evaluation.report.tally import ScoredImage
from mmdepthcls.visualization.depth_color import color_depth
from mmdepthcls.visualization.error_color import color_error


def scored_image(height=60, width=100, name='nowhere.png', share=1.0, crop_box=None):
    rng = np.random.default_rng(0)
    truth = (rng.uniform(2, 79, (height, width)) * (rng.random((height, width)) < share)).astype(np.float32)
    pred = rng.uniform(2, 79, (height, width)).astype(np.float32)
    scored = (truth > 0) & (np.arange(height) >= height // 2)[:, None]
    return ScoredImage(name, 0, 0.5, pred, truth, scored, crop_box)


def holds(figure, panel, times):
    """Whether a panel stands in a figure, each of its pixels ``times`` wide."""
    panel = np.repeat(np.repeat(panel, times, 0), times, 1)
    distance = cv2.matchTemplate(figure, np.ascontiguousarray(panel), cv2.TM_SQDIFF)
    row, column = np.unravel_index(distance.argmin(), distance.shape)
    return np.array_equal(figure[row:row + panel.shape[0], column:column + panel.shape[1]], panel)


@pytest.mark.parametrize('height, width, times', [(60, 100, 5), (60, 250, 2), (40, 500, 1), (30, 700, 1)])
def test_every_panel_is_there(height, width, times):
    scored = scored_image(height, width)
    image = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    error = np.where(scored.scored, (scored.prediction - scored.truth) / np.maximum(scored.truth, 1e-3), np.nan)
    figure = error_figure(scored, 'title', image)
    for panel in (image, color_depth(scored.truth), color_depth(scored.prediction), color_error(error)):
        assert holds(figure, panel, times)
    without = error_figure(scored, 'title')
    assert without.size < figure.size or height * 2.5 >= width
    assert not holds(without, image, times) and holds(without, color_error(error), times)


def test_a_long_title_is_not_cut():
    assert error_figure(scored_image(), 'a' * 300).shape[1] > error_figure(scored_image(), 'a').shape[1]


def test_sparse_errors_are_drawn_larger_and_stay_what_they_are():
    truth = np.zeros((60, 100), np.float32)
    truth[30, 50], truth[30, 52] = 10, 20
    pred = np.full((60, 100), 10, np.float32)
    figure = error_figure(ScoredImage('x', 0, 0.5, pred, truth, truth > 0), 'title')
    white, blue = (color_error(np.array([[value]], np.float32))[0, 0] for value in (0.0, -0.5))
    # 5 x 5 points, each pixel 5 times as large; the two share the column between them.
    assert (figure == white).all(axis=2).sum() >= 3 * 5 * 25 - 5
    assert (figure == blue).all(axis=2).sum() >= 2 * 5 * 25


# --------------------------------------------------------------------------------------------------------------- image
def test_the_image_is_read_where_it_shows_the_same_pixels(tmp_path):
    path = tmp_path / 'image.png'
    image = np.random.default_rng(0).integers(0, 255, (60, 100, 3), dtype=np.uint8)
    cv2.imwrite(str(path), image[..., ::-1])
    np.testing.assert_array_equal(image_of(scored_image(name=str(path))), image)
    np.testing.assert_array_equal(image_of(scored_image(20, 30, str(path), crop_box=(7, 9, 20, 30))),
                                  image[7:27, 9:39])
    assert image_of(scored_image(20, 30, str(path))) is None
    assert image_of(scored_image(20, 30, str(path), crop_box=(50, 9, 20, 30))) is None
    # Predicted in a crop, scored in the whole frame.
    np.testing.assert_array_equal(image_of(scored_image(name=str(path), crop_box=(7, 9, 20, 30))), image)


def test_an_image_that_is_not_there_or_broken_is_left_out(tmp_path):
    (tmp_path / 'broken.png').write_bytes(b'no image')
    for name in ('000003', str(tmp_path), str(tmp_path / 'broken.png')):
        assert image_of(scored_image(name=name)) is None


# -------------------------------------------------------------------------------------------------------------- charts
def decoded(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)


def test_charts_are_pictures_also_of_little():
    bins = SIDBins(1.0, 80.0, 40)
    confusion = np.zeros((40, 40), int)
    confusion[20, 20] = 1
    one = decoded(confusion_chart(confusion, bins.edges))
    confusion[5, 39] = 1
    assert not np.array_equal(decoded(confusion_chart(confusion, bins.edges)), one)
    assert decoded(confusion_chart(np.ones((2, 2), int), [0, 1, 2])).shape[2] == 3
    model = dict(abs_rel=0.1, rmse=2.0)
    bands = [{'from': 0.0, 'to': 5.0, 'num_pixels': 10, 'model': model, 'bins_alone': None},
             {'from': 5.0, 'to': 10.0, 'num_pixels': 0, 'model': None, 'bins_alone': None},
             {'from': 10.0, 'to': None, 'num_pixels': 1, 'model': model, 'bins_alone': model}]
    protocol = dict(name='p', conditions=dict(mean='image'), num_pixels=11)
    assert decoded(distance_chart(protocol, bands)).std() > 10
