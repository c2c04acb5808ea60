"""Depth at the outlines of things: where true depth jumps, and whether predicted depth jumps there too. Pure.

Only for dense ground truth: a jump is seen between two measured neighbors. Precision and recall of edges follow Hu et
al. (2019, Revisiting Single Image Depth Estimation), with a ratio of depths in place of a gradient and a tolerance.
"""
from dataclasses import dataclass

import cv2
import numpy as np

from .protocols import USUAL_RANGE

EDGE_NAMES = ('edge_abs_rel', 'edge_precision', 'edge_recall', 'edge_f1')


@dataclass(frozen=True)
class EdgeCounts:
    """What an image leaves.

    Args:
        abs_rel (float or None): mean relative error near true edges; None where there are none.
        predicted, predicted_right (int): predicted edge pixels, and those near a true one.
        true, true_found (int): true edge pixels, and those near a predicted one.
    """
    abs_rel: float | None
    predicted: int
    predicted_right: int
    true: int
    true_found: int


NO_EDGES = EdgeCounts(None, 0, 0, 0, 0)


def depth_edges(depth, ratio=1.25):
    """Pixels beside which depth jumps: two neighbors in a row or column, both > 0, one ``ratio`` times the other.

    Args:
        depth (ndarray): (H, W) m, 0 = no measurement.
        ratio (float): > 1.

    Returns:
        ndarray: (H, W) bool; both pixels of a pair.

    >>> depth_edges(np.array([[2.0, 2.1, 4.0, 0.0]]))
    array([[False,  True,  True, False]])
    """
    valid = depth > 0
    logs = np.log(np.where(valid, depth, 1))
    edges = np.zeros(depth.shape, bool)
    for axis in (0, 1):
        first = tuple(slice(None, -1) if each == axis else slice(None) for each in (0, 1))
        second = tuple(slice(1, None) if each == axis else slice(None) for each in (0, 1))
        jump = (np.abs(logs[first] - logs[second]) > np.log(ratio)) & valid[first] & valid[second]
        edges[first] |= jump
        edges[second] |= jump
    return edges


def count_edges(pred, gt, ratio=1.25, tolerance=1, radius=3, max_depth=USUAL_RANGE[1]):
    """Score an image at its edges.

    Args:
        pred (ndarray): (H, W) m.
        gt (ndarray): (H, W) m, 0 = no measurement, dense; what is not in (0, max_depth) is left out.
        ratio (float): see :func:`depth_edges`.
        tolerance (int): pixels, in rows and columns, that a predicted edge may be off.
        radius (int): pixels, likewise, within which relative errors count as near an edge.
        max_depth (float): m.

    Returns:
        EdgeCounts: bad predictions (NaN, 0, negative) count as wrong by 100 %.

    Raises:
        ValueError: for maps of different shapes.
    """
    if pred.shape != gt.shape:
        raise ValueError(f'prediction has shape {pred.shape}, ground truth {gt.shape}; expected the same (H, W)')
    valid = (gt > 0) & (gt < max_depth)
    gt = np.where(valid, gt, 0)
    pred = np.where(np.isfinite(pred) & (pred > 0), pred, 0)
    true, predicted = depth_edges(gt, ratio), depth_edges(np.where(valid, pred, 0), ratio)
    near = _widened(true, radius) & valid
    errors = np.abs(pred[near] - gt[near]) / gt[near]
    return EdgeCounts(
        float(errors.mean()) if near.any() else None, int(predicted.sum()),
        int((predicted & _widened(true, tolerance)).sum()), int(true.sum()),
        int((true & _widened(predicted, tolerance)).sum()))


def summarize_edges(counts):
    """Scores over images: mean over images of the relative error; precision, recall and F1 over all edge pixels.

    Args:
        counts (list[EdgeCounts])

    Returns:
        dict[str, float]: :data:`EDGE_NAMES`; NaN where there is no edge to look at.
    """
    errors = [each.abs_rel for each in counts if each.abs_rel is not None]
    precision = _share(sum(each.predicted_right for each in counts), sum(each.predicted for each in counts))
    recall = _share(sum(each.true_found for each in counts), sum(each.true for each in counts))
    f1 = _share(2 * precision * recall, precision + recall)
    mean = float(np.mean(errors)) if errors else float('nan')
    return dict(zip(EDGE_NAMES, (mean, precision, recall, f1), strict=True))


def _share(part, whole):
    return part / whole if whole else float('nan')


def _widened(mask, radius):
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * radius + 1, ) * 2, np.uint8)).astype(bool)
