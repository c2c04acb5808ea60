"""Evaluators of what a model says of its own errors, while it is tested; and the fit of its temperature."""
from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS, TASK_UTILS

from ..bins import BINS_SCALE, DepthBins
from ..count_text import counted
from ..crops import Region, check_region, crop_region
from ..models import uncertainty
from ..models.temperature import fit_temperature
from .metrics_table import metrics_table
from .uncertainty_metrics import (
    UNCERTAINTY_NAMES,
    calibration_error,
    calibration_sums,
    log_likelihoods,
    score_uncertainty,
    summarize_uncertainty,
)

MEASURES = ('std', 'entropy', 'confidence', 'interval')


@dataclass(frozen=True)
class ScoredLogits:
    """What a model says where depth was measured: logits (P, K), labels (P, ), true and predicted metres (P, ); and by
    which metres of its bins are multiplied to be those of the camera (a canonical camera's)."""
    logits: np.ndarray
    labels: np.ndarray
    gt: np.ndarray
    pred: np.ndarray
    scale: float = 1.0


def measured_pixels(sample: dict, bins: DepthBins, region: Region = None) -> ScoredLogits:
    """Pixels of a data sample whose depth was measured and lies in the bins.

    Args:
        sample: with ``seg_logits`` (K, h, w), ``pred_depth_map`` and ``gt_depth_map`` (1, H, W); after a ``KBCrop`` h x
            w is the crop, and what lies outside is left out.
        bins: the model's.
        region: see :func:`~.crops.crop_region`; of the whole frame.

    Raises:
        ValueError: without logits, with those of another number of bins or of another size than the ground truth.
    """
    if 'seg_logits' not in sample:
        raise ValueError(f"{sample.get('img_path')}: the model gives no logits. Set "
                         "model.test_cfg.outputs=('logits', ).")
    logits = sample['seg_logits']['data']
    gt, pred = (np.asarray(sample[name]['data'].cpu().float())[0] for name in ('gt_depth_map', 'pred_depth_map'))
    inside = np.zeros(gt.shape, bool)
    inside[crop_region(region, *gt.shape)] = True
    if 'full_shape' in sample:
        top, left, height, width = sample['crop_box']
        gt, pred, inside = (values[top:top + height, left:left + width] for values in (gt, pred, inside))
    if (bins.num_bins, *gt.shape) != tuple(logits.shape):
        raise ValueError(f'{sample.get("img_path")}: logits of shape {tuple(logits.shape)}, expected (K, H, W) = '
                         f'{(bins.num_bins, *gt.shape)} of the bins and the ground truth. Give the evaluator the '
                         "model's bins; load depth after Resize and KBCrop.")
    scale = float(sample.get(BINS_SCALE) or 1.0)
    labels = bins.encode(gt / np.float32(scale))
    chosen = np.flatnonzero((labels < bins.num_bins) & inside)
    # Picked before they leave the device: few pixels of LiDAR ground truth are measured.
    picked = logits.flatten(1)[:, torch.from_numpy(chosen).to(logits.device)].float().cpu().numpy()
    return ScoredLogits(np.ascontiguousarray(picked.T), labels.reshape(-1)[chosen], gt.reshape(-1)[chosen],
                        pred.reshape(-1)[chosen], scale)


@METRICS.register_module()
class UncertaintyEvaluator(BaseMetric):
    """Likelihood, coverage of the credible interval [q05, q95], calibration and sparsification of predicted depth.

    Needs ``model.test_cfg.outputs=('logits', )``. Scored are the pixels whose depth lies in the bins. Every image
    leaves a record of constant size.

    Args:
        bins: the model's.
        measure: what sorts pixels for ``ause`` and ``aurg``: 'std' (m), 'entropy', 'confidence' (its negative) or
            'interval' (width, m).
        relative: divide a measure in metres by the predicted depth, as the error that it foretells, abs_rel, is
            relative. Default True.
        crop: region, see :func:`~.crops.crop_region`.
        prefix: goes before the metric names.
        collect_device: see :class:`mmengine.evaluator.BaseMetric`.

    Raises:
        ValueError: for another ``measure`` or ``crop``; see also :func:`measured_pixels`.

    Metrics: see :func:`~.uncertainty_metrics.summarize_uncertainty`; and ``uncertainty_images``, how many have ground
    truth.
    """

    def __init__(self, bins: dict | DepthBins, measure: str = 'std', relative: bool = True, crop: Region = None,
                 prefix: str | None = None, collect_device: str = 'cpu') -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if measure not in MEASURES:
            raise ValueError(f'UncertaintyEvaluator: measure must be one of {MEASURES}, got {measure!r}')
        self.bins = bins if isinstance(bins, DepthBins) else TASK_UTILS.build(bins)
        self.measure = measure
        self.relative = relative
        self.crop = check_region(crop)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Score one batch.

        Args:
            data_batch: not used.
            data_samples: see :func:`measured_pixels`; an image without ground truth does not count.
        """
        for sample in data_samples:
            pixels = measured_pixels(sample, self.bins, self.crop) if 'gt_depth_map' in sample else None
            self.results.append(self._score(pixels) if pixels is not None and len(pixels.gt) else None)

    def _score(self, pixels):
        logits = torch.from_numpy(pixels.logits.T.copy())[None, ..., None]
        centers, edges = (torch.from_numpy(pixels.scale * values) for values in (self.bins.centers, self.bins.edges))
        interval = uncertainty.interval(logits, centers, edges)[0, ..., 0].numpy()
        confidence = uncertainty.confidence(logits).numpy().reshape(-1)
        if self.measure == 'confidence':
            measure = -confidence
        elif self.measure == 'entropy':
            measure = uncertainty.entropy(logits).numpy().reshape(-1)
        else:
            measure = (interval[1] - interval[0] if self.measure == 'interval'
                       else uncertainty.standard_deviation(logits, centers).numpy().reshape(-1))
            measure = measure / pixels.pred if self.relative else measure
        gt = pixels.gt.astype(np.float64)
        return score_uncertainty(
            log_likelihoods(pixels.logits, pixels.labels), confidence, pixels.logits.argmax(axis=1) == pixels.labels,
            interval, gt, np.abs(pixels.pred - gt) / gt, measure)

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Metrics over all images, also printed as a table.

        Args:
            results: one an image.
        """
        records = [record for record in results if record is not None]
        metrics = summarize_uncertainty(records)
        print_log(f'\nUncertainty, {counted(len(records), "image")}, sorted by {self.measure}\n\n'
                  f'{metrics_table({"": metrics}, UNCERTAINTY_NAMES)}\n', logger='current')
        return {**metrics, 'uncertainty_images': len(records)}


@METRICS.register_module()
class TemperatureFit(BaseMetric):
    """Fits the temperature that makes the measured depths most likely, on some pixels of each image.

    Needs ``model.test_cfg.outputs=('logits', )``. Which pixels depends on the image's name alone.

    Args:
        bins: the model's.
        num_pixels: of an image, at the most.
        collect_device: see :class:`mmengine.evaluator.BaseMetric`.

    Metrics: ``temperature``, by which the logits are to be divided once more; ``nll``, ``ece`` as they are;
    ``nll_after``, ``ece_after`` with it; ``num_pixels``.
    """

    def __init__(self, bins: dict | DepthBins, num_pixels: int = 1000, collect_device: str = 'cpu') -> None:
        super().__init__(collect_device=collect_device)
        self.bins = bins if isinstance(bins, DepthBins) else TASK_UTILS.build(bins)
        self.num_pixels = num_pixels

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep logits and labels of some pixels; see :func:`measured_pixels`."""
        for sample in data_samples:
            if 'gt_depth_map' not in sample:
                self.results.append((np.zeros((0, self.bins.num_bins), np.float32), np.zeros(0, np.uint8)))
                continue
            pixels = measured_pixels(sample, self.bins)
            chosen = np.arange(len(pixels.labels))
            if len(chosen) > self.num_pixels:
                generator = np.random.default_rng(zlib.crc32(str(sample.get('img_path')).encode()))
                chosen = np.sort(generator.choice(len(chosen), self.num_pixels, replace=False))
            self.results.append((pixels.logits[chosen], pixels.labels[chosen]))

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Fit.

        Args:
            results: logits (P, K) and labels (P, ) of each image.

        Raises:
            ValueError: if no pixel was measured.
        """
        logits, labels = (np.concatenate(parts) for parts in zip(*results, strict=True))
        temperature = fit_temperature(logits, labels)
        before, after = _quality(logits, labels), _quality(logits / np.float32(temperature), labels)
        return dict(temperature=temperature, nll=before[0], nll_after=after[0], ece=before[1], ece_after=after[1],
                    num_pixels=len(labels))


def _quality(logits, labels):
    """Mean negative log-likelihood and expected calibration error."""
    best = logits.argmax(axis=1)
    confidence = np.exp(log_likelihoods(logits, best))
    return (-float(log_likelihoods(logits, labels).mean()),
            calibration_error(calibration_sums(confidence, best == labels)))
