"""What a LiDAR would keep of a dense depth map. Letters: H, W pixels."""
from __future__ import annotations

import numpy as np

SHARE = 0.05  # of all pixels; a street scene of the usual shape comes within a fifth of it
TOP = 0.42  # the scanner sees nothing above this share of the image's height
_ROW_STEP = 3  # image rows from one scan line to the next
_DROPPED = 0.1  # share of returns lost at random
_BLIND = 0.05  # share of a scan line lost in one piece, as on glass or a wet road


def sparsify(depth: np.ndarray, rng: np.random.Generator, share: float = SHARE, top: float = TOP) -> np.ndarray:
    """Keep the pixels of a dense depth map that lie on scan lines in the lower part.

    Along a line the returns are evenly spaced in azimuth, each shaken by up to half a step; some are lost, and so is
    one stretch of the line.

    Args:
        depth: (H, W) metres, 0 = no measurement.
        rng: Decides which pixels.
        share: Wished share of all H x W pixels, reached where the lower part is measured.
        top: Share of the image's height above which the scanner sees nothing.

    Returns:
        (H, W), the depth at the kept pixels and 0 elsewhere; values are never changed.
    """
    if depth.ndim != 2 or not 0 < share <= 0.1 or not 0 <= top < 1:
        raise ValueError('sparsify needs depth (H, W), a share in (0, 0.1] and a top in [0, 1), got shape '
                         f'{depth.shape}, {share} and {top}')
    height, width = depth.shape
    rows = np.arange(min(round(top * height) + int(rng.integers(_ROW_STEP)), height - 1), height, _ROW_STEP)
    # so many returns on every line that the wished share survives the losses
    count = int(np.ceil(share * height * width / len(rows) / (1 - _DROPPED - _BLIND)))
    step = width / count
    columns = (np.arange(count) + rng.random((len(rows), 1)) + 0.5 * rng.random((len(rows), count))) * step
    columns = columns.astype(int) % width
    lost = rng.random(columns.shape) < _DROPPED
    start = rng.random((len(rows), 1)) * width
    lost |= (columns - start) % width < _BLIND * width
    kept = np.zeros(depth.shape, bool)
    kept[np.broadcast_to(rows[:, None], columns.shape)[~lost], columns[~lost]] = True
    return np.where(kept, depth, depth.dtype.type(0))
