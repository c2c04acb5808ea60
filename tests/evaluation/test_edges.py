import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmdepthcls.evaluation.edges import count_edges, depth_edges, summarize_edges

MAPS = hnp.arrays(np.float64, (5, 7), elements=st.sampled_from([0.0, 1.0, 1.2, 2.0, 10.0, 79.0, 90.0]))


def slow_edges(depth, ratio):
    edges = np.zeros(depth.shape, bool)
    for y, x in np.ndindex(depth.shape):
        for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            v, u = y + dy, x + dx
            if 0 <= v < depth.shape[0] and 0 <= u < depth.shape[1] and min(depth[y, x], depth[v, u]) > 0:
                edges[y, x] |= max(depth[y, x], depth[v, u]) / min(depth[y, x], depth[v, u]) > ratio
    return edges


def near(mask, y, x, radius):
    return mask[max(y - radius, 0):y + radius + 1, max(x - radius, 0):x + radius + 1].any()


@settings(deadline=None)
@given(MAPS)
def test_edges_are_those_of_a_slow_loop(depth):
    assert (depth_edges(depth, 1.25) == slow_edges(depth, 1.25)).all()


@settings(deadline=None)
@given(MAPS, MAPS, st.integers(0, 2), st.integers(0, 3))
def test_counts_are_those_of_a_slow_loop(pred, gt, tolerance, radius):
    valid = (gt > 0) & (gt < 80)
    gt_valid, pred_valid = np.where(valid, gt, 0), np.where(valid, pred, 0)
    true, predicted = slow_edges(gt_valid, 1.25), slow_edges(pred_valid, 1.25)
    pixels = list(np.ndindex(gt.shape))
    errors = [abs(pred[p] - gt[p]) / gt[p] for p in pixels if valid[p] and near(true, *p, radius)]
    counts = count_edges(pred, gt, 1.25, tolerance, radius)
    assert counts.abs_rel == (pytest.approx(sum(errors) / len(errors)) if errors else None)
    assert (counts.predicted, counts.true) == (predicted.sum(), true.sum())
    assert counts.predicted_right == sum(predicted[p] and near(true, *p, tolerance) for p in pixels)
    assert counts.true_found == sum(true[p] and near(predicted, *p, tolerance) for p in pixels)


def test_a_perfect_prediction_has_all_edges():
    gt = np.repeat([[5.0, 5.0, 20.0, 20.0]], 3, axis=0)
    assert summarize_edges([count_edges(gt, gt)]) == dict(
        edge_abs_rel=0, edge_precision=1, edge_recall=1, edge_f1=1)


def test_a_blurred_edge_is_missed():
    gt = np.repeat([[5.0] * 8 + [20.0] * 8], 3, axis=0)
    blurred = np.repeat([np.geomspace(5, 20, 16)], 3, axis=0)
    scores = summarize_edges([count_edges(blurred, gt)])
    assert scores['edge_recall'] == 0 and math.isnan(scores['edge_precision']) and scores['edge_abs_rel'] > 0.2


def test_bad_predictions_are_wrong_and_no_edges():
    gt = np.repeat([[5.0, 5.0, 20.0, 20.0]], 3, axis=0)
    counts = count_edges(np.full(gt.shape, np.nan), gt)
    assert counts.abs_rel == 1 and counts.predicted == 0


def test_maps_of_other_sizes_are_refused():
    with pytest.raises(ValueError, match=r'shape \(2, 3\), ground truth \(3, 2\)'):
        count_edges(np.ones((2, 3)), np.ones((3, 2)))
