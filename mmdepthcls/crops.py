"""Regions of an image that an evaluation looks at. Pure."""

# Shares of height (top, bottom) and width (left, right), cut to whole pixels by int().
RELATIVE = {
    'garg': (0.40810811, 0.99189189, 0.03594771, 0.96405229),  # Garg et al., 2016
    'eigen': (0.3324324, 0.91351351, 0.0359477, 0.96405229),  # Eigen et al., 2014
}
KB_SIZE = (352, 1216)
CROP_NAMES = (None, 'garg', 'eigen', 'kb', 'kb_garg')


def crop_region(name, height, width):
    """Rows and columns of a named region.

    Args:
        name (str or tuple or None): 'garg', 'eigen', 'kb' (the KITTI benchmark's 352 x 1216: bottom, horizontally
            centered), 'kb_garg' (garg inside of kb, which is another region than garg), None (everything), or your own:
            shares (top, bottom, left, right) of height and width, 0..1, cut to whole pixels by int().
        height (int): H, pixels.
        width (int): W, pixels.

    Returns:
        tuple[slice, slice]: rows, columns.

    Raises:
        ValueError: for another name or shares without sense, and for 'kb' on an image smaller than 352 x 1216.

    >>> crop_region('garg', 375, 1242)
    (slice(153, 371, None), slice(44, 1197, None))
    >>> crop_region('kb_garg', 375, 1242)
    (slice(166, 372, None), slice(56, 1185, None))
    """
    if name is None:
        return slice(0, height), slice(0, width)
    if name in ('kb', 'kb_garg'):
        top, left = height - KB_SIZE[0], int((width - KB_SIZE[1]) / 2)
        if top < 0 or width < KB_SIZE[1]:
            raise ValueError(f"crop 'kb' needs at least {KB_SIZE[0]} x {KB_SIZE[1]} pixels, got {height} x {width}")
        inside = crop_region('garg' if name == 'kb_garg' else None, *KB_SIZE)
        return tuple(slice(first + part.start, first + part.stop)
                     for first, part in zip((top, left), inside, strict=True))
    shares = check_region(name)
    top, bottom, left, right = RELATIVE.get(shares, shares)
    return slice(int(top * height), int(bottom * height)), slice(int(left * width), int(right * width))


def check_region(name):
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
