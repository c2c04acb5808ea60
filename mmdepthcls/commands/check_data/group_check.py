"""The samples of one kind beside each other: which are not like the rest, and what unit they are in. Pure.

Only what is far off is named: farther from the median than ``SPREADS`` robust standard deviations and than a fixed
distance that healthy data keep.
"""
import math
import os
from dataclasses import dataclass

import numpy as np

from ...datasets.depth_units import UNITS
from ...datasets.files.depth_png import KITTI_SCALE
from .depth_unit import DepthOfSet, check_normalized, check_unit
from .finding import error, warning
from .image_group import check_images, check_sizes
from .outliers import LEAST_SAMPLES, far_from_rest

SAME_FACTOR = 0.1  # scatter of the log depth ratio over the rows, where it is one factor
SAME_PLACE = 0.3  # scatter of the log depth ratio over the rows, below which only the unit differs
SCORE_FITS, SCORE_WRONG, SCORE_OTHERWISE = 2.5, 1.7, 3.3  # see alignment.py
MANY_JUMPS = 200


@dataclass(frozen=True)
class Group:
    """Samples that should be alike: of one dataset class, folder and ground truth.

    Args:
        name (str): for messages.
        records (list[SampleRecord]): each sample once.
        depth_format (DepthFormat, optional): what the stored numbers are taken for; None for scans.
        expected (Expectation, optional): what is known of this data set.
        limits (tuple[float, float], optional): first and last edge of the bins, m.
        reach (tuple[float, float], optional): limits of the camera's, see ``ground_plane``; by default a car's.
    """
    name: str
    records: list
    depth_format: object = None
    expected: object = None
    limits: tuple | None = None
    reach: tuple | None = None


@dataclass(frozen=True)
class Expectation:
    """What is known of a data set: ranges that every sample (``valid``, ``farthest``) or the median one keeps."""
    valid: tuple  # share of valid pixels
    nearest: tuple  # m, median over the samples of the 1 % quantile
    farthest: float  # m
    reach: tuple  # m and image widths, see ground_plane.py
    samples: int = 1  # so many are needed to speak of the nearest


# Real frames: 4 % of the pixels projected and 18 to 21 % annotated, 1 % quantile 5.7 to 6.2 m, at most 85 m.
KITTI = Expectation(valid=(0.01, 0.45), nearest=(3.5, 10.0), farthest=130.0, reach=(0.65, 1.6))
# Of 36 scenes: 1 % quantiles 1.5 to 7.6 m, median 5.5 m; 16 bits end at 256 m.
MINIDRIVE = Expectation(valid=(0.02, 1.0), nearest=(2.5, 12.0), farthest=256.0, reach=(0.65, 1.7), samples=5)
EXPECTATIONS = {'KITTIDepthDataset': KITTI, 'MiniDriveDataset': MINIDRIVE}


def check_group(group):
    """Findings about the samples of a group, beside each other."""
    findings = check_sizes(group.records)
    with_image = [record for record in group.records if record.image]
    with_depth = [record for record in group.records if record.depth and record.depth.valid]
    if with_image:
        findings += check_images(with_image)
    if with_depth:
        findings += (_direction(group, with_depth) or _unit(group, with_depth)) + _alignment(with_depth)
        findings += _known(group, with_depth)
    if len(with_depth) >= LEAST_SAMPLES:
        findings += _scales(group, with_depth) + _coverage(with_depth) + _shares(with_depth)
    return findings


def _unit(group, records):
    depths, stored = [record.depth for record in records], group.depth_format
    scale = stored and (stored.scale or (KITTI_SCALE if depths[0].whole else 1.0))
    name = _name(group, records)
    if stored and stored.focal_baseline:
        scale = None  # of disparity: more units a pixel are more metres, not less
    depth = DepthOfSet(depths, group.limits, group.expected, group.reach)
    return check_normalized(name, depths) or check_unit(name, depth, scale)


def _name(group, records):
    """The group, or its only file."""
    return records[0].depth_path if len(records) == 1 else group.name


def _direction(group, records):
    """In streets and rooms the ground comes nearer towards the bottom of the image."""
    correlations = np.array([record.depth.rows_depth for record in records])
    usual = np.nanmedian(correlations) if np.isfinite(correlations).any() else 0.0
    remedy = ('Upside down, or inverse depth (disparity)? For disparity set depth_format=dict(focal_baseline=FOCAL_PX '
              '* BASELINE_M, scale=STORED_UNITS_PER_PIXEL), for inverse depth focal_baseline=1; else use the original '
              'file.')
    if group.depth_format and group.depth_format.focal_baseline:
        remedy = (f'It is read as disparity (depth_format.focal_baseline={group.depth_format.focal_baseline:g}): if '
                  'the files hold depth, leave that out.')
    if usual > 0.3:
        return [error('depth grows downwards', _name(group, records), f'in most of its {len(records)} samples depth '
                      f'grows towards the bottom of the image (rank correlation {usual:.2f})', remedy)]
    if usual > -0.2:
        return []
    return [error('depth grows downwards', r.depth_path, f'rank correlation of row and depth {value:+.2f}, that of the '
                  f'others is {usual:+.2f}', remedy)
            for r, value in zip(records, correlations, strict=True) if value > 0.35]


def _known(group, records):
    known = group.expected
    if known is None:
        return []
    findings = []
    for record in records:
        depth = record.depth
        if depth.valid > known.valid[1]:
            findings.append(error('filled depth', record.depth_path, f'{depth.valid:.0%} of the pixels have depth, a '
                                  f'scan measures at most {known.valid[1]:.0%}', 'It was interpolated, or a fill value '
                                  'took the place of 0: use the original file.'))
        elif depth.valid < known.valid[0]:
            findings.append(warning('little depth', record.depth_path, f'only {depth.valid:.2%} of the pixels have '
                                    f'depth, expected at least {known.valid[0]:.0%}', 'Use the original file.'))
        if depth.quantiles[-1] > known.farthest:
            findings.append(warning('impossible depth', record.depth_path, f'it reaches {depth.quantiles[-1]:.4g} m, '
                                    f'the sensor {known.farthest:g} m', 'Another unit, or a fill value?'))
    return findings


def _scales(group, records):
    """Depth compared row by row with the rest: the road is as far away in every frame, so another unit stands out."""
    bands = np.stack([record.depth.bands for record in records])
    common = np.isfinite(bands).mean(axis=0) >= 0.5
    if not common.any():
        return []
    lower = np.flatnonzero(common)[common.sum() // 2:]  # the ground; above, scenes differ
    differences = bands[:, lower] - np.nanmedian(bands[:, lower], axis=0)
    counts = np.isfinite(differences).sum(axis=1)
    differences[counts == 0] = 0.0
    scales = np.nanmedian(differences, axis=1)
    scatter = np.nanmedian(np.abs(differences - scales[:, None]), axis=1)
    findings = []
    # The same factor in all rows is no other place but another unit, and is noticed earlier.
    far = np.where(scatter < SAME_FACTOR, far_from_rest(scales, math.log(1.3)), far_from_rest(scales, math.log(1.9)))
    near = np.where(scatter < SAME_FACTOR, far_from_rest(scales, math.log(1.9), spreads=3), 0.0)
    for record, scale, candidate, spread in zip(records, far, near, scatter, strict=True):
        scale = scale or (candidate if candidate and _units_apart(math.exp(candidate)) else 0.0)
        if not scale:
            continue
        factor = math.exp(scale)
        seen = f'in equal rows its depth is {factor:.3g} times that of the others (median {record.depth.median:.4g} m)'
        units = _units_apart(factor) if spread < SAME_PLACE else ''
        if units:
            findings.append(error('another unit', record.depth_path, f'{seen}: {units}', 'Convert the file to the unit '
                                  'of the others.'))
        else:
            findings.append(warning('unusual depth', record.depth_path, seen, 'Look at it: of another place or unit?'))
    return findings


def _units_apart(factor):
    """In words, the two units that differ by a factor of about this, or ''."""
    pairs = [(abs(math.log(a / b / factor)), a, b) for a in UNITS for b in UNITS if a != b]
    distance, stored, read = min(pairs)
    return f'{UNITS[stored]} among {UNITS[read]}?' if distance < math.log(1.25) else ''


def _coverage(records):
    """Where in the image there is depth: half maps, moved maps, filled maps."""
    shares = np.stack([record.depth.coverage for record in records]) / 255.0
    usual = np.median(shares, axis=0)
    covered, empty = usual > 0.01, usual == 0
    full = usual > 0.95
    full[:len(full) * 9 // 16] = False  # above, the sky may look through
    lost, holes = ((shares == 0)[:, cells].mean(axis=1) if cells.any() else np.zeros(len(records))
                   for cells in (covered, full))
    gained = (shares > 0.01)[:, empty].sum(axis=1) / usual.size
    findings = []
    for values, least, seen in ((lost, 0.2, 'no depth in {:.0%} of the places where the others have some'),
                                (holes, 0.05, 'holes in {:.0%} of the places where the others are full'),
                                (gained, 0.1, 'depth in {:.0%} of the image where the others have none')):
        findings += [warning('unusual region of depth', record.depth_path, seen.format(value),
                             'Cut off, moved, turned or filled? Use the original file.')
                     for record, value, far in zip(records, values, far_from_rest(values, least), strict=True)
                     if far > 0]
    return findings


def _shares(records):
    findings = []

    def name(kind, values, least, seen, remedy, sign=0):
        for record, value, far in zip(records, values, far_from_rest(values, least), strict=True):
            if far and far * sign >= 0:
                findings.append(warning(kind, record.depth_path, seen(record, value), remedy))

    depths = [record.depth for record in records]
    usual = np.median([depth.valid for depth in depths])
    name('unusual share of depth', np.log([depth.valid for depth in depths]), math.log(1.9),
         lambda record, _: f'{record.depth.valid:.1%} of the pixels have depth, the others have {usual:.1%}',
         'Interpolated, or partly lost? Use the original file.')
    name('depth is noisy', [depth.roughness for depth in depths], 0.04,
         lambda _, value: f'neighboring pixels differ by {value:.1%}, far more than in the others',
         'Look at it: noise, or a damaged copy?', sign=1)
    name('depth has spikes', [depth.spikes for depth in depths], 0.01,
         lambda _, value: f'{value:.1%} of the valid pixels are twice as near or as far as both neighbors',
         'Look at it: salt-and-pepper noise?', sign=1)
    name('interpolated depth', [depth.faded for depth in depths], 0.003,
         lambda _, value: f'{value:.1%} of the valid pixels seem mixed with the 0 of unmeasured neighbors',
         'Resized with interpolation? Use the original file, or nearest neighbor.', sign=1)
    name('saturated depth', [depth.saturated for depth in depths], 0.02,
         lambda _, value: f'{value:.1%} of the pixels hold 65535, far more than in the others',
         'If they were not measured, they should be 0, or depth_format=dict(invalid=65535).', sign=1)
    name('fill value', [depth.common[1] for depth in depths], 0.05,
         lambda record, value: f'{value:.0%} of the valid pixels are exactly {record.depth.common[0]:.6g} m',
         'If they were not measured, they should be 0.', sign=1)
    scans = [record for record in records if record.depth.points]
    points = [math.log(record.depth.points) for record in scans]
    findings += [error('scan is cut', record.depth_path, f'{record.depth.points} points, the others have '
                       f'{math.exp(np.median(points)):.0f}', 'Copy the file again.')
                 for record, far in zip(scans, far_from_rest(points, math.log(1.5)), strict=True) if far < 0]
    return findings


def _alignment(records):
    """Depth that does not lie on its image. With few jumps of depth more is needed to say so."""
    measured = [record for record in records if record.depth.alignment]
    if not measured:
        return []
    # Where most do not fit either, the test does not suit these images.
    informative = np.quantile([record.depth.alignment.score for record in measured], 0.75) >= SCORE_FITS
    findings = []
    for record in measured:
        fit, image = record.depth.alignment, os.path.basename(record.img_path)
        many = fit.jumps >= MANY_JUMPS
        better = max(SCORE_OTHERWISE if many else SCORE_OTHERWISE + 1, fit.score + 2)
        if fit.mirrored > better:
            findings.append(warning('depth is mirrored', record.depth_path, f'mirrored it would fit {image} better '
                                    f'(score {fit.mirrored:.1f} instead of {fit.score:.1f})', 'Mirror the depth or '
                                    'the image back.'))
        elif fit.best > better and max(map(abs, fit.move)) > 4:
            findings.append(warning('depth is moved', record.depth_path, f'it seems moved by {fit.move} pixels (right, '
                                    f'down) against {image} (score {fit.best:.1f} instead of {fit.score:.1f})',
                                    'Look at it: moved, or depth or image of another frame or camera?'))
        elif informative and fit.score < (SCORE_WRONG if many else 0):
            findings.append(warning('depth does not fit its image', record.depth_path, 'jumps of depth do not lie on '
                                    f'edges of {image} (score {fit.score:.1f}, right ones have more than '
                                    f'{SCORE_FITS})', 'Look at it: depth or image of another frame or camera?'))
    return findings
