"""Predicts the samples that figures show: depth, and what the model's distribution says of it."""
from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ...adaptation.confidence import mass_within, probability_below
from ...apis.depth_inferencer import DepthInferencer
from ...apis.depth_result import DepthResult
from ...apis.exported_model import ExportedModel
from ...apis.picture_source import source_of
from ...apis.point_cloud import PointCloud
from ...apis.prepared_picture import PreparedPicture
from ...camera import PictureCamera
from ...evaluation.errors import depth_errors
from ...evaluation.reliability import ReliabilitySums, reliability_sums
from ...visualization.depth_color import is_valid
from ...visualization.error_color import ERROR_LIMIT, relative_error
from ..calibrate.measured_data import MeasuredPicture

PIXELS = 2000  # of an image, whose probabilities are looked at


@dataclass(frozen=True)
class Sample:
    """A picture and what a model makes of it; H x W pixels.

    Args:
        name: path of the picture.
        result: of the model.
        prepared: what the network got.
        truth: (H, W) m, 0 = nothing was measured; None: there is no ground truth.
        farthest: m, of the model's bins in this picture's metres.
        camera: that the data set knows; None: it knows none.
    """
    name: str
    result: DepthResult
    prepared: PreparedPicture
    truth: np.ndarray | None
    farthest: float
    camera: PictureCamera | None = None

    @property
    def image(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        return self.result.picture

    @property
    def depth(self) -> np.ndarray:
        """(H, W) m, 0 where nothing was predicted."""
        return self.result.depth

    @cached_property
    def scored(self) -> np.ndarray:
        """(H, W) m: ground truth where there is a prediction and the model has bins, else 0."""
        if self.truth is None:
            return np.zeros_like(self.depth)
        return np.where(is_valid(self.truth) & (self.truth <= self.farthest) & (self.depth > 0), self.truth, 0)

    @property
    def error(self) -> np.ndarray:
        """(H, W) signed relative error, NaN where none is scored."""
        return relative_error(self.depth, self.scored)

    @cached_property
    def numbers(self) -> dict[str, float]:
        """Errors over the scored pixels: ``abs_rel``, ``d1``, the shares ``near`` and ``far`` that are wrong by more
        than 25 %, and ``beyond``, the share of the measured pixels that lie beyond the bins. Empty without any."""
        if self.truth is None or not self.scored.any():
            return {}
        measured = int(is_valid(self.truth).sum())
        error = self.error[self.scored > 0]
        found = depth_errors(self.depth, self.scored)
        beyond = int((is_valid(self.truth) & (self.truth > self.farthest)).sum())
        return dict(abs_rel=found['abs_rel'], d1=found['d1'], near=float((error < -ERROR_LIMIT).mean()),
                    far=float((error > ERROR_LIMIT).mean()), beyond=beyond / measured)

    def points(self, **options: Any) -> PointCloud:
        """The points that ``predict`` writes, see :meth:`~mmdepthcls.apis.depth_result.DepthResult.points`; of the
        data set's camera where nothing else says one."""
        return self.result.points(camera=self.point_camera, **options)

    @property
    def point_camera(self) -> PictureCamera | None:
        """Of the picture, of the data set, or that the model takes it to be of."""
        return self.result.camera or self.camera or self.result.assumed_camera


class SamplePredictor:
    """Predicts single pictures by one model.

    Args:
        inferencer: of the model.
    """

    def __init__(self, inferencer: DepthInferencer) -> None:
        self.inferencer = inferencer

    @property
    def lacks_probabilities(self) -> str:
        """Why the model says no probabilities; '' where it does."""
        classifier = self.inferencer.loaded.classifier
        if isinstance(classifier, ExportedModel):
            return 'an exported file gives metres and no probabilities of bins; take the model file it was made of'
        if not classifier.decoder.of_softmax:
            return (f'the model is read by {type(classifier.decoder).__name__}: its logits are no probabilities of '
                    'bins (an ordinal or a regression model)')
        return ''

    def predict(self, picture: MeasuredPicture, outputs: tuple[str, ...] = ()) -> Sample:
        """Predict a picture.

        Args:
            picture: with its ground truth, where it has one.
            outputs: wanted besides, see :class:`~mmdepthcls.apis.DepthInferencer`.

        Raises:
            ValueError: for ground truth of another size; names the picture.
        """
        loaded = self.inferencer.loaded
        camera = None if picture.focal_px is None else PictureCamera(picture.focal_px, source='the data set')
        prepared = self.inferencer.prepare(
            source_of(picture.path), camera if loaded.canonical_focal_px is not None else None)
        result = self.inferencer.predict([prepared], outputs)[0]
        shape = result.depth.shape
        truth = None if picture.depth is None else picture.depth(shape)
        if truth is not None and truth.shape != shape:
            raise ValueError(f'{picture.path}: the ground truth has {truth.shape[0]} x {truth.shape[1]} pixels, the '
                             f'image {shape[0]} x {shape[1]}. Figures need both of one size')
        return Sample(picture.path, result, prepared, truth, loaded.depth_range[1] * result.correction, camera)

    def confidence(self, sample: Sample, size: tuple[int, int]) -> np.ndarray:
        """Probability that the true depth lies within a factor of 1.25 of the predicted one.

        Args:
            sample: predicted by this model.
            size: width and height of the map; pixels of the picture are picked, not mixed.

        Returns:
            (height, width) float32, 0 where nothing was predicted.
        """
        height, width = sample.depth.shape
        rows = np.minimum((np.arange(size[1]) + 0.5) * height / size[1], height - 1).astype(np.intp)
        columns = np.minimum((np.arange(size[0]) + 0.5) * width / size[0], width - 1).astype(np.intp)
        rows, columns = (each.ravel() for each in np.meshgrid(rows, columns, indexing='ij'))
        kept = np.flatnonzero(sample.depth[rows, columns] > 0)
        found = np.zeros(len(rows), np.float32)
        logits = self.inferencer.logits(sample.prepared, rows[kept], columns[kept])
        found[kept] = self._said(mass_within, logits, sample.depth[rows, columns][kept] / self._metres(sample))
        return found.reshape(size[1], size[0])

    def reliability(self, sample: Sample, pixels: int = PIXELS) -> ReliabilitySums:
        """Sums over so many measured pixels, at the most, of a sample that was predicted with its interval; which ones
        depends on the picture's name alone."""
        chosen = np.flatnonzero(np.zeros(0) if sample.truth is None else is_valid(sample.truth))
        if len(chosen) > pixels:
            name = '/'.join(sample.name.replace('\\', '/').split('/')[-3:])
            chosen = np.sort(np.random.default_rng(zlib.crc32(name.encode())).choice(chosen, pixels, replace=False))
        chosen = chosen[sample.scored.reshape(-1)[chosen] > 0]
        if not len(chosen):
            return ReliabilitySums.nothing()
        rows, columns = np.divmod(chosen, sample.depth.shape[1])
        logits, metres = self.inferencer.logits(sample.prepared, rows, columns), self._metres(sample)
        pred, gt = (values[rows, columns].astype(np.float64) for values in (sample.depth, sample.scored))
        return reliability_sums(self._said(mass_within, logits, pred / metres),
                                self._said(probability_below, logits, gt / metres),
                                pred, gt, sample.result.interval[:, rows, columns])

    def _said(self, what, logits, depth):
        """(Q, ) what the model says of a depth (m of its bins) at each pixel, from logits (Q, K)."""
        bins = self.inferencer.loaded.classifier.bins
        edges, centers = bins.tensors('cpu', torch.float32)
        maps = (torch.from_numpy(np.ascontiguousarray(values, np.float32)).T[None, ..., None].contiguous()
                for values in (logits, depth[:, None]))
        return what(*maps, centers, edges)[0, 0, :, 0].numpy()

    def _metres(self, sample):
        """By which metres of the bins were multiplied."""
        return np.float64(sample.result.correction * self.inferencer.loaded.scale)
