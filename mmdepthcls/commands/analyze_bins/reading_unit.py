"""In which unit depth was read, for people, and a doubt where what came out is no room and no street. Pure."""
from ...datasets.depth_format import KITTI_SCALE
from ...datasets.depth_units import UNITS, is_plausible, likely_units
from ...evaluation.files.ground_truth_files import SCANS
from .depth_tally import FARTHEST
from .depth_tally import NEAREST as NEAREST_CELL

NEAREST = 0.01  # share of the pixels
NEAR_END, FAR_END = 2 * NEAREST_CELL, FARTHEST / 2  # m, between which a median is what it is


def unit_remarks(tally, frames, is_known=False):
    """How the numbers of files became metres, what would say another unit, and perhaps a doubt.

    Args:
        tally (DepthTally)
        frames (list[TruthFrame]): that it is of, each with one ground truth.
        is_known (bool): they are a data set's whose unit is known, and no option says another.

    Returns:
        list[str]: a line each.
    """
    text = f'Unit: {"; ".join(dict.fromkeys(map(_reading, frames)))}.'
    spell = next((frame.depth_format.spell for frame in frames if _is_depth(frame)), None)
    if is_known or spell is None:
        return [text]
    doubt = _doubt(tally, frames, spell)
    return [f'{text} If that is wrong: {spell("scale", 1000)} for millimetres.', *([doubt] if doubt else [])]


def _doubt(tally, frames, spell):
    nearest, median = tally.quantile(NEAREST), tally.quantile(0.5)
    if is_plausible(nearest, median):
        return None
    scales = {_scale(frame) for frame in frames} if NEAR_END < median < FAR_END else {None}  # else it is cut off
    better = likely_units(nearest, median, *scales) if len(scales) == 1 and None not in scales else []
    remedy = ' or '.join(f'{spell("scale", unit)} ({UNITS[unit]})' for unit in better)
    return (f'Doubt: the median depth is {median:.3g} m and {1 - NEAREST:.0%} of the pixels are farther than '
            f'{nearest:.3g} m, which is neither a room nor a street: another unit? '
            + (f'Perhaps {remedy}' if remedy else
               f'{spell("scale")} says the stored units per metre, 1000 for millimetres'))


def _reading(frame):
    depth_format, (path, ) = frame.depth_format, frame.files.values()
    if not _is_depth(frame):
        if depth_format.focal_baseline is not None:
            return f'disparity, of which depth is {depth_format.focal_baseline:g} / pixels'
        return 'LiDAR points in metres'
    if depth_format.scale is not None:
        unit = UNITS.get(depth_format.scale)
        return f'stored numbers / {depth_format.scale:g} are metres ({f"{unit}, " if unit else ""}as given)'
    if _is_whole(path):
        return f"stored numbers / {KITTI_SCALE:g} are metres (KITTI's unit, as nothing else is given)"
    return f'whole numbers / {KITTI_SCALE:g}, and floating point as it is, are metres (as nothing else is given)'


def _is_depth(frame):
    """Whether a file holds depth, in some unit."""
    depth_format, (name, ) = frame.depth_format, frame.files
    return name not in SCANS and depth_format.projection is None and depth_format.focal_baseline is None


def _scale(frame):
    """Stored units per metre, where they are known and mean depth."""
    path, = frame.files.values()
    return (frame.depth_format.scale or (KITTI_SCALE if _is_whole(path) else None)) if _is_depth(frame) else None


def _is_whole(path):
    return path.lower().endswith('.png')
