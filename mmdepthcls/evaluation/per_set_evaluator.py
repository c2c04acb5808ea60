"""``PerSetEvaluator``: several data sets in one validation or test, each scored apart, in one table."""
from __future__ import annotations

import logging
import math
import os.path as osp
from collections.abc import Sequence
from typing import Any

from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS

from ..bins import DEPTH_RANGE
from .depth_evaluator import BAND_NAMES, DepthEvaluator, named_metrics
from .errors import ALL_NAMES
from .files.prediction_files import PredictionWriter
from .metrics_table import conditions_table, metrics_table
from .protocol_scores import ImageScores
from .sample_maps import as_map

SETTINGS = ('protocols', 'min_depth', 'max_depth', 'crop', 'bands', 'aligned')  # of DepthEvaluator, of each set
MEAN = 'mean of the sets'


@METRICS.register_module()
class PerSetEvaluator(BaseMetric):
    """Errors of predicted depth on each of several data sets, and their mean, a row each in one table.

    Which set a sample is of says its ``set_name``: the data sets' ``set_name``, which ``PackDepthInputs`` packs.

    Args:
        sets: settings of each set, by its name: those of :class:`DepthEvaluator` that say what is scored
            (``protocols``, ``min_depth``, ``max_depth``, ``crop``, ``bands``, ``aligned``), e.g.
            ``dict(kitti=dict(protocols=['eigen_annotated']), nyu=dict(protocols=['nyu_eigen']), own=dict())``.
            Default: whatever sets come, each as far as the model's bins reach.
        output_dir: also write every prediction there, in a folder a set, see :class:`DepthEvaluator`.
        keep_results: accepted because MMSegmentation's ``tools/test.py --out`` sets it; files are always kept.
        prefix: goes before the metric names.
        collect_device: see :class:`mmengine.evaluator.BaseMetric`.

    Raises:
        ValueError: for settings without sense; for a sample without a set, or of one that ``sets`` does not name.

    Metrics: 'SET/abs_rel' and the like, as :class:`DepthEvaluator` names them, and 'abs_rel' alone: the mean of the
    sets' (of the first protocol of each), in which each set counts once, however many images it has. Sets of which
    nothing is scored, since they have no ground truth here, have NaN, are named in a warning and are not in the mean.
    """

    def __init__(self, sets: dict[str, dict] | None = None, output_dir: str | None = None, keep_results: bool = False,
                 prefix: str | None = None, collect_device: str = 'cpu') -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.sets = None if sets is None else {name: _checked(name, settings) for name, settings in sets.items()}
        if self.sets == {}:
            raise ValueError('PerSetEvaluator: sets names no set. Leave it out to score whatever sets come')
        self.evaluators = {name: _evaluator(name, settings) for name, settings in (self.sets or {}).items()}
        self.output_dir = output_dir
        self._writers: dict[str, PredictionWriter] = {}

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Score one batch; samples as :meth:`DepthEvaluator.process` takes them, with ``set_name``."""
        for sample in data_samples:
            name = self._set_of(sample)
            evaluator = self._of_set(name)
            evaluator.process(data_batch, [sample])
            self.results.append((name, sample.get(DEPTH_RANGE), evaluator.results.pop()))
            if self.output_dir is not None:
                writer = self._writers.setdefault(name, PredictionWriter(osp.join(self.output_dir, name)))
                writer.write(as_map(sample['pred_depth_map']), sample['img_path'])

    def _set_of(self, sample):
        name = sample.get('set_name')
        if name is None:
            raise ValueError(f'PerSetEvaluator: {sample.get("img_path", "a sample")} does not say which set it is of. '
                             "Give each data set a name (set_name='kitti') and end its pipeline with PackDepthInputs, "
                             'which keeps it')
        if self.sets is not None and name not in self.sets:
            raise ValueError(f'PerSetEvaluator: {sample.get("img_path", "a sample")} is of the set {name!r}, and sets '
                             f'are given for {", ".join(map(repr, self.sets))} only. Name it there: sets.{name}={{}}')
        return name

    def _of_set(self, name):
        if name not in self.evaluators:
            self.evaluators[name] = _evaluator(name, {})
        return self.evaluators[name]

    def compute_metrics(self, results: list[tuple[str, tuple | None, ImageScores]]) -> dict[str, float]:
        """Errors of each set and their mean, also printed as a table.

        Args:
            results: set, range of the model's bins and scores of each image.
        """
        metrics: dict[str, float] = {}
        table: list[tuple[str, dict, dict]] = []
        bands: dict[str, dict] = {}
        firsts: dict[str, dict] = {}
        for name in list(dict.fromkeys([*(self.sets or ()), *sorted({result[0] for result in results})])):
            mine = [(depth_range, scores) for each, depth_range, scores in results if each == name]
            evaluator = self._of_set(name)
            if mine and mine[0][0] is not None:
                evaluator.follow(mine[0][0])  # of whoever scored: this process may not have seen the set
            if not mine:
                print_log(f'{name}: no image of this set has been evaluated, though sets names it', logger='current',
                          level=logging.WARNING)
            rows, of_bands = evaluator.score([scores for _, scores in mine], f'{name}, ')
            firsts[name] = next(iter(rows.values()))
            metrics |= {f'{name}/{key}': value for key, value in named_metrics(rows, of_bands).items()}
            table += [(name if len(rows) == 1 else f'{name}, {protocol.name}', protocol.conditions(), row)
                      for protocol, row in rows.items()]
            bands |= {f'{name}, {label}': row for label, row in of_bands.items()}
        mean = mean_of_sets(firsts)
        table.append((MEAN, {}, mean))
        print_log(f'\nDepth errors of {len(firsts)} sets, {len(results)} images\n\n{conditions_table(table)}\n',
                  logger='current')
        if bands:
            print_log(f'\nBy distance\n\n{metrics_table(bands, BAND_NAMES)}\n', logger='current')
        return {**mean, **metrics}


def mean_of_sets(rows: dict[str, dict]) -> dict[str, float]:
    """Mean errors of several sets, each counted once; those of which nothing is scored are left out.

    Args:
        rows: errors, ``num_images`` and ``bad_predictions`` of each set.

    Returns:
        The same keys; images and bad predictions are summed. NaN where nothing is scored at all.
    """
    scored = [row for row in rows.values() if row['num_images']]
    mean = {name: math.fsum(row[name] for row in scored) / len(scored) if scored else math.nan for name in ALL_NAMES}
    return mean | {name: sum(row[name] for row in rows.values()) for name in ('num_images', 'bad_predictions')}


def _checked(name, settings):
    settings = {} if settings is None else settings
    if not isinstance(settings, dict) or set(settings) - set(SETTINGS):
        raise ValueError(f'PerSetEvaluator: sets.{name} takes settings of DepthEvaluator, {", ".join(SETTINGS)}, got '
                         f'{settings!r}')
    return dict(settings)


def _evaluator(name, settings):
    try:
        return DepthEvaluator(**settings, prefix=name)
    except ValueError as error:
        raise ValueError(f'PerSetEvaluator: sets.{name}: {error}') from error
