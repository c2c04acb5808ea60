"""Pictures of the page: which pixel is pointed at, and that metres are not mixed."""
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.apis.depth_result import DepthResult
from mmdepthcls.apis.picture_source import PictureSource
from mmdepthcls.commands.app import shown_picture
from mmdepthcls.commands.predict.file_kinds import FileSettings, colored

SIDES = st.integers(1, 20_000)


def result_of(shape, supervised=None):
    rng = np.random.default_rng(0)
    depth = rng.uniform(1, 80, shape).astype(np.float32)
    return DepthResult(
        PictureSource('a'), rng.integers(0, 256, (*shape, 3), dtype=np.uint8), depth,
        np.ones(shape, bool) if supervised is None else supervised, (1.0, 80.0),
        maps=dict(confidence=rng.random(shape).astype(np.float32), interval=np.stack([depth * .9, depth * 1.1])))


@given(SIDES, SIDES)
def test_what_is_shown_is_neither_huge_nor_tiny_and_of_the_same_shape(height, width):
    shown = shown_picture.shown_shape(height, width)
    assert min(shown) >= 1 and max(shown) <= shown_picture.LONGEST_SIDE
    assert max(shown) >= min(shown_picture.LEAST_SIDE, 16 * max(height, width))
    assert abs(shown[0] / shown[1] * width / height - 1) < .51 / min(shown) or min(shown) == 1


@given(SIDES, SIDES, st.data())
def test_a_pixel_that_is_pointed_at_is_the_one_that_is_shown_there(height, width, data):
    shown = shown_picture.shown_shape(height, width)
    x, y = data.draw(st.integers(0, shown[1] - 1)), data.draw(st.integers(0, shown[0] - 1))
    column, row = shown_picture.pixel_at(x, y, (height, width))
    assert 0 <= column < width and 0 <= row < height
    assert abs((column + .5) / width - (x + .5) / shown[1]) <= max(.5 / shown[1], .5 / width) + 1e-9
    assert abs((row + .5) / height - (y + .5) / shown[0]) <= max(.5 / shown[0], .5 / height) + 1e-9


@pytest.mark.parametrize('shape', [(3, 5), (700, 900), (30, 3000), (1, 1)])
def test_shown_depth_is_depth_of_the_pixel_that_is_pointed_at(shape):
    result = result_of(shape)
    small = shown_picture.resized(result)
    assert small.picture.shape[:2] == small.depth.shape == small.interval.shape[1:] == shown_picture.shown_shape(*shape)
    rng = np.random.default_rng(1)
    for x, y in zip(rng.integers(0, small.depth.shape[1], 50), rng.integers(0, small.depth.shape[0], 50), strict=True):
        column, row = shown_picture.pixel_at(x, y, shape)
        assert small.depth[y, x] == result.depth[row, column]
        assert small.confidence[y, x] == result.confidence[row, column]


def test_colors_are_those_of_the_file():
    result = result_of((650, 700), np.arange(650)[:, None] > np.full(700, 100))
    shown = cv2.imdecode(np.frombuffer(shown_picture.depth_png(shown_picture.resized(result)), np.uint8), 1)[..., ::-1]
    np.testing.assert_array_equal(shown, colored(result, FileSettings()))


def test_a_mark_leaves_the_point_free_and_stays_near():
    result = shown_picture.resized(result_of((650, 700)))
    plain, marked = (cv2.imdecode(np.frombuffer(shown_picture.depth_png(result, mark), np.uint8), 1)
                     for mark in (None, (300.5 / 700, 200.5 / 650)))
    rows, columns = np.nonzero((plain != marked).any(axis=2))
    assert len(rows) and (200, 300) not in set(zip(rows.tolist(), columns.tolist(), strict=True))
    assert abs(rows - 200).max() < 20 and abs(columns - 300).max() < 20
    assert abs(np.mean(rows) - 200) < .6 and abs(np.mean(columns) - 300) < .6


@pytest.mark.parametrize('mark', [(0, 0), (1, 1), (.999, 0)])
@pytest.mark.parametrize('shape', [(1, 1), (1, 3000), (9, 7)])
def test_a_mark_at_a_border(shape, mark):
    small = shown_picture.resized(result_of(shape))
    assert shown_picture.picture_jpeg(small, mark)[:2] == b'\xff\xd8'


def test_confidence_is_the_lighter_the_surer():
    result = result_of((650, 700))
    shown = cv2.imdecode(np.frombuffer(shown_picture.confidence_png(result), np.uint8), 1)
    order = np.argsort(result.confidence, axis=None)
    assert (np.diff(shown[..., 0].ravel()[order].astype(int)) >= 0).all() and shown.max() == 255
