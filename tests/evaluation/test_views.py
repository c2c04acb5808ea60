"""How a protocol's prediction is made of what the network gave."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmdepthcls.evaluation.protocols import PRESETS, Protocol
from mmdepthcls.evaluation.views import Views, blend_ramp, combine, predict, resize, unmade

FRAME = (375, 1242)
KB = (23, 13, 352, 1216)


def test_blend_ramp_by_hand():
    ramp = blend_ramp(101)  # column i lies at i %
    np.testing.assert_allclose(ramp[[0, 5, 6, 7, 8, 9, 10, 50, 100]], [1, 1, 0.8, 0.6, 0.4, 0.2, 0, 0, 0], atol=1e-12)


def test_blend_takes_the_mirrored_one_at_the_left_and_the_plain_one_at_the_right():
    plain, flipped = np.full((2, 101), 10.0), np.full((2, 101), 20.0)
    blended = combine([plain, flipped], 'blend')
    np.testing.assert_allclose(blended[0, [0, 5, 10, 50, 90, 95, 100]], [20, 20, 15, 15, 15, 10, 10])
    assert combine([plain, flipped], None) is plain
    assert (combine([plain, flipped], 'mean') == 15).all()


@settings(deadline=None)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(2, 20), st.integers(2, 20))
def test_resizing_with_aligned_corners_by_the_formula(h, w, height, width):
    depth = np.random.default_rng(h * w).uniform(1, 80, (h, w))
    got = resize(depth, (height, width), align_corners=True)
    for row in range(height):
        for column in range(width):
            y, x = row * (h - 1) / (height - 1), column * (w - 1) / (width - 1)
            top, left = min(int(y), h - 2), min(int(x), w - 2)
            dy, dx = y - top, x - left
            expected = ((1 - dy) * ((1 - dx) * depth[top, left] + dx * depth[top, left + 1]) + dy * (
                (1 - dx) * depth[top + 1, left] + dx * depth[top + 1, left + 1]))
            assert got[row, column] == pytest.approx(expected, rel=1e-9)


def test_a_single_view_of_the_right_size_is_not_touched():
    depth = np.ones((4, 6), np.float32)
    pred, bad = predict(PRESETS['eigen_annotated'], Views(depth), (4, 6))
    assert pred is depth and bad is None


def test_views_are_clamped_before_they_are_averaged_and_resized():
    protocol = Protocol('p', flip='mean', clamp=(1.0, 80.0), align_corners=True)
    pred, bad = predict(protocol, Views(np.full((2, 2), 200.0), np.full((2, 2), 0.5)), (4, 4))
    np.testing.assert_allclose(pred, 40.5, rtol=1e-12)
    assert not bad.any()
    unclamped = Protocol('p', flip='mean', clamp=None)
    assert (predict(unclamped, Views(np.full((2, 2), 200.0), np.full((2, 2), 0.5)), (2, 2))[0] == 100.25).all()


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf, 0, -3])
def test_what_a_bad_value_has_a_part_in_is_bad(value):
    plain, flipped = np.full((4, 4), 10.0), np.full((4, 4), 20.0)
    flipped[1, 2] = value
    pred, bad = predict(Protocol('p', flip='mean'), Views(plain, flipped), (4, 4))
    assert bad.sum() == 1 and bad[1, 2] and np.isnan(pred[1, 2]) and np.nansum(pred) == 15 * 15
    pred, bad = predict(Protocol('p'), Views(flipped), (8, 8))
    assert bad[2:4, 4:6].all() and 4 < bad.sum() <= 16 and (np.isnan(pred) == bad).all()
    assert (pred[~bad] == 20).all()


def test_a_crop_is_pasted_into_an_empty_frame():
    pred, bad = predict(PRESETS['bts'], Views(np.full((352, 1216), 7, np.float32), crop_box=KB), FRAME)
    assert bad is None and pred.shape == FRAME and (pred[23:, 13:1229] == 7).all()
    assert (pred == 0).sum() == 375 * 1242 - 352 * 1216


@pytest.mark.parametrize('name, views, reason', [
    ('eigen_annotated', Views(np.ones(FRAME)), None),
    ('eigen_annotated', Views(np.ones(FRAME), crop_box=(0, 0, *FRAME)), None),
    ('eigen_annotated', Views(np.ones((352, 1216)), crop_box=KB), 'needs a prediction of the whole frame'),
    ('bts', Views(np.ones((352, 1216)), crop_box=KB), None),
    ('bts', Views(np.ones(FRAME)), 'needs a prediction of the KB crop'),
    ('bts', Views(np.ones((352, 1216)), crop_box=(22, 13, 352, 1216)), 'needs a prediction of the KB crop'),
    ('adabins', Views(np.ones((352, 1216)), crop_box=KB), 'needs a prediction of the mirror image'),
    ('adabins', Views(np.ones((352, 1216)), np.ones((352, 1216)), KB), None),
])
def test_a_prediction_that_was_not_made_says_why(name, views, reason):
    got = unmade(PRESETS[name], views, FRAME)
    assert got is None if reason is None else reason in got


def test_kb_of_a_small_frame_and_of_one_that_is_cropped_already():
    assert 'needs at least 352 x 1216' in unmade(PRESETS['bts'], Views(np.ones((10, 10))), (10, 10))
    assert unmade(PRESETS['bts'], Views(np.ones((352, 1216))), (352, 1216)) is None


def test_filled_values_are_scored_and_remembered():
    depth = np.array([[4, np.nan, 2], [0, 0, 0]], np.float32)
    pred, bad = predict(PRESETS['kitti_devkit'], Views(depth), (2, 3))
    assert pred.tolist() == [[4, 2, 2], [4, 2, 2]]
    assert bad.tolist() == [[False, True, False], [True] * 3]
