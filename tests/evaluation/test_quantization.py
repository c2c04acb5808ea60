"""What bins make of depths, against loops."""
import numpy as np
import pytest

from mmdepthcls.bins import DepthBins, LIDBins, SIDBins, UDBins
from mmdepthcls.evaluation.quantization import bin_confusion, bins_alone, nearest_labels

BINS = [SIDBins(1.0, 80.0, 71), UDBins(0.0, 50.0, 10), LIDBins(2.0, 60.0, 255, below='ignore'),
        DepthBins([0.7, 3.3, 9.9], below='ignore')]


def slow_label(bins, depth):
    """Index of the interval that holds a depth, or of the nearer end."""
    for label in range(bins.num_bins):
        if bins.edges[label] <= depth < bins.edges[label + 1]:
            return label
    return 0 if depth < bins.min_depth else bins.num_bins - 1


@pytest.mark.parametrize('bins', BINS, ids=repr)
@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_every_depth_goes_to_the_nearest_bin(bins, dtype):
    some = np.random.default_rng(0).uniform(1e-3, 100, 400)
    depth = np.concatenate([some, [1e-9, 1e6], bins.edges[1:]]).astype(dtype)
    label, outside = nearest_labels(bins, depth)
    assert label.tolist() == [slow_label(bins, float(value)) if value != dtype(bins.max_depth) else bins.num_bins - 1
                              for value in depth]
    lowest = 0 if bins.below == 'first' else bins.min_depth
    np.testing.assert_array_equal(outside, (depth < lowest) | (depth > bins.max_depth))
    alone, again = bins_alone(bins, depth)
    assert alone.dtype == np.float64
    np.testing.assert_array_equal(alone, bins.centers[label])
    np.testing.assert_array_equal(again, outside)


@pytest.mark.parametrize('bins', BINS, ids=repr)
def test_confusion_counts_pairs(bins):
    rng = np.random.default_rng(1)
    gt = rng.uniform(0.1, 100, 300).astype(np.float32)
    pred = (gt * rng.lognormal(0, 0.2, 300)).astype(np.float32)
    expected = np.zeros((bins.num_bins, bins.num_bins), np.int64)
    for p, g in zip(pred, gt, strict=True):
        expected[slow_label(bins, float(g)), slow_label(bins, float(p))] += 1
    confusion = bin_confusion(bins, pred, gt)
    np.testing.assert_array_equal(confusion, expected)
    assert confusion.dtype == np.int64 and confusion.sum() == 300
