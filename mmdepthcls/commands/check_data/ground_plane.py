"""The ground that a depth map shows, which tells its unit. Pure.

On flat ground, seen by a level camera of focal length f (px) at height h (m), the inverse depth of the ground grows
linearly with the row: 1/depth = (row - horizon) / (f h). Its slope gives f h, and f h in image widths, here called the
*reach*, is about the same for every car: 0.96 m for KITTI (0.58 widths, 1.65 m), 2.2 m for a long lens on a high roof.
Depth in a unit k times too large has k times the reach. Measured: 0.95 to 0.97 m on real KITTI maps and scans, 0.88 to
1.27 m on 28 MiniDrive maps, dense and sparse.
"""
from dataclasses import dataclass

import numpy as np

BANDS, LEAST_BANDS = 32, 8  # of rows of the lower half
LEAST_PIXELS, LEAST_SHARE = 8, 0.01  # valid ones of a band
FARTHER = 0.7  # quantile of a band's depth: things stand on the ground, so the far pixels of a row are ground
RESIDUAL = 0.3  # of the spread of inverse depth over the rows
HORIZON = (0.2, 0.75)  # image heights


@dataclass(frozen=True)
class GroundPlane:
    """Reach in metres and image widths; row of the horizon in image heights; residual of the line, 0 = exact."""
    reach: float
    horizon: float
    residual: float


def find_ground(depth):
    """GroundPlane of a depth map (H, W) in metres, 0 = no measurement; None where its lower half shows no ground."""
    height, width = depth.shape
    columns = slice(width // 4, width - width // 4)
    rows, inverse = [], []
    for band in np.array_split(np.arange(height // 2, height), min(BANDS, height - height // 2)):
        part = depth[band[0]:band[-1] + 1, columns]
        measured = part[part > 0]
        if measured.size >= max(LEAST_PIXELS, LEAST_SHARE * part.size):
            rows.append(band.mean())
            inverse.append(1 / float(np.quantile(measured, FARTHER)))
    if len(rows) < LEAST_BANDS:
        return None
    rows, inverse = np.array(rows), np.array(inverse)
    first, second = np.triu_indices(len(rows), 1)
    # Theil and Sen's line: a car or a wall in some rows does not turn it.
    slope = np.median((inverse[second] - inverse[first]) / (rows[second] - rows[first]))
    spread = np.median(np.abs(inverse - np.median(inverse)))
    if slope <= 0 or spread <= 0:
        return None
    offset = np.median(inverse - slope * rows)
    horizon = -offset / slope / height
    residual = float(np.median(np.abs(inverse - slope * rows - offset)) / spread)
    if residual > RESIDUAL or not HORIZON[0] <= horizon <= HORIZON[1]:
        return None
    return GroundPlane(float(1 / slope / width), float(horizon), residual)
