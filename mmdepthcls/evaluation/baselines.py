"""Predictions that look at no image: what a model must beat. Pure."""
from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..crops import Region, crop_region
from .protocols import USUAL_RANGE


def best_constant(depth_maps: Iterable[np.ndarray], min_depth: float = USUAL_RANGE[0],
                  max_depth: float = USUAL_RANGE[1], crop: Region = None) -> float:
    """The one depth that has the least abs_rel on these ground truths (mean per image): no constant does better.

    It is a weighted median: with n valid pixels in its image, a pixel g weighs 1 / (n g).

    Args:
        depth_maps: (H, W) metres, 0 = no measurement.
        min_depth, max_depth, crop: which pixels count, as in :func:`mmdepthcls.evaluation.protocol_scores.score_map`.

    Returns:
        Metres.

    Raises:
        ValueError: if no pixel counts.

    >>> best_constant([np.array([[2.0, 4.0, 4.0, 4.0, 0.0]])])
    4.0
    """
    depth_parts, weight_parts = [np.empty(0)], [np.empty(0)]
    for depth in depth_maps:
        depth = depth[crop_region(crop, *depth.shape)]
        depth = depth[_counts(depth, min_depth, max_depth)].astype(np.float64)
        depth_parts.append(depth)
        weight_parts.append(1 / (depth.size * depth))
    depths, weights = np.concatenate(depth_parts), np.concatenate(weight_parts)
    if depths.size == 0:
        raise ValueError('best_constant: no pixel has ground truth')
    order = np.argsort(depths)
    cumulative = np.cumsum(weights[order])
    return float(depths[order][np.searchsorted(cumulative, cumulative[-1] / 2)])


def mean_depth_map(depth_maps: Iterable[np.ndarray], min_depth: float = USUAL_RANGE[0],
                   max_depth: float = USUAL_RANGE[1]) -> np.ndarray:
    """Mean depth of every pixel over a set of ground truths; the overall mean where a pixel never has any.

    Args:
        depth_maps: (H, W) metres, all of one shape, 0 = no measurement.
        min_depth, max_depth: metres, both exclusive; depths outside do not count, as they do not in the score.

    Returns:
        (H, W) float64 metres.

    Raises:
        ValueError: if there is none, shapes differ, or no pixel has ground truth.
    """
    total = count = None
    for depth in depth_maps:
        if total is None:
            total, count = np.zeros(depth.shape), np.zeros(depth.shape, np.int64)
        if depth.shape != total.shape:
            raise ValueError(f'mean_depth_map: depth maps have shapes {total.shape} and {depth.shape}; one is needed')
        counts = _counts(depth, min_depth, max_depth)
        total[counts] += depth[counts]
        count += counts
    if total is None or count is None or not count.any():
        raise ValueError('mean_depth_map: no pixel has ground truth')
    return np.where(count > 0, total / np.maximum(count, 1), total.sum() / count.sum())


def _counts(depth, min_depth, max_depth):
    return (depth > max(min_depth, 0)) & (depth < max_depth)
