"""The pixels of a map that protocols score, and what is scored there. Pure; P is their number."""
from functools import lru_cache

import numpy as np

from ..crops import crop_region
from .depth_alignment import align
from .errors import is_good


def candidates(protocols, gt):
    """Rows of the map, and the index in these rows of each pixel that a protocol may score."""
    regions = [crop_region(protocol.region, *gt.shape) for protocol in protocols]
    rows, columns = (slice(min(part.start for part in parts), max(part.stop for part in parts))
                     for parts in zip(*regions, strict=True))
    part = gt[rows]
    mask = part > min(protocol.min_depth for protocol in protocols)
    if any(protocol.max_depth is None for protocol in protocols):
        mask &= np.isfinite(part)
    elif any(protocol.include_max for protocol in protocols):
        mask &= part <= max(protocol.max_depth for protocol in protocols)
    else:
        mask &= part < max(protocol.max_depth for protocol in protocols)
    mask[:, :columns.start] = mask[:, columns.stop:] = False
    return rows, np.flatnonzero(mask)


def memberships(protocols, shape, rows, index, gt_values):
    """(P, ) for each pixel the set of protocols that score it, as bits."""
    regions = _region_bits(tuple(protocol.region for protocol in protocols), *shape)
    code = regions[rows].reshape(-1).take(index)
    ranges = {}
    for bit, protocol in enumerate(protocols):
        key = (protocol.min_depth, protocol.max_depth, protocol.include_max)
        ranges[key] = ranges.get(key, 0) | 1 << bit
    for (low, high, include_max), bits in ranges.items():
        inside = gt_values > low
        if high is not None:
            inside &= gt_values <= high if include_max else gt_values < high
        if not inside.all():
            code &= np.where(inside, code.dtype.type(-1 % 2**(8 * code.itemsize)),
                             code.dtype.type(~bits % 2**(8 * code.itemsize)))
    return code


@lru_cache(maxsize=32)
def _region_bits(regions, height, width):
    """(H, W) for each pixel the set of regions that hold it, as bits."""
    bits = np.zeros((height, width), np.min_scalar_type(2**len(regions) - 1))
    for bit, region in enumerate(regions):
        bits[crop_region(region, height, width)] |= bits.dtype.type(1 << bit)
    return bits


def find_bad(pred):
    """(P, ) which values are bad, or None."""
    # NaN is passed on by both and compares false.
    if pred.size == 0 or (pred.min() > 0 and pred.max() < np.inf):
        return None
    return ~is_good(pred)


def alignment_of(protocol, pred, gt, bad):
    """What brings the (P, ) predictions of an image to the scale of its ground truth, as the protocol says."""
    return align(protocol.alignment, pred, gt, None if bad is None else ~bad)


def aligned(protocol, alignment, pred):
    """Predictions (metres, any shape) after the protocol's alignment; what is farther than numbers go is at the far end
    of its range, or NaN where it has none."""
    if protocol.alignment is None:
        return pred
    return alignment.apply(pred, protocol.clamp[1] if protocol.clamp else np.nan)


def settle(protocol, pred, gt, bad):
    """Values that can be scored: clamped, and bad ones at the end of the range that is farther, in ratio, from the
    truth: never a good score."""
    low, high = protocol.range
    if protocol.clamp:
        pred = np.clip(pred, low, high, out=pred)
    return pred if bad is None else np.where(bad, np.where(gt * gt > low * high, low, high), pred)
