"""Filling what a method did not predict, as KITTI's development kit does before it scores. Pure."""
import numpy as np


def fill_unpredicted(depth, missing):
    """A map without gaps, where there is anything to fill them from.

    A gap inside a row takes the smaller of its two ends, a row's ends take the nearest prediction of the row, then the
    empty tops and bottoms of columns the nearest of the column (facts of Uhrig et al., 2017).

    Args:
        depth (ndarray): (H, W) metres.
        missing (ndarray): (H, W) bool, what was not predicted.

    Returns:
        ndarray: (H, W) metres; NaN where there is nothing to fill from (empty rows between others, or everything).
    """
    height, width = depth.shape
    column = np.arange(width)
    # Index of the nearest prediction to the left and to the right of each pixel; -1 and width where there is none.
    left = np.maximum.accumulate(np.where(missing, -1, column), axis=1)
    right = np.minimum.accumulate(np.where(missing, width, column)[:, ::-1], axis=1)[:, ::-1]
    rows = np.arange(height)[:, None]
    from_left = np.where(left >= 0, depth[rows, np.maximum(left, 0)], np.inf)
    from_right = np.where(right < width, depth[rows, np.minimum(right, width - 1)], np.inf)
    filled = np.where(missing, np.minimum(from_left, from_right), depth)
    empty = missing.all(axis=1)
    filled[empty] = np.nan
    full = np.flatnonzero(~empty)  # these rows have no gap any more
    if full.size:
        filled[:full[0]], filled[full[-1] + 1:] = filled[full[0]], filled[full[-1]]
    return filled
