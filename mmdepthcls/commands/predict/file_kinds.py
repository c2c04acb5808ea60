"""The files that a prediction can become. Pure."""
from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from ...apis.depth_result import DepthResult
from ...datasets.files.depth_png import encode_depth_png
from ...visualization.depth_color import COLORMAP, SCALE, DepthColors
from ...visualization.figures import depth_figure
from ...visualization.lettering import with_swatch

LARGEST = 65535
HATCH, HATCH_COLOR = 4, 128  # pixels a stripe, gray: where the model was never told the truth


@dataclass(frozen=True)
class FileSettings:
    """How files are written.

    Args:
        min_depth, max_depth: m, ends of the color scale; None: of the model's bins.
        scale, colormap: of the colors.
        min_confidence, max_interval_ratio: of points that are kept.
        drop_unsupervised: no depth where the model was never told the truth.
    """
    min_depth: float | None = None
    max_depth: float | None = None
    scale: str = SCALE
    colormap: str = COLORMAP
    min_confidence: float = 0.0
    max_interval_ratio: float | None = None
    drop_unsupervised: bool = False

    def colors(self, depth_range: tuple[float, float]) -> DepthColors:
        """The colors for bins of a range, m."""
        low, high = (own if given is None else given for own, given in zip(
            depth_range, (self.min_depth, self.max_depth), strict=True))
        return DepthColors(low, high, self.scale, self.colormap)


class FileKind(NamedTuple):
    """A kind of file: what follows the picture's name, what makes it, what it needs of the model, and what it is."""
    suffix: str
    encode: Callable[[DepthResult, FileSettings], bytes]
    outputs: tuple[str, ...]
    text: str


def colored(result: DepthResult, settings: FileSettings) -> np.ndarray:
    """(H, W, 3) uint8 RGB: depth in colors, hatched where the model was never told the truth."""
    picture = settings.colors(result.depth_range).paint(result.depth)
    if result.has_supervision:
        rows, columns = np.ogrid[:picture.shape[0], :picture.shape[1]]
        picture[~result.supervised & ((rows + columns) // HATCH % 4 == 0)] = HATCH_COLOR
    return picture


def color_legend(colors: DepthColors, hatched: bool) -> np.ndarray:
    """(h, w, 3) uint8 RGB: the bar that says what colors mean, and the hatching."""
    bar = colors.bar(640)
    return with_swatch(bar, bar.shape[0], (HATCH_COLOR, ) * 3, 'hatched: never measured') if hatched else bar


def beyond(depth: np.ndarray, scale: float) -> int:
    """How many pixels are too far for a 16-bit PNG of so many units a metre."""
    return int((depth * scale >= LARGEST + 0.5).sum())


def _depth_png(scale):
    def encode(result, settings):
        depth = result.depth
        if beyond(depth, scale):
            depth = np.where(depth * scale < LARGEST + 0.5, depth, np.float32(0))
        return encode_depth_png(depth, scale)
    return encode


def _picture_png(make):
    def encode(result, settings):
        picture = make(result, settings)
        return _encoded('.png', picture[..., ::-1] if picture.ndim == 3 else picture)
    return encode


def _encoded(end, array):
    done, data = cv2.imencode(end, np.ascontiguousarray(array))
    if not done:
        raise ValueError(f'OpenCV cannot write {array.shape} {array.dtype} as {end}')
    return data.tobytes()


def _npy(result, settings):
    buffer = io.BytesIO()
    np.save(buffer, result.depth)
    return buffer.getvalue()


def _npz(result, settings):
    buffer = io.BytesIO()
    camera = result.camera or result.assumed_camera
    np.savez_compressed(buffer, depth=result.depth, supervised=result.supervised, correction=result.correction,
                        focal_px=np.nan if camera is None else camera.focal_px,
                        **{name: result.maps[name] for name in sorted(result.maps)})
    return buffer.getvalue()


def _interval_width(result, settings):
    low, high = result.interval
    return np.clip(np.rint((high - low) * 256), 0, LARGEST).astype(np.uint16)


def _side_by_side(result, settings):
    return depth_figure(result.picture, prediction=result.depth, **vars(settings.colors(result.depth_range)))


def _points(result, settings):
    return result.points(min_confidence=settings.min_confidence, max_interval_ratio=settings.max_interval_ratio,
                         drop_unsupervised=settings.drop_unsupervised)


KINDS = {
    'png': FileKind('.png', _depth_png(256), (), '16 bits, metres * 256, 0 = none'),
    'color': FileKind('_color.png', _picture_png(colored), (), 'depth in colors'),
    'mm': FileKind('_mm.png', _depth_png(1000), (), '16 bits, millimetres, 0 = none or beyond 65.535 m'),
    'npy': FileKind('.npy', _npy, (), 'float32 metres'),
    'npz': FileKind('.npz', _npz, (), 'metres, where they were supervised, focal length'),
    'tiff': FileKind('.tiff', lambda result, settings: _encoded('.tiff', result.depth), (), '32 bits, metres'),
    'side': FileKind('_side.png', _picture_png(_side_by_side), (), 'picture and depth beside each other'),
    'confidence': FileKind('_confidence.png', _picture_png(
        lambda result, settings: np.rint(result.confidence * LARGEST).astype(np.uint16)), ('confidence', ),
        '16 bits, 65535 = sure'),
    'interval': FileKind('_interval.png', _picture_png(_interval_width), ('interval', ),
                         'width of the 90 % interval, 16 bits, metres * 256'),
    'supervised': FileKind('_supervised.png', _picture_png(
        lambda result, settings: result.supervised.astype(np.uint8) * 255), (),
        '255 where training was told the truth'),
    'ply': FileKind('.ply', lambda result, settings: _points(result, settings).ply(), (), 'colored points'),
    'points': FileKind('_points.npz', lambda result, settings: _points(result, settings).npz(), (),
                       'the same as arrays'),
}
FILM = 'video'  # of a film: one file, which is written frame by frame
FILM_SUFFIX = '_color.mp4'
SUFFIXES = (*(kind.suffix for kind in KINDS.values()), FILM_SUFFIX)
# What follows a name before the ending: NAME and NAME_color must not both be pictures' names.
TAGS = tuple(sorted({suffix.rpartition('.')[0] for suffix in SUFFIXES} - {''}))


def outputs_for(kinds: Sequence[str], settings: FileSettings) -> tuple[str, ...]:
    """What the model is asked for, for these kinds of files."""
    wanted = {output for kind in kinds if kind in KINDS for output in KINDS[kind].outputs}
    if {'ply', 'points'} & set(kinds):
        wanted |= {'confidence'} if settings.min_confidence > 0 else set()
        wanted |= {'interval'} if settings.max_interval_ratio is not None else set()
    return tuple(sorted(wanted))
