"""In which unit the depth of a data set is: evidence against the one it is read in, and the one that explains it. Pure.

A reading is judged by what the depth should keep to: the range of the model's bins, the ground plane, what is known of
the data set, and the size of rooms and streets. Where it does not, every usual unit is tried in the same way, and the
one that nothing speaks against is named.
"""
import math
from dataclasses import dataclass

import numpy as np

from ...count_text import counted
from ...datasets.depth_units import PLAUSIBLE, UNITS, USUAL, is_plausible
from .depth_map import PROFILE
from .finding import error, warning

FACTORS = (1000 / 256, 10, 100, 256, 1000)  # and their inverses: what is mistaken where the unit is none of these
OUTSIDE, MOSTLY_OUTSIDE = 0.2, 0.5  # share of the valid pixels beyond the bins: of right ones 0 to 6 %
NEARLY_ALL, SHORT = 0.99, 1 / 3  # so many pixels within this part of the bins' range: most bins are empty
INDOORS = 20.0  # m, bins that end here are for rooms, where cameras are at any height
REACHES = {True: (0.15, 2.4), False: (0.4, 2.4)}  # m and image widths, see ground_plane.py: indoors, outdoors
CAR = 1.0  # the reach that is most likely
WITH_GROUND, MOSTLY_GROUND = 0.3, 0.5  # shares of the samples that show ground, to judge by it, and by it alone
SAME_GROUND = 0.3  # median difference of their log reach, below which it is the same camera


FULL = (1, 255, 65535)  # where numbers of pictures end
FEW_AT_MOST = 0.01  # share of pixels there; of the sky or a sensor's last value it is more


@dataclass(frozen=True)
class Evidence:
    """What speaks against a unit: enough by itself to call the data wrong, or not; and what else would explain it."""
    text: str
    strong: bool = False
    otherwise: str = ''


class DepthOfSet:
    """What the depth maps of a data set have in common.

    Args:
        records (list[DepthRecord]): with depth.
        limits (tuple[float, float], optional): first and last edge of the bins, m.
        expected (Expectation, optional): what is known of the data set.
        reach (tuple[float, float], optional): limits of the camera's, see :mod:`.ground_plane`; by default a car's.
    """

    def __init__(self, records, limits=None, expected=None, reach=None):
        self.limits, self.expected = limits, expected
        self.samples = len(records)
        self.median = float(np.median([record.median for record in records]))
        self.nearest = float(np.median([record.quantiles[1] for record in records]))
        self.farthest = float(np.median([record.quantiles[5] for record in records]))
        self._profiles = np.log(np.stack([record.profile for record in records]))
        self.indoors = limits is not None and limits[1] <= INDOORS
        self.reach_limits = reach or (expected.reach if expected else REACHES[self.indoors or limits is None])
        reaches = np.array([record.ground.reach for record in records if record.ground])
        self.reach = float(np.median(reaches)) if len(reaches) and len(reaches) >= WITH_GROUND * len(records) else None
        self.same_ground = self.reach is not None and not self.indoors and len(reaches) >= MOSTLY_GROUND * len(
            records) and bool(np.median(np.abs(np.log(reaches / self.reach))) < SAME_GROUND)

    def share_below(self, depth):
        """float: share of the valid pixels nearer than ``depth`` m, a value of the sky left out."""
        if depth <= 0:
            return 0.0
        return float(np.mean([np.interp(math.log(depth), profile, PROFILE, 0.0, 1.0) for profile in self._profiles]))

    def evidence(self, factor=1.0):
        """What speaks against depth that is ``factor`` times nearer than it was read.

        Returns:
            list[Evidence]
        """
        found = self._beyond_bins(factor)
        if not PLAUSIBLE[0] <= self.median / factor <= PLAUSIBLE[1]:
            found.append(Evidence(f'the median depth of its {counted(self.samples, "sample")} is '
                                  f'{self.median / factor:.4g} m, '
                                  'which is neither a room nor a street', strong=True))
        known = self.expected
        if known and self.samples >= known.samples and not (
                known.nearest[0] <= self.nearest / factor <= known.nearest[1]):
            found.append(Evidence(f'the nearest depth is {self.nearest / factor:.3g} m (median of the 1 % quantiles), '
                                  f'in this data set it is {known.nearest[0]:g} to {known.nearest[1]:g} m',
                                  strong=True))
        low, high = self.reach_limits
        if self.reach is not None and not low <= self.reach / factor <= high:
            found.append(Evidence(
                f'the ground lies as if the camera stood {self.reach / factor / CAR:.3g} times as high as on a car '
                f'(focal length in image widths * height is {self.reach / factor:.3g} m, expected {low:g} to {high:g} '
                'm)', self.same_ground, 'if the camera stands elsewhere, give this product: check_data = '
                'dict(reach=(LOWEST, HIGHEST))'))
        return found

    def _beyond_bins(self, factor):
        if self.limits is None:
            return []
        low, high = self.limits
        above, below = 1 - self.share_below(high * factor), self.share_below(low * factor)
        other = 'if the unit is right, choose other bins: model.bins.min_depth, max_depth'
        found = [Evidence(f'{share:.0%} of the valid pixels are {word} than the bins ({edge:g} m)',
                          share >= MOSTLY_OUTSIDE, other)
                 for share, word, edge in ((above, 'farther', high), (below, 'nearer', low)) if share >= OUTSIDE]
        if self.share_below(high * SHORT * factor) >= NEARLY_ALL:
            found.append(Evidence(f'{NEARLY_ALL:.0%} of the valid pixels are nearer than {high * SHORT:.3g} m, but the '
                                  f'bins reach to {high:g} m', otherwise=other))
        return found

    def unlikeliness(self, factor):
        """float: order of units that nothing speaks against; 0 is best."""
        far = self._profiles[:, PROFILE.searchsorted(NEARLY_ALL)]
        unlikely = abs(math.log(math.exp(float(np.median(far))) / factor / self.limits[1])) if self.limits else 0.0
        if self.reach is not None and not self.indoors:
            unlikely += abs(math.log(self.reach / factor / CAR))
        return unlikely


def check_unit(name, depth, scale):
    """Findings about the unit of a data set.

    Args:
        name (str): of the data set.
        depth (DepthOfSet): its depth as read.
        scale (float, optional): stored units per metre that it is read with; None: there are no stored numbers.

    Returns:
        list[Finding]: at most one: an error where much speaks against the unit, else a warning.
    """
    found = depth.evidence()
    if not found:
        return []
    level = error if len(found) > 1 or any(each.strong for each in found) else warning
    otherwise = dict.fromkeys(each.otherwise for each in found if each.otherwise)
    return [level('unit', name, '; '.join(each.text for each in found),
                  ' '.join([_remedy(depth, scale), *(f'{text[0].upper()}{text[1:]}.' for text in otherwise)]))]


def check_normalized(name, records):
    """Findings about depth that was stretched over the same range of numbers in every file.

    Args:
        name (str): of the data set.
        records (list[DepthRecord]): of its depth maps.

    Returns:
        list[Finding]: at most one.
    """
    least, largest, share = (np.array(each) for each in zip(*(record.stored for record in records), strict=True))
    if len(records) < 3 or largest[0] not in FULL or np.any(largest != largest[0]) or share.max() > FEW_AT_MOST or \
            np.any(least > largest / 500):
        return []
    return [error('normalized depth', name, f'the numbers of each of its {len(records)} files reach from (nearly) 0 to '
                  f'exactly {largest[0]:g}: each was stretched by itself, as pictures are, and its metres are lost',
                  'Use the original files.')]


def better_scales(depth, scale):
    """Stored units per metre that nothing speaks against, the likeliest first.

    Args:
        depth (DepthOfSet): as read.
        scale (float): that it was read with.

    Returns:
        list[tuple[float, float]]: scale, and how many times too large the depth was read.
    """
    factors = {unit / scale for unit in UNITS} | {factor for each in FACTORS for factor in (each, 1 / each)}
    good = [factor for factor in factors if abs(math.log(factor)) > 0.1 and not depth.evidence(factor)
            and USUAL[0] <= depth.median / factor <= USUAL[1]]
    # Of units that are as likely (1000 and 1024), one that has a name.
    good.sort(key=lambda factor: (round(depth.unlikeliness(factor), 1), scale * factor not in UNITS))
    return [(scale * factor, factor) for factor in good]


def _remedy(depth, scale):
    if not scale:
        return 'Check what the numbers mean: scan and calibration, or focal_baseline and scale of disparity.'
    read = f'It is read with depth_format=dict(scale={float(scale)}). '
    good = better_scales(depth, scale)
    if not good:
        return read + (_other_bins(depth, scale) or
                       'No usual unit gives a plausible depth: are these depth files?')
    named = [f'depth_format=dict(scale={float(unit)}) ({UNITS[unit] + ", " if unit in UNITS else ""}median '
             f'{depth.median / factor:.3g} m, {_times(factor)})' for unit, factor in good[:3]]
    return (f'{read}Set {" or ".join(named)} of the data set: in a config of make-config on its line data = dict(...), '
            f'or by make-config --depth-scale {good[0][0]:g}.')


def _other_bins(depth, scale):
    """str: in which usual units it would be a room or a street, if not one for these bins; '' if in none."""
    if not depth.limits:
        return ''
    fitting = [f'with scale={float(unit)} ({name}) it is {depth.nearest / factor:.2g} to '
               f'{depth.farthest / factor:.2g} m'
               for unit, name in UNITS.items() for factor in (unit / scale, )
               if is_plausible(depth.nearest / factor, depth.median / factor, USUAL)]
    return '' if not fitting else (
        f'In no usual unit does it fit the bins, which are for {depth.limits[0]:g} to {depth.limits[1]:g} m: '
        f'{", ".join(fitting)}. If one of these is true, set it in depth_format of the data set, and choose bins for '
        'such depth.')


def _times(factor):
    """In words, how wrong depth was read."""
    return f'depth is {factor:.3g} times too large' if factor > 1 else f'depth is {1 / factor:.3g} times too small'
