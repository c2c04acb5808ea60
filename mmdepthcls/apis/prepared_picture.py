"""A picture on its way through a network: what goes in, and how what comes out lies in the picture."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from mmseg.structures import SegDataSample

from ..camera import PictureCamera
from .input_pipeline import InputPipeline
from .picture_source import PictureSource


@dataclass(frozen=True)
class PreparedPicture:
    """A picture, ready for the network.

    Args:
        source: which.
        picture: (H, W, 3) uint8 RGB.
        camera: that took it; None: unknown.
        packed: of the pipeline.
        shape: height and width of the picture as the pipeline got it, smaller than H x W for very large ones.
    """
    source: PictureSource
    picture: np.ndarray
    camera: PictureCamera | None
    packed: dict[str, Any]
    shape: tuple[int, int]

    @property
    def views(self) -> list[SegDataSample]:
        """What the pipeline says of its input; several views for test-time augmentation."""
        samples = self.packed['data_samples']
        return list(samples) if isinstance(samples, (list, tuple)) else [samples]

    @property
    def kind(self) -> tuple:
        """What pictures have in common that can be in one batch."""
        inputs = self.packed['inputs']
        return tuple(tuple(each.shape) for each in (inputs if isinstance(inputs, (list, tuple)) else [inputs]))

    @property
    def scale(self) -> tuple[float, float]:
        """(x, y): pixels of the network's input for a pixel of the picture; of several views the geometric mean."""
        scales = self._scales
        reduced = [new / old for new, old in zip(self.shape, self.picture.shape, strict=False)]
        mean = [math.exp(sum(math.log(scale[axis]) for scale in scales) / len(scales)) for axis in (0, 1)]
        return mean[0] * reduced[1], mean[1] * reduced[0]

    @property
    def _scales(self):
        return [view.metainfo.get('scale_factor', (1.0, 1.0))[:2] for view in self.views]

    def take_for(self, focal_px: float) -> None:
        """Let the model take the picture for one of this focal length, in pixels of the network's input (of several
        views: of their mean scale): its metres are those of that camera."""
        sizes = [math.sqrt(x * y) for x, y in self._scales]
        mean = math.exp(sum(map(math.log, sizes)) / len(sizes))
        for view, size in zip(self.views, sizes, strict=True):
            view.set_metainfo(dict(focal_px=focal_px * size / mean))

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, height and width of the part of the picture that the network sees, in its pixels."""
        height, width = self.picture.shape[:2]
        box = self.views[0].metainfo.get('crop_box')
        if box is None:
            return 0, 0, height, width
        rows, columns = height / self.shape[0], width / self.shape[1]
        return round(box[0] * rows), round(box[1] * columns), round(box[2] * rows), round(box[3] * columns)

    def in_picture(self, values: np.ndarray) -> np.ndarray:
        """A map of the model, (C, h, w) float32, where it belongs: (C, H, W), 0 outside of what was predicted."""
        metainfo = self.views[0].metainfo
        if 'crop_box' in metainfo and 'full_shape' not in metainfo:
            values = _pasted(values, metainfo['crop_box'], self.shape)
        height, width = self.picture.shape[:2]
        if values.shape[1:] == (height, width):
            return values
        # Depth is never mixed with "nothing".
        how = cv2.INTER_LINEAR if values.all() else cv2.INTER_NEAREST
        return np.stack([cv2.resize(each, (width, height), interpolation=how) for each in values])


def prepare_picture(source: PictureSource, picture: np.ndarray, camera: PictureCamera | None, pipeline: InputPipeline,
                    max_pixels: int, assumed_px: float | None = None) -> PreparedPicture:
    """Make the network's input of a picture; one of more than ``max_pixels`` is reduced first. Of an unknown camera the
    pipeline is told that it is of ``assumed_px``."""
    height, width = picture.shape[:2]
    ratio = math.sqrt(max_pixels / (height * width))
    work = picture
    if ratio < 1:
        size = max(int(width * ratio), 1), max(int(height * ratio), 1)
        work = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    reduced = math.sqrt(work.shape[0] / height * work.shape[1] / width)
    packed = pipeline(work, str(source), assumed_px if camera is None else camera.focal_px * reduced)
    return PreparedPicture(source, picture, camera, packed, work.shape[:2])


def _pasted(values, box, shape):
    """A crop, which may reach beyond the frame, in the frame."""
    top, left, height, width = box
    frame = np.zeros((values.shape[0], *shape), values.dtype)
    rows, columns = slice(max(top, 0), min(top + height, shape[0])), slice(max(left, 0), min(left + width, shape[1]))
    frame[:, rows, columns] = values[:, rows.start - top:rows.stop - top, columns.start - left:columns.stop - left]
    return frame
