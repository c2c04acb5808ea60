"""Regions of an image that an evaluation looks at. Pure."""
from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

# Shares of height (top, bottom) and width (left, right), cut to whole pixels by int().
RELATIVE = {
    'garg': (0.40810811, 0.99189189, 0.03594771, 0.96405229),  # Garg et al., 2016
    'nyu_eigen': (45 / 480, 471 / 480, 41 / 640, 601 / 640),  # rows 45:471, columns 41:601 of NYU's 480 x 640
    'eigen': (0.3324324, 0.91351351, 0.0359477, 0.96405229),  # Eigen et al., 2014
}
KB_SIZE = (352, 1216)
CROP_NAMES = (None, 'garg', 'eigen', 'kb', 'kb_garg', 'nyu_eigen')
# A name, or shares (top, bottom, left, right) of height and width.
Region: TypeAlias = str | Sequence[float] | None


def crop_region(name: Region, height: int, width: int) -> tuple[slice, slice]:
    """Rows and columns of a named region.

    Args:
        name: 'garg', 'eigen', 'kb' (the KITTI benchmark's 352 x 1216: bottom, horizontally centered), 'kb_garg' (garg
            inside of kb, which is another region than garg), 'nyu_eigen' (NYU Depth v2 without its borders), None
            (everything), or your own: shares (top, bottom, left, right) of height and width, 0..1, cut to whole pixels
            by int().
        height: H, pixels.
        width: W, pixels.

    Returns:
        Rows, columns.

    Raises:
        ValueError: for another name or shares without sense, and for 'kb' on an image smaller than 352 x 1216.

    >>> crop_region('garg', 375, 1242)
    (slice(153, 371, None), slice(44, 1197, None))
    >>> crop_region('kb_garg', 375, 1242)
    (slice(166, 372, None), slice(56, 1185, None))
    """
    region = check_region(name)
    if region is None:
        return slice(0, height), slice(0, width)
    if region in ('kb', 'kb_garg'):
        row, column = height - KB_SIZE[0], int((width - KB_SIZE[1]) / 2)
        if row < 0 or width < KB_SIZE[1]:
            raise ValueError(f"crop 'kb' needs at least {KB_SIZE[0]} x {KB_SIZE[1]} pixels, got {height} x {width}")
        rows, columns = crop_region('garg' if region == 'kb_garg' else None, *KB_SIZE)
        return slice(row + rows.start, row + rows.stop), slice(column + columns.start, column + columns.stop)
    top, bottom, left, right = RELATIVE[region] if isinstance(region, str) else region
    return slice(int(top * height), int(bottom * height)), slice(int(left * width), int(right * width))


def check_region(name: Region) -> str | tuple[float, ...] | None:
    """A region's name, or its shares as a tuple.

    Raises:
        ValueError: for an unknown name or shares that are not 0 <= top < bottom <= 1, 0 <= left < right <= 1.
    """
    if name is None or isinstance(name, str):
        if name not in CROP_NAMES:
            raise ValueError(f'crop must be one of {CROP_NAMES} or shares (top, bottom, left, right), got {name!r}')
        return name
    shares = tuple(name)
    if len(shares) != 4 or not (0 <= shares[0] < shares[1] <= 1 and 0 <= shares[2] < shares[3] <= 1):
        raise ValueError('crop must be shares (top, bottom, left, right) with 0 <= top < bottom <= 1 and '
                         f'0 <= left < right <= 1, got {name!r}')
    return shares
