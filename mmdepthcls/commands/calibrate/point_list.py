"""Measured points as people write them down: a table ``image,x,y,metres``. Pure."""
from __future__ import annotations

import csv
import io
import math
import os
import re
from typing import NamedTuple

from ...datasets.files.file_finder import IMAGE_SUFFIXES, FileFinder
from ...datasets.files.listed_file import listed_path

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
    """Points of a table of UTF-8 text: a line a point, between commas (or semicolons or tabs; numbers may then have a
    decimal comma). Its first line may name the columns, which may then stand in any order and have others beside them.
    Images are found by name as in split files. Blank lines and those that begin with ``#`` are skipped.

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
    finder = FileFinder()
    for where, (name, *values) in _rows(path):
        image = listed_path(finder, root, name.replace('\\', '/'), IMAGE_SUFFIXES, where)
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
    order = None
    for number, line in enumerate(re.split('\r\n|\r|\n', _text(path)), 1):
        if not line.strip() or line.lstrip().startswith('#'):
            continue
        where = f'{path}, line {number}'
        if order is None:
            cells = _cells(line, where, lambda cells: _order(cells) or _values(cells, range(len(COLUMNS))))
            order = _order(cells)
            if order is not None:
                continue
            order = range(len(COLUMNS))
            _refuse_other_header(cells, where)
        cells = _cells(line, where, lambda cells, order=order: _values(cells, order))
        if len(cells) <= max(order):
            raise ValueError(f'{where}: expected {",".join(COLUMNS)}, got {len(cells)} columns: {line[:80]!r}')
        yield where, [cells[index] for index in order]


def _cells(line, where, fits):
    """Cells of a line, between that of the delimiters in it with which it fits, or else the first."""
    tried, failed = [], None
    for delimiter in [each for each in ',;\t' if each in line] or [',']:
        try:
            cells = [cell.strip() for cell in next(csv.reader(io.StringIO(line), delimiter=delimiter, strict=True))]
        except csv.Error as error:
            failed = failed or error
            continue
        # 5,5 in a table between other signs
        tried.append(cells if delimiter == ',' else [re.sub(r'^([+-]?\d+),(\d+)$', r'\1.\2', cell) for cell in cells])
        if fits(tried[-1]):
            return tried[-1]
    if not tried:
        raise ValueError(f'{where}: {failed}') from failed
    return tried[0]


def _order(cells):
    """Where the columns stand, if a first line says it; None where it does not."""
    names = [cell.lower() for cell in cells]
    return [names.index(column) for column in COLUMNS] if set(COLUMNS) <= set(names) else None


def _values(cells, order):
    """Whether the columns of a line are there, and x, y and metres are numbers."""
    return len(cells) > max(order) and all(_is_number(cells[index]) for index in order[1:])


def _refuse_other_header(cells, where):
    if len(cells) < 2 or not _is_number(cells[1]):
        raise ValueError(f'{where}: expected {",".join(COLUMNS)}, or a first line that names these columns, got '
                         f'{",".join(cells)[:80]!r}')


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


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
