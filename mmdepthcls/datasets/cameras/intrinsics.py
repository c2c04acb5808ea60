"""Camera files that come with data sets. Pure."""
from __future__ import annotations

import math
import os


def mean_focal(horizontal: float, vertical: float) -> float:
    """One focal length of a camera whose pixels are not quite square: that of square pixels of the same area.

    Args:
        horizontal: f_x, pixels.
        vertical: f_y, pixels.

    >>> mean_focal(4.0, 9.0)
    6.0
    """
    return math.sqrt(horizontal * vertical)


def read_rows(path: str, columns: int, header: bool = False) -> list[list[float]]:
    """The numbers of a small text file.

    Args:
        path: the file.
        columns: numbers that a line has.
        header: the first line names them.

    Raises:
        ValueError: if a line does not hold so many finite numbers; names the file and the line.
    """
    with open(path, encoding='utf-8', errors='replace') as file:
        lines = [(number, line.split()) for number, line in enumerate(file, 1) if line.strip()]
    rows = []
    for number, words in lines[int(header):]:
        try:
            row = list(map(float, words))
        except ValueError:
            row = []
        if len(row) != columns or not all(map(math.isfinite, row)):
            raise ValueError(f'{path}, line {number}: expected {columns} numbers, got {" ".join(words)[:80]!r}. Copy '
                             'the file again.')
        rows.append(row)
    return rows


def checked_focal(path: str, horizontal: float, vertical: float) -> float:
    """:func:`mean_focal` of what a file says.

    Raises:
        ValueError: unless both are greater than 0; names the file.
    """
    if not (horizontal > 0 and vertical > 0):
        raise ValueError(f'{path}: expected focal lengths in pixels, got {horizontal:g} and {vertical:g}. Copy the '
                         'file again.')
    return mean_focal(horizontal, vertical)


def matrix_focal(path: str) -> float | None:
    """Focal length, pixels, of a camera matrix in a text file, 3 x 3 or 4 x 4; None where there is no such file.

    Raises:
        ValueError: for another content; names the file.
    """
    if not os.path.isfile(path):
        return None
    with open(path, encoding='utf-8', errors='replace') as file:
        columns = len(file.readline().split())
    rows = read_rows(path, columns)
    if (len(rows), columns) not in ((3, 3), (4, 4)):
        raise ValueError(f'{path}: expected a camera matrix of 3 x 3 or 4 x 4 numbers, got {len(rows)} x {columns}')
    return checked_focal(path, rows[0][0], rows[1][1])
