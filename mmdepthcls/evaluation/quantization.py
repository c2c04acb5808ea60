"""What bins alone cost, and how far predicted bins are from true ones. Pure."""
import numpy as np


def nearest_labels(bins, depth):
    """Labels of the nearest bin, also of what lies outside all bins.

    Args:
        bins (DepthBins)
        depth (ndarray): positive metres, any shape.

    Returns:
        tuple[ndarray, ndarray]: labels in [0, K), uint8, and bool of which depths no bin holds.
    """
    label = bins.encode(depth)
    outside = label >= bins.num_bins
    label[outside] = np.where(depth[outside] > bins.max_depth, bins.num_bins - 1, 0)
    return label, outside


def bins_alone(bins, depth):
    """Depth after it went through bins: what a classifier gives that is never wrong.

    Where no bin holds a depth, the nearest bin is the best that a classifier can say.

    Args:
        bins (DepthBins)
        depth (ndarray): positive metres, any shape.

    Returns:
        tuple[ndarray, ndarray]: metres, float64, and bool of which depths no bin holds.
    """
    label, outside = nearest_labels(bins, depth)
    return bins.decode(label), outside


def bin_confusion(bins, pred, gt):
    """How often which bin is predicted for which.

    Args:
        bins (DepthBins)
        pred (ndarray): (P, ) positive metres.
        gt (ndarray): (P, ) positive metres.

    Returns:
        ndarray: (K, K) int64 counts; row: bin of the ground truth, column: bin of the prediction.
    """
    num_bins = bins.num_bins
    pairs = nearest_labels(bins, gt)[0].astype(np.intp) * num_bins + nearest_labels(bins, pred)[0]
    return np.bincount(pairs, minlength=num_bins**2).reshape(num_bins, num_bins)
