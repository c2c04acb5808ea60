"""``PerSetEvaluator``: several data sets in one validation or test, each scored apart, in one table."""
from __future__ import annotations

import logging
import os
import os.path as osp
from collections.abc import Sequence
from typing import Any

from mmengine.dist import all_gather_object, get_dist_info
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS

from ..bins import DEPTH_RANGE, DepthBins
from ..config.set_name import check_set_name
from ..count_text import counted
from .depth_evaluator import BAND_NAMES, DepthEvaluator, named_metrics
from .metrics_table import metrics_table
from .protocol_scores import ImageScores
from .sets_table import SetRow, mean_of_sets, sets_table

SETTINGS = ('protocols', 'min_depth', 'max_depth', 'crop', 'bands', 'aligned')  # of DepthEvaluator, of each set


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
        report_dir: also write a report there: the table of all sets, and in a folder a set the report of each, see
            :class:`DepthEvaluator`.
        report_title: what is evaluated, such as a config's and a checkpoint's name.
        bins: the model's, for the reports.
        published: which of :data:`~.published.PUBLISHED` the report of a set quotes, by its name.
        prefix: goes before the metric names.
        collect_device: see :class:`mmengine.evaluator.BaseMetric`.

    Raises:
        ValueError: for settings without sense; for a sample without a set, or of one that ``sets`` does not name.

    Metrics: 'SET/abs_rel' and the like, as :class:`DepthEvaluator` names them, and 'abs_rel' alone: the mean of the
    sets' (of the first protocol of each), in which each set counts once, however many images it has. Sets of which
    nothing is scored, since they have no ground truth here, have NaN, are named in a warning and are not in the mean.
    """

    def __init__(self, sets: dict[str, dict] | None = None, output_dir: str | None = None, keep_results: bool = False,
                 prefix: str | None = None, collect_device: str = 'cpu', report_dir: str | None = None,
                 report_title: str | None = None, bins: dict | DepthBins | None = None,
                 published: dict[str, str] | None = None) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.sets = None if sets is None else {name: _checked(name, settings) for name, settings in sets.items()}
        if self.sets == {}:
            raise ValueError('PerSetEvaluator: sets names no set. Leave it out to score whatever sets come')
        self.output_dir, self.report_dir, self.report_title = output_dir, report_dir, report_title
        self._bins, self._published = bins, dict(published or {})
        if report_dir is not None:
            os.makedirs(report_dir, exist_ok=True)  # better known before than after
        self.evaluators: dict[str, DepthEvaluator] = {}
        for name in self.sets or ():
            self._of_set(name)

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Score one batch; samples as :meth:`DepthEvaluator.process` takes them, with ``set_name``."""
        rank, world_size = get_dist_info()
        for sample in data_samples:
            name = self._name_of(sample)
            record = self._of_set(name).record(sample, len(self.results) * world_size + rank)
            self.results.append((name, sample.get(DEPTH_RANGE), record))

    def _name_of(self, sample):
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
        """What scores a set: a ``DepthEvaluator``, with a folder of its own for what it writes."""
        if name not in self.evaluators:
            check_set_name(name, 'PerSetEvaluator')
            inside = {key: osp.join(folder, name) for key, folder in (
                ('output_dir', self.output_dir), ('report_dir', self.report_dir)) if folder is not None}
            if self.report_dir is not None:
                title = f'{name}: {self.report_title}' if self.report_title else name
                inside.update(report_title=title, bins=self._bins, published=self._published.get(name))
            try:
                self.evaluators[name] = DepthEvaluator(**(self.sets or {}).get(name, {}), **inside, prefix=name)
            except ValueError as error:
                raise ValueError(f'PerSetEvaluator: sets.{name}: {error}') from error
        return self.evaluators[name]

    def evaluate(self, size: int) -> dict[str, float]:
        """Errors over all sets, of all processes; see :meth:`mmengine.evaluator.BaseMetric.evaluate`."""
        if self.report_dir is None:
            return super().evaluate(size)
        # Every process gathers every set, in one order, also those of which it has seen no image.
        for name in self._names(*all_gather_object(list({result[0] for result in self.results}))):
            self._of_set(name).gather(size)
        metrics = super().evaluate(size)
        for evaluator in self.evaluators.values():
            evaluator.begin()
        return metrics

    def _names(self, *seen):
        """Names of all sets, in the order of their rows."""
        return list(dict.fromkeys([*(self.sets or ()), *sorted({name for names in seen for name in names})]))

    def compute_metrics(self, results: list[tuple[str, tuple | None, ImageScores]]) -> dict[str, float]:
        """Errors of each set and their mean, also printed as a table.

        Args:
            results: set, range of the model's bins and scores of each image.
        """
        metrics: dict[str, float] = {}
        table: list[SetRow] = []
        bands: dict[str, dict] = {}
        firsts: dict[str, dict] = {}
        num_images: dict[str, int] = {}
        for name in self._names([result[0] for result in results]):
            mine = {position: result for position, result in enumerate(results) if result[0] == name}
            rows, of_bands = self._score_set(name, mine)
            firsts[name], num_images[name] = next(iter(rows.values())), len(mine)
            metrics |= {f'{name}/{key}': value for key, value in named_metrics(rows, of_bands).items()}
            table += [SetRow(name if len(rows) == 1 else f'{name}, {protocol.name}', name, protocol, row)
                      for protocol, row in rows.items()]
            bands |= {f'{name}, {label}': row for label, row in of_bands.items()}
        mean = mean_of_sets(firsts)
        print_log(f'\nDepth errors of {counted(len(firsts), "set")}, {counted(len(results), "image")}\n\n'
                  f'{sets_table(table, mean)}\n', logger='current')
        if bands:
            print_log(f'\nBy distance\n\n{metrics_table(bands, BAND_NAMES)}\n', logger='current')
        if self.report_dir is not None:
            from .report.sets_overview import write_overview  # draws: with what training need not load
            path = write_overview(self.report_dir, self.report_title, table, mean, num_images)
            print_log(f'The report is {path}; that of each set is in a folder of its name', logger='current')
        return {**mean, **metrics}

    def _score_set(self, name, mine):
        """Errors of one set by protocol and by band, and its report; ``mine``: its results, by their positions."""
        evaluator = self._of_set(name)
        depth_range = next((depth_range for _, depth_range, _ in mine.values()), None)
        if depth_range is not None:
            evaluator.follow(depth_range)  # of whoever scored: this process may not have seen the set
        if not mine:
            print_log(f'{name}: no image of this set has been evaluated, though sets names it', logger='current',
                      level=logging.WARNING)
        images = [scores for _, _, scores in mine.values()]
        evaluator.write_report(images, list(mine))
        return evaluator.score(images, f'{name}, ')


def _checked(name, settings):
    settings = {} if settings is None else settings
    if not isinstance(settings, dict) or set(settings) - set(SETTINGS):
        raise ValueError(f'PerSetEvaluator: sets.{name} takes settings of DepthEvaluator, {", ".join(SETTINGS)}, got '
                         f'{settings!r}')
    return dict(settings)
