"""Doubts about the unit of predictions or ground truth."""
import numpy as np
import pytest

from mmdepthcls.evaluation.files.prediction_units import doubt_of_unit, likeness

TRUTH = np.random.default_rng(0).uniform(2, 60, (20, 30)).astype(np.float32)


def doubt(pred, truth=TRUTH):
    found = likeness(np.asarray(pred, np.float32), truth)
    return doubt_of_unit([found] if found else [])


@pytest.mark.parametrize('factor, words', [
    (1000 / 256, '3.906 times too large (median over the frames, about 1000 / 256)'), (1000, 'about 1000)'),
    (0.01, '100 times too small (median over the frames, about 100)'), (256 / 100, '256 / 100'),
    (33, '33 times too large (median over the frames):')])
def test_factors(factor, words):
    noise = np.random.default_rng(1).uniform(0.9, 1.1, TRUTH.shape)
    assert words in doubt(TRUTH * factor) and '--pred-scale and --gt-scale' in doubt(TRUTH * factor * noise)


def test_disparity_and_inverse_depth():
    for pred in (1 / TRUTH, 700 / TRUTH):
        assert 'disparity or inverse depth' in doubt(pred)


def test_no_doubt():
    """Of a bad network, one value everywhere, nothing predicted, or nothing measured."""
    noise = np.random.default_rng(1).uniform(0.6, 1.6, TRUTH.shape)
    for pred in (TRUTH, TRUTH * 1.9, TRUTH * noise, TRUTH * 0 + 20, TRUTH * np.nan, -TRUTH, TRUTH * 0, TRUTH[:9]):
        assert doubt(pred) is None
    assert doubt(TRUTH, TRUTH * 0) is None
