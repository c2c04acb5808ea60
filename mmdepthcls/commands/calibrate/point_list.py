"""Measured points as people write them down: a table ``image,x,y,metres``. Pure."""
from __future__ import annotations

import csv
import io
import math
import os
from typing import NamedTuple

from ...datasets.files.inside_path import join_inside

COLUMNS = ('image', 'x', 'y', 'metres')
LARGEST = 64 << 20  # bytes of a file
FARTHEST = 1e5  # m


class MeasuredPoint(NamedTuple):
    """A measured point: pixel (``x`` to the right, ``y`` down, from 0 at the middle of the top left pixel), m, and
    the line that says it."""
    x: float
    y: float
    metres: float
    where: str


def read_points(path: str, root: str | None = None) -> dict[str, list[MeasuredPoint]]:
    """Points of a table of UTF-8 text: a line a point, between commas (or semicolons, or tabs). Its first line may name
    the columns, which may then stand in any order and have others beside them. Blank lines and those that begin with
    ``#`` are skipped.

    Args:
        path: of the file.
        root: folder in which the images are. Default: the file's.

    Returns:
        Path of an image -> its points.

    Raises:
        ValueError: for lines that are no point, twice the same pixel, and images outside of the folder; names the line.
        FileNotFoundError: if an image is not there; names the line.
        OSError: if the file cannot be read.
    """
    points: dict[str, list[MeasuredPoint]] = {}
    seen: dict[tuple[str, int, int], str] = {}
    root = root or os.path.dirname(path) or os.curdir
    for where, (name, *values) in _rows(path):
        image = join_inside(root, name, where)
        if not os.path.isfile(image):
            raise FileNotFoundError(f'{where}: there is no image {image} (--root names the folder of the images)')
        x, y, metres = (_number(text, column, where) for text, column in zip(values, COLUMNS[1:], strict=True))
        if not 0 < metres < FARTHEST:
            raise ValueError(f'{where}: expected metres > 0, got {metres:g}. Leave out what was not measured')
        if x < -0.5 or y < -0.5:
            raise ValueError(f'{where}: x={x:g}, y={y:g} lies outside of the picture: pixels count from 0')
        pixel = (os.path.realpath(image), math.floor(x + 0.5), math.floor(y + 0.5))
        if seen.setdefault(pixel, where) != where:
            raise ValueError(f'{where}: the same pixel was measured in {seen[pixel]}. Keep one of the two')
        points.setdefault(image, []).append(MeasuredPoint(x, y, metres, where))
    if not points:
        raise ValueError(f'{path} holds no point: expected lines of {",".join(COLUMNS)}')
    return points


def _rows(path):
    """Where a line is, and its four columns."""
    lines = [(number, line) for number, line in enumerate(_text(path).splitlines(), 1)
             if line.strip() and not line.lstrip().startswith('#')]
    order = None
    for number, line in lines:
        where = f'{path}, line {number}'
        delimiter = next((each for each in ',;\t' if each in line), ',')
        try:
            cells = [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=delimiter, strict=True))]
        except csv.Error as error:
            raise ValueError(f'{where}: {error}') from error
        if order is None:
            order = _order(cells, where)
            if order is not None:
                continue
            order = range(len(COLUMNS))
        if len(cells) <= max(order):
            raise ValueError(f'{where}: expected {",".join(COLUMNS)}, got {len(cells)} columns: {line[:80]!r}')
        yield where, [cells[index] for index in order]


def _order(cells, where):
    """Where the columns stand, if a first line says it; None where it is a point."""
    names = [cell.lower() for cell in cells]
    if set(COLUMNS) <= set(names):
        return [names.index(column) for column in COLUMNS]
    try:
        float(cells[1])
    except (IndexError, ValueError):
        raise ValueError(f'{where}: expected {",".join(COLUMNS)}, or a first line that names these columns, got '
                         f'{",".join(cells)[:80]!r}') from None
    return None


def _number(text, column, where):
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f'{where}: expected a number as {column}, got {text[:40]!r}')
    return number


def _text(path):
    if os.path.getsize(path) > LARGEST:
        raise ValueError(f'{path} has {os.path.getsize(path)} bytes; a list of points has {LARGEST} at the most')
    with open(path, 'rb') as file:
        content = file.read()
    try:
        return content.decode('utf-8-sig')
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is no UTF-8 text ({error}): expected lines of {",".join(COLUMNS)}') from error
