"""The pictures that the page shows: small, in the colors of the files, with a mark where somebody has pointed. Pure."""
from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np

from ...apis.depth_result import DepthResult
from ..predict.file_kinds import FileSettings, colored

LONGEST_SIDE, LEAST_SIDE = 1280, 640  # pixels of the longer side that is shown
LARGEST_PIXEL = 16  # of what is enlarged
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def shown_shape(height: int, width: int) -> tuple[int, int]:
    """Height and width of what is shown of a picture of H x W pixels; of a small one, pixels of it become squares."""
    longest = max(height, width)
    if longest < LEAST_SIDE:
        factor = min(math.ceil(LEAST_SIDE / longest), LARGEST_PIXEL)
        return height * factor, width * factor
    ratio = min(LONGEST_SIDE / longest, 1)
    return max(round(height * ratio), 1), max(round(width * ratio), 1)


def pixel_at(x: float, y: float, shape: tuple[int, int]) -> tuple[int, int]:
    """The pixel (x, y) of a picture of H x W pixels under a pixel of what is shown of it."""
    shown = shown_shape(*shape)
    column, row = ((value + 0.5) * full / small for value, full, small in ((x, shape[1], shown[1]),
                                                                           (y, shape[0], shown[0])))
    return min(max(int(column), 0), shape[1] - 1), min(max(int(row), 0), shape[0] - 1)


def resized(result: DepthResult) -> DepthResult:
    """A result of the size that is shown: the picture by averages, all else by the nearest pixels, since metres are
    never mixed."""
    shape = result.depth.shape
    height, width = shown_shape(*shape)
    if (height, width) == shape:
        return replace(result, recompute=None)
    rows = ((np.arange(height) + 0.5) * shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * shape[1] / width).astype(np.intp)
    pixels = np.ix_(rows, columns)
    how = cv2.INTER_AREA if height < shape[0] else cv2.INTER_CUBIC
    return replace(
        result, picture=cv2.resize(result.picture, (width, height), interpolation=how),
        depth=result.depth[pixels], supervised=result.supervised[pixels], recompute=None,
        maps={name: each[:, rows[:, None], columns] if each.ndim == 3 else each[pixels]
              for name, each in result.maps.items()})


def picture_jpeg(small: DepthResult, mark: tuple[float, float] | None = None) -> bytes:
    """The picture itself."""
    return _encoded('.jpg', _marked(small.picture, mark), [cv2.IMWRITE_JPEG_QUALITY, 92])


def depth_png(small: DepthResult, mark: tuple[float, float] | None = None) -> bytes:
    """Depth in colors, as ``predict`` writes it."""
    return _encoded('.png', _marked(colored(small, FileSettings()), mark), [cv2.IMWRITE_PNG_COMPRESSION, 3])


def confidence_png(small: DepthResult) -> bytes:
    """How probable the most probable bin is: white 1, black 0, the root of it between, since of many bins even the
    best has a small share."""
    gray = np.rint(np.sqrt(small.confidence) * 255).astype(np.uint8)
    return _encoded('.png', np.repeat(gray[..., None], 3, axis=2), [cv2.IMWRITE_PNG_COMPRESSION, 3])


def _marked(picture, mark):
    """A copy with a cross around a point, (x, y) as shares of width and height, that leaves the point itself free."""
    if mark is None:
        return picture
    picture = picture.copy()
    height, width = picture.shape[:2]
    x, y = min(int(mark[0] * width), width - 1), min(int(mark[1] * height), height - 1)
    long = max(max(height, width) // 50, 9)
    stroke = max(long // 8, 1)
    for color, more in ((BLACK, 2), (WHITE, 0)):
        for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            start, end = ((x + across * step, y + down * step) for step in (long // 2, long))
            cv2.line(picture, start, end, color, stroke + more, cv2.LINE_AA)
    return picture


def _encoded(end, picture, options):
    done, data = cv2.imencode(end, np.ascontiguousarray(picture[..., ::-1]), options)
    if not done:
        raise ValueError(f'OpenCV cannot write a picture of shape {picture.shape} as {end}')
    return data.tobytes()
