"""What a model reads in images of the target: depth, and how sure it is of it."""
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine.config import ConfigDict
from mmseg.structures import SegDataSample

from ..models.bin_logits import LOG_PROBABILITIES, BinLogits
from ..models.decoded_maps import predict_maps, probabilities_of_model_bins
from ..models.decoders import log_probabilities
from ..models.depth_classifier import DepthClassifier
from ..models.frame import paste_into_frame
from ..models.image_bins_head import ImageBinsHead
from .confidence import FACTOR, mass_within
from .confidence_histogram import levels_of, relabel
from .self_training import AUTHORS, SelfTraining


class TargetReading(NamedTuple):
    """Of one image, at its own size.

    Args:
        depth: (H, W) float32, metres of the camera that took it; 0 where there is no candidate for a label.
        level: (H, W) uint16 level of confidence.
    """
    depth: np.ndarray
    level: np.ndarray


class TargetReader:
    """Reads images with a model, by rules that say what may become a label.

    Args:
        model: in eval mode; how it answers is changed.
        settings: of the self-training.

    Raises:
        ValueError: for a model without a distribution over depth, and for settings that its decoder cannot follow.
    """

    def __init__(self, model: DepthClassifier, settings: SelfTraining) -> None:
        check_model(model, settings)
        self.model, self.settings = model, settings
        model.test_cfg = ConfigDict(dict(model.test_cfg), outputs=('logits', ), decode_at='output', flip=False)

    @torch.no_grad()
    def read(self, data: dict) -> list[TargetReading]:
        """Readings of a batch as a data loader yields it."""
        readings = []
        for sample, logits, depth in self._predict(data):
            if self.settings.rule == AUTHORS:
                probability, label = logits.logits.float().softmax(dim=0).max(dim=0)
                depth, confidence = self.model.bins.decode(label), probability
            else:
                confidence = self._mass(logits)
            depth, confidence = (paste_into_frame(values[None], sample.metainfo)[0].cpu().numpy()
                                 for values in (depth, confidence))
            depth = np.where(self._may_be_label(depth), depth, 0).astype(np.float32)
            readings.append(TargetReading(depth, levels_of(np.where(depth > 0, confidence, 0), self.settings.levels)))
        return readings

    @torch.no_grad()
    def relabel(self, data: dict, thresholds: np.ndarray) -> list[np.ndarray]:
        """Labels by the authors' rule.

        Args:
            data: a batch.
            thresholds: (K, ) confidences, of the bins.

        Returns:
            (H, W) float32 m, the label's center; 0 where none is kept.
        """
        labels = []
        for sample, logits, _ in self._predict(data):
            probabilities = logits.logits.float().softmax(dim=0).cpu().numpy()
            label, kept = relabel(probabilities, thresholds)
            center = torch.from_numpy(self.model.bins.decode(label) * kept)
            center = paste_into_frame(center[None], sample.metainfo)[0].numpy()
            labels.append(np.where(self._may_be_label(center), center, 0).astype(np.float32))
        return labels

    def _predict(self, data):
        """Of each image the sample, its logits (K, h, w) of the model's bins, and its depth (h, w) as it is answered:
        before what was not predicted is put around it."""
        model = self.model
        data = model.data_preprocessor(data, False)
        inputs, samples = data['inputs'], data.get('data_samples')
        samples = samples or [SegDataSample(metainfo=dict(ori_shape=inputs.shape[2:])) for _ in inputs]
        metas = [sample.metainfo for sample in samples]
        given = model.refine(self._logits(inputs, metas), inputs, metas)
        for sample in model.postprocess_result(given, samples, inputs.shape[2:]):
            check_frame(sample)
            depth = sample.pred_depth_map.data[0]
            if 'full_shape' in sample.metainfo:
                top, left, height, width = sample.metainfo['crop_box']
                depth = depth[top:top + height, left:left + width]
            yield sample, BinLogits(sample.seg_logits.data, kind=given.kind), depth

    def _logits(self, inputs, metas):
        logits = self.model.inference(inputs, metas)
        if not self.settings.flip:
            return logits
        mirrored = self.model.inference(inputs.flip(-1), metas).flip(-1)
        both = [probabilities_of_model_bins(each, self.model.bins) for each in (logits, mirrored)]
        # Not of bins of the images' own any more.
        return BinLogits(log_probabilities((both[0] + both[1]) / 2), kind=LOG_PROBABILITIES)

    def _mass(self, logits):
        edges, centers = self.model.bins.tensors(logits.logits.device, torch.float32)
        reading = predict_maps(logits, self.model.bins, self.model.decoder, ())['pred_depth_map']
        return mass_within(logits.logits[None], reading[None], centers, edges, self.settings.factor or FACTOR,
                           ordinal=not self.model.decoder.of_softmax)[0, 0]

    def _may_be_label(self, depth):
        """(H, W) bool: predicted, not too far, and below the part of the image that is left out."""
        rows = np.arange(depth.shape[0])[:, None] >= np.ceil(self.settings.ignore_top * depth.shape[0])
        return np.isfinite(depth) & (depth > 0) & (depth <= self.settings.max_depth) & rows


def check_model(model: Any, settings: SelfTraining) -> None:
    """Refuse a model that self-training cannot label with.

    Raises:
        ValueError: names the model or its decoder, and what to set.
    """
    if not isinstance(model, DepthClassifier):
        raise ValueError(f'self-training needs a DepthClassifier, got {type(model).__name__}')
    decoder = type(model.decoder).__name__
    if model.decoder.num_logits == 1:
        raise ValueError(f'{decoder}: a regression says no probabilities, from which self-training knows how sure the '
                         "model is. Train a classification, or adapt by another method.")
    if settings.rule == AUTHORS and model.canonical_focal_px is not None:
        raise ValueError("self_training.rule='authors' labels with the centers of the bins, and with "
                         "model.canonical_focal_px they are no metres of the target's camera. Set rule='reading'.")
    if model.decoder.of_softmax:
        if settings.rule == AUTHORS and isinstance(model.decode_head, ImageBinsHead):
            raise ValueError("self_training.rule='authors' compares the bins of all images, and with "
                             f"{type(model.decode_head).__name__} each image has its own. Set rule='reading'.")
        return
    if getattr(model.decoder, 'family', None) != 'ordinal':
        raise ValueError(f'{decoder} reads logits of no softmax, whose probabilities are not known here. Set '
                         'model.decoder to one of a softmax, or to OrdinalDecoder.')
    if settings.rule == AUTHORS or settings.flip:
        key = "rule='authors'" if settings.rule == AUTHORS else 'flip=True'
        raise ValueError(f'{decoder}: self_training.{key} needs the probabilities of a softmax over the bins. Set '
                         "self_training.rule='reading' and self_training.flip=False.")


def check_frame(sample: SegDataSample) -> None:
    """Refuse a labelling pipeline whose predictions show another part of the image than the file.

    Raises:
        ValueError: names the image.
    """
    if 'crop_box' in sample.metainfo and 'full_shape' not in sample.metainfo:
        raise ValueError(f'{sample.get("img_path")}: the pipeline that labels crops the image, so that labels would '
                         'not fit it. Set self_training.pipeline to one without a crop (KBCrop is pasted back).')
