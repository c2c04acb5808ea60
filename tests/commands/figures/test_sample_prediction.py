"""What is said of single samples, beside what the inferencer and slow sums say."""
from dataclasses import replace

import numpy as np
import pytest

from mmdepthcls.apis.exported_model import ExportedModel
from mmdepthcls.commands.calibrate.measured_data import MeasuredPicture


def softmax(logits):
    odds = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def test_confidence_is_the_probability_within_the_factor(predictors, measured):
    predictor, picture = predictors('softmax'), measured(1)[0]
    sample = predictor.predict(picture)
    rows, columns = (each.ravel() for each in np.mgrid[:24, :32])
    logits = predictor.inferencer.logits(sample.prepared, rows, columns)
    bins = predictor.inferencer.loaded.classifier.bins
    until = np.concatenate([np.zeros((len(rows), 1)), softmax(logits).cumsum(axis=1)], axis=1)
    below = [[np.interp(np.log(metres), np.log(bins.edges), each) for metres, each in zip(
        sample.depth.ravel() * factor, until, strict=True)] for factor in (1.25, 0.8)]
    expected = np.subtract(*below)
    found = predictor.confidence(sample, (32, 24))
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-5)
    np.testing.assert_array_equal(predictor.confidence(sample, (8, 6)), found[2::4, 2::4])


def test_calibrated_and_corrected_metres_say_the_same_of_the_bins(predictors, measured, monkeypatch):
    """Everything times a factor: depth, truth and range; probabilities stay."""
    predictor, picture = predictors('softmax'), measured(1, far=8.0)[0]
    plain = predictor.predict(picture, ('interval', ))
    confidence, sums = predictor.confidence(plain, (16, 12)), predictor.reliability(plain)
    monkeypatch.setattr(predictor.inferencer, 'loaded', replace(predictor.inferencer.loaded, scale=1.5))
    scaled = predictor.predict(MeasuredPicture(picture.path, depth=lambda shape: 1.5 * picture.depth(shape)),
                               ('interval', ))
    np.testing.assert_allclose(scaled.depth, 1.5 * plain.depth, rtol=1e-5)
    assert scaled.farthest == pytest.approx(15) and scaled.numbers == pytest.approx(plain.numbers, rel=1e-4)
    scaled_sums = predictor.reliability(scaled)
    np.testing.assert_allclose(predictor.confidence(scaled, (16, 12)), confidence, atol=1e-5)
    np.testing.assert_allclose(scaled_sums.table, sums.table, rtol=1e-4, atol=1e-4)
    assert abs(scaled_sums.inside - sums.inside) <= 1


def test_the_same_pixels_are_looked_at_whatever_the_model(predictors, measured):
    picture = measured(1, share=0.9)[0]
    first, second = (predictors('softmax', seed).predict(picture, ('interval', )) for seed in (0, 1))
    chosen = [predictors('softmax', seed).reliability(sample, 50) for seed, sample in enumerate((first, second))]
    assert chosen[0].num == chosen[1].num == 50
    again = predictors('softmax').reliability(first, 50)
    np.testing.assert_array_equal(again.table, chosen[0].table)


def test_ground_truth_of_another_size_is_refused(predictors, measured):
    picture = MeasuredPicture(measured(1)[0].path, depth=lambda shape: np.ones((3, 4), np.float32))
    with pytest.raises(ValueError, match='ground truth has 3 x 4 pixels, the image 24 x 32'):
        predictors('softmax').predict(picture)


def test_what_was_not_predicted_or_lies_beyond_is_not_scored(predictors, measured):
    sample = predictors('softmax').predict(measured(1, share=1.0, far=20.0)[0])
    sample.result.depth[:4] = 0
    assert not sample.scored[:4].any() and sample.scored.max() <= 10 and np.isnan(sample.error[:4]).all()
    assert 0 < sample.numbers['beyond'] < 1


def test_an_exported_file_says_no_probabilities(predictors, monkeypatch):
    predictor = predictors('softmax')
    assert predictor.lacks_probabilities == ''
    monkeypatch.setattr(predictor.inferencer, 'loaded', replace(
        predictor.inferencer.loaded, classifier=ExportedModel.__new__(ExportedModel)))
    assert predictor.lacks_probabilities.startswith('an exported file gives metres and no probabilities of bins')
