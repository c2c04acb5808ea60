"""``EdgeEvaluator``: how sharp predicted depth is at the outlines of things, while a model is tested."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS

from ..bins import DEPTH_RANGE
from .edges import EDGE_NAMES, NO_EDGES, count_edges, summarize_edges
from .metrics_table import metrics_table
from .protocols import USUAL_RANGE


@METRICS.register_module()
class EdgeEvaluator(BaseMetric):
    """Errors near depth edges, and precision and recall of predicted edges; for dense ground truth. To stand beside a
    ``DepthEvaluator``::

        test_evaluator = [dict(type='DepthEvaluator'), dict(type='EdgeEvaluator')]

    An image without ground truth does not count.

    Args:
        ratio, tolerance, radius: see :func:`mmdepthcls.evaluation.edges.count_edges`.
        max_depth: see there. Default: where the model's bins end; 80 for predictions without bins.
        prefix, collect_device: see :class:`mmengine.evaluator.BaseMetric`.

    Metrics: :data:`mmdepthcls.evaluation.edges.EDGE_NAMES`.

    Raises:
        ValueError: for arguments out of range; while evaluating, for a prediction of another size.
    """

    def __init__(self, ratio: float = 1.25, tolerance: int = 1, radius: int = 3, max_depth: float | None = None,
                 prefix: str | None = None, collect_device: str = 'cpu') -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if not (ratio > 1 and tolerance >= 0 and radius >= 0 and (max_depth is None or max_depth > 0)):
            raise ValueError('EdgeEvaluator: expected ratio > 1, tolerance >= 0, radius >= 0 and max_depth > 0, got '
                             f'{ratio}, {tolerance}, {radius} and {max_depth}')
        self.settings = dict(ratio=ratio, tolerance=tolerance, radius=radius)
        self.max_depth = max_depth

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Score one batch.

        Args:
            data_batch: not used.
            data_samples: with ``pred_depth_map`` and, where there is ground truth, ``gt_depth_map``, each (1, H, W)
                metres; ``depth_range``, first and last edge of the model's bins, m.
        """
        for sample in data_samples:
            if 'gt_depth_map' not in sample:
                self.results.append(NO_EDGES)  # distributed evaluation counts records
                continue
            max_depth = self.max_depth or (sample.get(DEPTH_RANGE) or USUAL_RANGE)[1]
            pred, gt = (np.asarray(sample[name]['data'].detach().cpu().float())[0]
                        for name in ('pred_depth_map', 'gt_depth_map'))
            try:
                self.results.append(count_edges(pred, gt, max_depth=max_depth, **self.settings))
            except ValueError as error:
                raise ValueError(f'{sample.get("img_path")}: {error}') from error

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Scores over all images, also printed as a table."""
        metrics = summarize_edges(results)
        with_edges = sum(each.true > 0 for each in results)
        print_log(f'\nDepth edges, {with_edges} of {len(results)} images have some\n\n'
                  f'{metrics_table({"model": metrics}, EDGE_NAMES)}\n', logger='current')
        if not with_edges:
            print_log('EdgeEvaluator: no image has ground truth with an edge in it; it needs dense depth',
                      logger='current', level=logging.WARNING)
        return metrics
