"""Evaluator of depth at the outlines of things, which MMEngine's runner calls."""
import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS

from .edges import NAMES, count_edges, summarize_edges
from .table import metrics_table


@METRICS.register_module()
class EdgeEvaluator(BaseMetric):
    """Errors near depth edges, and precision and recall of predicted edges; for dense ground truth. To stand beside a
    ``DepthEvaluator``::

        test_evaluator = [dict(type='DepthEvaluator'), dict(type='EdgeEvaluator')]

    Args:
        ratio, tolerance, radius, max_depth: see :func:`mmdepthcls.evaluation.edges.count_edges`.
        prefix, collect_device: see :class:`mmengine.evaluator.BaseMetric`.

    Metrics: :data:`mmdepthcls.evaluation.edges.NAMES`.

    Raises:
        ValueError: for arguments out of range; while evaluating, for a prediction of another size.
    """

    def __init__(self, ratio=1.25, tolerance=1, radius=3, max_depth=80.0, prefix=None, collect_device='cpu'):
        super().__init__(collect_device=collect_device, prefix=prefix)
        if not (ratio > 1 and tolerance >= 0 and radius >= 0 and max_depth > 0):
            raise ValueError('EdgeEvaluator: expected ratio > 1, tolerance >= 0, radius >= 0 and max_depth > 0, got '
                             f'{ratio}, {tolerance}, {radius} and {max_depth}')
        self.settings = dict(ratio=ratio, tolerance=tolerance, radius=radius, max_depth=max_depth)

    def process(self, data_batch, data_samples):
        """Score one batch of data samples with ``pred_depth_map`` and ``gt_depth_map``, (1, H, W) metres."""
        for sample in data_samples:
            pred, gt = (np.asarray(sample[name]['data'].detach().cpu().float())[0]
                        for name in ('pred_depth_map', 'gt_depth_map'))
            try:
                self.results.append(count_edges(pred, gt, **self.settings))
            except ValueError as error:
                raise ValueError(f'{sample.get("img_path")}: {error}') from error

    def compute_metrics(self, results):
        """Scores over all images, also printed as a table."""
        metrics = summarize_edges(results)
        print_log(f'\nDepth edges, {len(results)} images\n\n{metrics_table({"model": metrics}, NAMES)}\n',
                  logger='current')
        return metrics
