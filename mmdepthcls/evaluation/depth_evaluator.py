"""The evaluator that MMEngine's runner calls."""
import logging
import math
import os
import os.path as osp
from pathlib import PurePath

import numpy as np
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS

from ..datasets.depth_png import encode_depth_png
from .crops import NAMES
from .errors import ERROR_NAMES, ImageScore, mean_over_images, score_image
from .table import metrics_table

# drive / camera / data / frame: enough of KITTI's path to tell any two frames apart.
NAME_PARTS = 4


@METRICS.register_module()
class DepthEvaluator(BaseMetric):
    """Errors of predicted depth, mean per image over the images that have ground truth (see :mod:`.errors`).

    Every image leaves one small record, whether or not it has ground truth, so that memory does not grow with pixels
    and distributed evaluation counts each image once.

    Args:
        min_depth (float): ground truth must be greater, predictions are clamped to it, m.
        max_depth (float): ground truth must be less (the cap), predictions are clamped to it, m.
        crop (str, optional): 'garg', 'eigen', 'kb' or None.
        output_dir (str, optional): also write every prediction there as a 16-bit PNG (metres * 256, saturating).
        keep_results (bool): accepted because MMSegmentation's ``tools/test.py --out`` sets it; files are always kept.
        prefix (str, optional): goes before the metric names, as 'prefix/abs_rel' (and then so in the checkpoint hook's
            ``save_best``).
        collect_device (str): see :class:`mmengine.evaluator.BaseMetric`.

    Raises:
        ValueError: for an unknown crop or range; when a prediction has another shape than its ground truth.

    Metrics: d1 d2 d3 abs_rel sq_rel rmse rmse_log silog log10, ``num_images`` scored, and ``bad_predictions``: pixels
    predicted NaN, infinite, zero or negative (scored as badly as the range allows).
    """

    def __init__(self,
                 min_depth=1e-3,
                 max_depth=80.0,
                 crop=None,
                 output_dir=None,
                 keep_results=False,
                 prefix=None,
                 collect_device='cpu'):
        super().__init__(collect_device=collect_device, prefix=prefix)
        if not 0 < min_depth < max_depth:
            raise ValueError(f'DepthEvaluator: expected 0 < min_depth < max_depth, got {min_depth} and {max_depth}')
        if crop not in NAMES:
            raise ValueError(f'DepthEvaluator: crop must be one of {NAMES}, got {crop!r}')
        self.min_depth = min_depth
        self.max_depth = max_depth
        self.crop = crop
        self.output_dir = output_dir
        self._written = {}

    def process(self, data_batch, data_samples):
        """Score one batch.

        Args:
            data_batch (dict): not used.
            data_samples (list[dict]): with ``pred_depth_map`` and, where there is ground truth, ``gt_depth_map``, each
                (1, H, W) metres.
        """
        for sample in data_samples:
            pred = _as_map(sample['pred_depth_map'])
            if self.output_dir is not None:
                self._write(pred, sample.get('img_path') or f'{len(self.results):06d}')
            if 'gt_depth_map' not in sample:
                self.results.append(ImageScore(None, 0, 0))
                continue
            try:
                score = score_image(pred, _as_map(sample['gt_depth_map']), self.min_depth, self.max_depth, self.crop)
            except ValueError as error:
                raise ValueError(f'{sample.get("img_path")}: {error}') from error
            self.results.append(score)

    def compute_metrics(self, results):
        """Mean over images, also printed as a table.

        Args:
            results (list[ImageScore]): one an image.

        Returns:
            dict[str, float]
        """
        metrics = mean_over_images(results) or dict.fromkeys(ERROR_NAMES, math.nan)
        num_images = sum(score.errors is not None for score in results)
        bad = sum(score.num_bad for score in results)
        conditions = (f'{num_images} of {len(results)} images have ground truth, crop {self.crop or "none"}, '
                      f'{self.min_depth:g} < depth < {self.max_depth:g} m, mean per image')
        print_log(f'\nDepth errors: {conditions}\n\n{metrics_table({"prediction": metrics})}\n', logger='current')
        if num_images == 0:
            print_log('No image has ground truth in the range and crop: nothing is scored', logger='current',
                      level=logging.WARNING)
        if bad:
            print_log(f'{bad} predicted pixels were NaN, infinite, zero or negative; scored as badly as possible',
                      logger='current', level=logging.WARNING)
        return {**metrics, 'num_images': num_images, 'bad_predictions': bad}

    def _write(self, pred, img_path):
        """Write a prediction under a name that keeps the frame's folders, so that no frame overwrites another."""
        path = PurePath(img_path).with_suffix('.png')
        # Neither the root nor '..' may lead out of output_dir.
        name = osp.join(*[part for part in path.parts if part not in (path.anchor, os.pardir)][-NAME_PARTS:])
        if self._written.setdefault(name, img_path) != img_path:
            raise ValueError(f'DepthEvaluator: predictions for {img_path} and {self._written[name]} would both be '
                             f'written to {osp.join(self.output_dir, name)}. Evaluate the two datasets separately.')
        path = osp.join(self.output_dir, name)
        os.makedirs(osp.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(encode_depth_png(pred))


def _as_map(field):
    """(H, W) float array of a (1, H, W) data field."""
    return np.asarray(field['data'].detach().cpu().float().numpy()).squeeze(0)
