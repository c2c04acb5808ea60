"""One depth map: its numbers as stored and as metres, and a small record of them. Pure.

H, W: pixels. Stored values are what the file holds, metres what the pipeline makes of them (0 = no measurement).
"""
from dataclasses import dataclass

import cv2
import numpy as np

from ...datasets import depth_file
from ...datasets.depth_format import PACKED
from ...datasets.files import depth_png
from .coarse_depth import ENOUGH_PIXELS, check_steps
from .content import digest, missing_file
from .finding import error, warning
from .ground_plane import find_ground
from .image_file import damaged_chunk

PROFILE = np.array([0, .01, *np.arange(.05, 1, .05), .99, 1])  # quantiles
GRID = 16  # bands of rows and cells of the coverage
MAX_PIXELS_RANKED = 20_000
MIXED = 0.05  # share of pixels mixed with 0: real maps have < 0.003, sparse ones after bilinear resizing > 0.09
NOISE = 0.25  # median relative step between neighbors; real maps have < 0.02
ROUGH = 0.1  # mean relative step
SPIKE = 0.7  # log ratio: twice as near or as far
FAR = 200.0  # m; what has one value behind it is the sky, or harmless
ONE_VALUE = 0.05  # share of valid pixels at one value that is a fill value


@dataclass
class DepthRecord:
    """What is kept of a depth map. Depth in metres; NaN where there is none."""
    height: int
    width: int
    pixel_digest: bytes
    valid: float  # share of pixels
    quantiles: np.ndarray  # (7,) of valid depth: 0, 1, 5, 50, 95, 99, 100 %
    rows_depth: float  # rank correlation of row and depth: about -0.9 in a street
    roughness: float  # median relative step between neighbors of a row
    spikes: float  # share of valid pixels far nearer or farther than both neighbors of their row
    bands: np.ndarray  # (16,) median log depth of each band of rows, NaN where there are few pixels
    coverage: np.ndarray  # (16, 16) uint8: share of valid pixels of each cell, in 1/255
    common: tuple  # the most frequent depth and its share of the valid pixels
    saturated: float  # share of all pixels at 65535 (whole numbers)
    faded: float  # share of valid pixels beside unmeasured ones and far below their neighbors: mixed with 0
    not_finite: float = 0.0  # share of stored values that are NaN or infinite
    negative: float = 0.0  # share of stored values below 0
    histogram: np.ndarray | None = None  # (K,) pixels per bin
    outside: tuple = (0, 0)  # pixels nearer than the first edge, farther than the last
    points: int = 0  # of the LiDAR scan
    alignment: object = None  # see alignment.py
    profile: np.ndarray | None = None  # (23,) quantiles at PROFILE, without a fill value that is the farthest (sky)
    ground: object = None  # see ground_plane.py
    whole: bool = False  # stored as whole numbers
    stored: tuple = (0.0, 0.0, 0.0)  # least and largest valid stored value, share of the valid pixels at the largest

    @property
    def median(self):
        """float: m."""
        return float(self.quantiles[3])


def inspect_depth_file(path, depth_format, edges=None):
    """Read a depth file as ``LoadDepth`` does, and look at it.

    Args:
        path (str): the file.
        depth_format (DepthFormat): what its numbers mean.
        edges (ndarray, optional): (K + 1,) of the bins, m.

    Returns:
        tuple[ndarray or None, DepthRecord or None, list[Finding]]: depth (H, W) float32 m, where it can be used.
    """
    fault = missing_file(path, 'depth map')
    if fault:
        return None, None, [fault]
    with open(path, 'rb') as file:
        data = file.read()
    try:
        if data.startswith(depth_png.SIGNATURE) and damaged_chunk(data):
            depth_png.check_depth_header(depth_png.read_header(data, path), path, depth_format)
            return None, None, [error('damaged depth', path, damaged_chunk(data), 'Copy the file again.')]
        values = depth_file.read_values(data, path, depth_format)
    except depth_png.DepthFileError as reason:
        message = str(reason).removeprefix(f'{path}: ')
        kind = 'no metric depth' if message.startswith('expected') else 'damaged depth'
        return None, None, [error(kind, path, message)]
    depth = depth_format.metres(values)
    record = describe(depth, values, edges)
    findings = (_faults_of_numbers(values, depth, record, path, edges) if depth_format.projection is None else
                _faults_of_points(record, path))
    if depth_format.channels > 1 and depth_format.bits != PACKED:
        findings += _unequal_channels(data, path)
    return depth, record, findings


def describe(depth, values=None, edges=None):
    """DepthRecord of a map.

    Args:
        depth (ndarray): (H, W) float32 m, 0 = no measurement.
        values (ndarray, optional): (H, W) stored values, where there are any.
        edges (ndarray, optional): (K + 1,) of the bins, m.
    """
    values = depth if values is None else values
    valid = depth > 0
    measured = depth[valid]
    quantiles = np.quantile(measured, (0, .01, .05, .5, .95, .99, 1)) if measured.size else np.full(7, np.nan)
    whole = values.dtype.kind == 'u'
    record = DepthRecord(
        *depth.shape, digest(values), float(valid.mean()), quantiles, _rows_depth(depth, valid), roughness(depth),
        _spikes(depth), _bands(depth), _coverage(valid), _common(measured),
        float((values == 65535).mean()) if whole else 0.0, _faded(depth, valid))
    if not whole:
        record.not_finite = float((~np.isfinite(values)).mean())
        record.negative = float((values < 0).mean())
    record.whole = whole
    record.ground = find_ground(depth)
    if measured.size:
        sky = record.common[0] == quantiles[-1] and record.common[1] >= ONE_VALUE and record.common[1] < 1
        record.profile = np.quantile(measured[measured < quantiles[-1]] if sky else measured, PROFILE)
        numbers = values[valid]
        record.stored = (float(numbers.min()), float(numbers.max()), float((numbers == numbers.max()).mean()))
    if edges is not None:
        record.histogram = np.histogram(measured, edges)[0]
        record.outside = (int((measured < edges[0]).sum()), int((measured > edges[-1]).sum()))
    return record


def roughness(depth, middle=np.median):
    """Median (or mean) relative step between neighboring valid pixels of a row; 64 rows are looked at.

    NaN where fewer than 50 pixels have a neighbor.
    """
    steps, near = _steps(depth)
    return float(middle(np.abs(steps[near]))) if near.sum() >= 50 else np.nan


def _spikes(depth):
    steps, near = _steps(depth)
    if near.sum() < 50:
        return np.nan
    both = near[:-1] & near[1:]
    opposite = (steps[:-1] * steps[1:] < 0) & (np.minimum(np.abs(steps[:-1]), np.abs(steps[1:])) > SPIKE)
    return float((opposite & both).sum() / near.sum())


def _steps(depth):
    """Log ratios of consecutive valid pixels, of 64 rows one after another, and which of them are neighbors."""
    rows = depth[np.linspace(0, depth.shape[0] - 1, min(depth.shape[0], 64)).astype(int)].astype(np.float64)
    index = np.flatnonzero(rows > 0)
    first, second = index[:-1], index[1:]
    near = (first // rows.shape[1] == second // rows.shape[1]) & (second - first <= 4)
    return np.diff(np.log(rows.flat[index])), near


def _rows_depth(depth, valid):
    index = np.flatnonzero(valid)
    if index.size < 50:
        return np.nan
    index = index[::-(-index.size // MAX_PIXELS_RANKED)]
    rows, measured = index // depth.shape[1], depth.flat[index]
    if rows.min() == rows.max() or measured.min() == measured.max():
        return np.nan
    ranks = np.searchsorted(np.sort(measured), measured)  # ties get one rank
    return float(np.corrcoef(rows, ranks)[0, 1])


def _bands(depth):
    bands = np.full(GRID, np.nan)
    for i, rows in enumerate(np.array_split(depth, GRID)):
        measured = rows[rows > 0]
        if measured.size >= max(10, rows.size // 200):
            bands[i] = np.log(np.median(measured))
    return bands


def _coverage(valid):
    shares = cv2.resize(valid.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA)
    return np.rint(shares * 255).astype(np.uint8)


def _common(measured):
    if not measured.size:
        return np.nan, 0.0
    values, counts = np.unique(measured, return_counts=True)
    return float(values[counts.argmax()]), float(counts.max() / measured.size)


def _faded(depth, valid):
    """Interpolation mixes depth with the 0 of unmeasured neighbors."""
    if not valid.any():
        return 0.0
    window = np.ones((3, 3), np.uint8)
    beside = valid & (cv2.erode(valid.astype(np.uint8), window) == 0)
    return float((beside & (depth < 0.6 * cv2.dilate(depth, window))).sum() / valid.sum())


def _faults_of_numbers(values, depth, record, path, edges):
    if not record.valid:
        return [error('no depth', path, 'not one pixel has depth', 'Use the original file, or take it out of the '
                      'split; check depth_format (scale, offset, invalid).')]
    findings = []
    if record.not_finite and record.negative:
        findings.append(warning('numbers that are no depth', path, f'{record.not_finite:.1%} of the values are NaN or '
                                f'infinite, {record.negative:.1%} negative', 'They are read as "no measurement".'))
    distinct = np.unique(values[depth > 0])
    count = int((depth > 0).sum())
    if distinct.size == 1 and count > 1:
        findings.append(error('constant depth', path, f'all {count} valid pixels are {record.median:.6g} m',
                              'Use the original file.'))
    else:
        findings += check_steps(distinct, count, path)
    if record.faded > MIXED:
        findings.append(error('interpolated depth', path, f'{record.faded:.0%} of the valid pixels are mixtures of '
                              'depth and the 0 of unmeasured neighbors', 'It was resized or smoothed with '
                              'interpolation: use the original file, or nearest neighbor.'))
    elif distinct.size > 1:
        findings += _fill_value(record, path, edges) + _noise(values, record, path)
    return findings


def _faults_of_points(record, path):
    """Of projected points, which are as they were measured: those before and behind an edge lie side by side."""
    return [] if record.valid else [
        error('scan misses the image', path, 'not one point lies in the image', 'Check that the points and the files '
              'of the cameras are of one version of the data set.')]


def _fill_value(record, path, edges):
    """One value on many pixels: what was not measured has been given a number. Behind the last bin it is harmless."""
    value, share = record.common
    last = edges[-1] if edges is not None else FAR
    if share < ONE_VALUE or value > last or record.valid * record.height * record.width < ENOUGH_PIXELS:
        return []
    return [warning('fill value', path, f'{share:.0%} of the valid pixels are exactly {value:.6g} m',
                    "If they were not measured, name the stored value: depth_format=dict(invalid=...).")]


def _noise(values, record, path):
    if values.dtype == np.uint16:
        here, swapped = (roughness(v.astype(np.float32), np.mean) for v in (values, values.byteswap()))
        if here > ROUGH and swapped < 0.4 * here:
            return [error('bytes swapped', path, 'the two bytes of every number seem to be exchanged: neighbors '
                          f'differ by {here:.0%}, after exchanging by {swapped:.0%} (mean)',
                          'Write it again in the other byte order.')]
    return [] if not record.roughness > NOISE else [  # NaN: too few pixels
        warning('depth is noise', path, f'neighboring pixels differ by {record.roughness:.0%} (median)',
                'Look at it: a depth map is smooth.')]


def _unequal_channels(data, path):
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.ndim < 3 or values.shape[2] < 3:
        return []
    share = (values[..., :3] != values[..., 2:3]).any(axis=-1).mean()
    return [] if not share else [
        error('channels differ', path, f'the channels of {share:.0%} of the pixels hold different numbers: a colored '
              'picture, or another encoding', 'Use the original file, with the same depth in every channel.')]
