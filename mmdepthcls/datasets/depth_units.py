"""Units in which depth is stored, and how far rooms and streets are: what a unit is judged by. Pure."""
UNITS = {1: 'metres', 100: 'centimetres', 256: 'metres * 256', 1000: 'millimetres', 5000: 'metres * 5000'}
PLAUSIBLE = (0.7, 100.0)  # m, median depth of rooms and streets
USUAL = (1.5, 40.0)  # m, what a proposed unit must give
NEAREST = (0.1, 15.0)  # m, within which the nearest 1 % of rooms and streets begin: cars see the ground at 4 to 8 m


def is_plausible(nearest: float, median: float, limits: tuple[float, float] = PLAUSIBLE) -> bool:
    """Whether depth is of a room or a street.

    Args:
        nearest: m, which 1 % of the pixels do not reach.
        median: m.
        limits: m, of the median.

    >>> is_plausible(4.0, 15.0), is_plausible(22.0, 80.0), is_plausible(0.01, 0.05)
    (True, False, False)
    """
    return NEAREST[0] <= nearest <= NEAREST[1] and limits[0] <= median <= limits[1]


def likely_units(nearest: float, median: float, scale: float) -> list[int]:
    """Units by which depth would be of a room or a street.

    Args:
        nearest, median: see :func:`is_plausible`, as read.
        scale: stored units per metre that it was read with.

    Returns:
        Stored units per metre, without ``scale``.

    >>> likely_units(22.0, 80.0, 256)
    [1000, 5000]
    """
    read = {unit: (nearest * scale / unit, median * scale / unit) for unit in UNITS if unit != scale}
    return [unit for unit, depths in read.items() if is_plausible(*depths, USUAL)]
