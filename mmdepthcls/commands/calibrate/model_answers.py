"""What a model says at measured pixels."""
from __future__ import annotations

import math
import zlib
from dataclasses import replace

import numpy as np

from ...apis.depth_inferencer import DepthInferencer
from ...apis.exported_model import ExportedModel
from ...apis.image_sketch import image_hash
from ...apis.picture_source import source_of
from ...apis.prepared_picture import PreparedPicture
from ...camera import PictureCamera
from ...models.image_bins_head import ImageBinsHead
from ...parallel import ProgressLine
from .measured_data import MeasuredData, MeasuredPicture
from .measured_image import MeasuredImage

PIXELS, LOGIT_PIXELS = 2000, 500  # of a depth map that are looked at; each with logits costs 4 bytes a bin


class ModelAnswers:
    """Predicts measured pictures, without the calibration that a model may have.

    Args:
        inferencer: of the model; loses its calibration.
        pixels: of a depth map, at the most.
        keeps_scale: the scale of before is not found anew: corrected is what was corrected beside it.
    """

    def __init__(self, inferencer: DepthInferencer, pixels: int = PIXELS, keeps_scale: bool = False) -> None:
        self.inferencer, self.pixels = inferencer, pixels
        loaded = inferencer.loaded
        self.was_of_one_camera = loaded.of_one_camera and not keeps_scale
        inferencer.loaded = replace(loaded, scale=1.0, interval_widening=None,
                                    scale_focal=loaded.scale_focal if keeps_scale else None)
        classifier = inferencer.loaded.classifier
        if isinstance(classifier, ExportedModel):
            raise ValueError('an exported file cannot be calibrated: calibrate its model file, and export that')
        self.has_intervals = classifier.decoder.of_softmax
        self.has_temperature = self.has_intervals and not isinstance(classifier.decode_head, ImageBinsHead)

    def measure(self, data: MeasuredData, logits: bool = False) -> list[MeasuredImage]:
        """Predict all pictures of some data.

        Args:
            data: what was measured.
            logits: keep those of some pixels.

        Returns:
            Of pictures with measured pixels that have a prediction.

        Raises:
            ValueError: for points outside of their picture, or of what the model predicts; names them.
        """
        line, found = ProgressLine(f'Predicting {data.name}', len(data.pictures), 'pictures'), []
        for picture in data.pictures:
            image = self._measure(picture, logits)
            if len(image.gt):
                found.append(image)
            line.advance()
        return found

    def prepare(self, picture: MeasuredPicture) -> PreparedPicture:
        """A picture as the network gets it.

        Raises:
            ValueError: for a camera that is not known, if the model has a canonical one; names the picture.
        """
        # Where there is no answer without a focal length, that of the data set is taken.
        focal = picture.focal_px if self.inferencer.loaded.canonical_focal_px is not None else None
        return self.inferencer.prepare(source_of(picture.path), None if focal is None else PictureCamera(
            focal, source='the data set'))

    def _measure(self, picture, logits):
        prepared = self.prepare(picture)
        result = self.inferencer.predict([prepared], ('interval', ) if self.has_intervals else ())[0]
        digest = image_hash(picture.path)
        places: tuple[str, ...] = ()
        if picture.depth is None:
            rows, columns = self._pixels_of_points(picture, result)
            gt = np.array([point.metres for point in picture.points])
            places = tuple(point.where for point in picture.points)
        else:
            depth = picture.depth(result.depth.shape)
            rows, columns = self._chosen((depth > 0) & (result.depth > 0) & result.supervised, digest, self.pixels)
            gt = depth[rows, columns].astype(np.float64)
        interval = result.interval[:, rows, columns] if self.has_intervals else np.full((2, len(rows)), np.nan)
        image = MeasuredImage(picture.path, digest, gt, result.depth[rows, columns], interval, result.correction,
                              places=places, camera=result.camera.source if result.camera else '')
        if logits and len(rows):
            step = max(1, math.ceil(len(rows) / LOGIT_PIXELS))
            image.logits = self.inferencer.logits(prepared, rows[::step], columns[::step])
            image.logits_gt = gt[::step]
        return image

    def _chosen(self, mask, digest, most):
        """Some pixels of a mask, by the image's content alone."""
        found = np.flatnonzero(mask)
        if len(found) > most:
            generator = np.random.default_rng(zlib.crc32(digest.encode()))
            found = generator.choice(found, most, replace=False)
        return np.divmod(found, mask.shape[1])

    def _pixels_of_points(self, picture, result):
        height, width = result.depth.shape
        rows, columns = [], []
        for point in picture.points:
            row, column = math.floor(point.y + 0.5), math.floor(point.x + 0.5)
            if not (0 <= row < height and 0 <= column < width):
                raise ValueError(f'{point.where}: x={point.x:g}, y={point.y:g} lies outside of {picture.path}, which '
                                 f'has {width} x {height} pixels (x counts to the right, y down)')
            if not result.depth[row, column] > 0:
                raise ValueError(f'{point.where}: the model predicts nothing at x={point.x:g}, y={point.y:g}: its '
                                 'input is a crop of the picture. Leave the point out')
            rows.append(row)
            columns.append(column)
        return np.array(rows, np.intp), np.array(columns, np.intp)
