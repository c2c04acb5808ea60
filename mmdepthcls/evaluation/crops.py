"""Regions of an image that an evaluation looks at. Pure."""

# Shares of height (top, bottom) and width (left, right), cut to whole pixels by int().
RELATIVE = {
    'garg': (0.40810811, 0.99189189, 0.03594771, 0.96405229),  # Garg et al., 2016
    'eigen': (0.3324324, 0.91351351, 0.0359477, 0.96405229),  # Eigen et al., 2014
}
KB_SIZE = (352, 1216)
NAMES = (None, 'garg', 'eigen', 'kb')


def crop_region(name, height, width):
    """Rows and columns of a named region.

    Args:
        name (str or None): 'garg', 'eigen', 'kb' (the KITTI benchmark's 352 x 1216: bottom, horizontally centred) or
            None (everything).
        height (int): H, pixels.
        width (int): W, pixels.

    Returns:
        tuple[slice, slice]: rows, columns.

    Raises:
        ValueError: for another name, and for 'kb' on an image smaller than 352 x 1216.

    >>> crop_region('garg', 375, 1242)
    (slice(153, 371, None), slice(44, 1197, None))
    """
    if name is None:
        return slice(0, height), slice(0, width)
    if name == 'kb':
        top, left = height - KB_SIZE[0], int((width - KB_SIZE[1]) / 2)
        if top < 0 or width < KB_SIZE[1]:
            raise ValueError(f"crop 'kb' needs at least {KB_SIZE[0]} x {KB_SIZE[1]} pixels, got {height} x {width}")
        return slice(top, top + KB_SIZE[0]), slice(left, left + KB_SIZE[1])
    if name not in RELATIVE:
        raise ValueError(f'crop must be one of {NAMES}, got {name!r}')
    top, bottom, left, right = RELATIVE[name]
    return slice(int(top * height), int(bottom * height)), slice(int(left * width), int(right * width))
