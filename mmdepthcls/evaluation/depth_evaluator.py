"""``DepthEvaluator``: errors of predicted depth while a model is validated or tested, and what is written of them."""
from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.dist import get_dist_info
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmseg.registry import METRICS, TASK_UTILS

from ..bins import BINS_SCALE, DEPTH_RANGE, DepthBins
from ..count_text import counted
from ..crops import Region
from .distance_bands import check_bands, distance_limits, regroup, summing_limits, usual_bands
from .errors import ALL_NAMES, COUNT, ERROR_NAMES
from .files.prediction_files import PredictionWriter
from .metrics_table import metrics_table, protocols_table
from .protocol_scores import ImageScores, score_image, summarize
from .protocols import USUAL_RANGE, Protocol, build_protocols, range_protocol, with_alignments
from .report.published import published_table
from .sample_maps import as_map, ground_truths_of, views_of

BAND_NAMES = ('num_images', 'num_pixels', *ERROR_NAMES)  # columns of the table of bands
# What is a part of every protocol, by the settings of a protocol.
REPLACED_BY_PROTOCOLS = dict(min_depth='min_depth', max_depth='max_depth', crop='region')


@METRICS.register_module()
class DepthEvaluator(BaseMetric):
    """Errors of predicted depth under one or several protocols in one run.

    Every image leaves a few sums a protocol, whether or not it has ground truth, so that memory does not grow with
    pixels and distributed evaluation counts each image once.

    Args:
        protocols: presets' names, dicts or :class:`~.protocols.Protocol`, see :func:`~.protocols.build_protocol`, e.g.
            ``['eigen_annotated', dict(preset='eigen_annotated', max_depth=50.0, name='50 m')]``. Default: one, made of
            the next three arguments.
        min_depth: ground truth must be greater, predictions are clamped to it, m; 0 takes all that is measured.
            Default: 0.001, or where the model's bins begin if that is nearer.
        max_depth: ground truth must be less (the cap), predictions are clamped to it, m. Default: where the model's
            bins end; 80 for predictions without bins.
        crop: region, see :func:`~.crops.crop_region`.
        bands: ascending limits of distance bands, m, such as ``(0, 10, 20)`` for two; in each of them errors are
            computed too. Of the report (``report_dir``) by default shares of the cap: 0, 10, 20, 40 and 80 m.
        output_dir: also write every prediction there as a 16-bit PNG (metres * 256, saturating; 0 where it is bad), see
            :class:`~.prediction_files.PredictionWriter`.
        keep_results: accepted because MMSegmentation's ``tools/test.py --out`` sets it; files are always kept.
        report_dir: also write a report there, see :func:`~.report.write_report`. What is in the folder of an earlier
            report is replaced, other files are left alone.
        report_title: what is evaluated, such as a config's and a checkpoint's name.
        bins: the model's; the report says what they alone cost and how far predicted bins are from true ones. Like the
            worst and best images, the latter is of the first protocol.
        published: which of :data:`~.published.PUBLISHED` the report sets beside the first protocol.
        prefix: goes before the metric names, as 'prefix/abs_rel' (and then so in the checkpoint hook's ``save_best``).
        collect_device: see :class:`mmengine.evaluator.BaseMetric`.
        aligned: score each protocol also aligned to the ground truth, see :func:`~.protocols.with_alignments`.

    Raises:
        ValueError: for settings without sense, and for ``min_depth``, ``max_depth`` or ``crop`` beside ``protocols``;
            when a prediction has another shape than its ground truth.

    Metrics: those of :mod:`.errors`, ``num_images`` scored, and ``bad_predictions``: scored pixels predicted NaN,
    infinite, zero, negative or not at all. They are the first protocol's; with several, those of all come as
    'protocol/abs_rel' too. A protocol whose prediction was not made says why and has NaN. Those of a band are
    '10-20m/abs_rel' ('protocol/10-20m/abs_rel' with several protocols), where ``num_images`` have pixels in it, and
    ``num_pixels``. ``save_best`` takes each of these names.
    """

    def __init__(self,
                 protocols: Sequence[str | dict | Protocol] | None = None,
                 min_depth: float | None = None,
                 max_depth: float | None = None,
                 crop: Region = None,
                 bands: Sequence[float] | None = None,
                 output_dir: str | None = None,
                 keep_results: bool = False,
                 report_dir: str | None = None,
                 report_title: str | None = None,
                 bins: dict | DepthBins | None = None,
                 published: str | None = None,
                 prefix: str | None = None,
                 collect_device: str = 'cpu',
                 aligned: bool = False) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.bins = bins if bins is None or isinstance(bins, DepthBins) else TASK_UTILS.build(bins)
        self._aligned = aligned
        # What of the one protocol the config says; the model's bins say the rest.
        self._settings = None if protocols is not None else dict(min_depth=min_depth, max_depth=max_depth, region=crop)
        if protocols is not None:
            _check_alone(min_depth=min_depth, max_depth=max_depth, crop=crop)
            self.protocols = self._side_by_side(build_protocols(protocols))
        self.bands = None if bands is None else _explained(check_bands, bands)
        self._reports = report_dir is not None
        self.follow(None if self.bins is None else (self.bins.min_depth, self.bins.max_depth))
        self.writer = None if output_dir is None else PredictionWriter(output_dir)
        published = None if published is None else published_table(published)
        self._recorder = None
        if report_dir is not None:
            from .report.recorder import ReportRecorder  # draws: with what training need not load
            self._recorder = ReportRecorder(report_dir, report_title, self.bins, published)

    def follow(self, depth_range: tuple[float, float] | None) -> None:
        """Take what the config leaves open from the range of the model's bins, m; None: of the usual one."""
        self._depth_range = depth_range
        if self._settings is not None:
            self.protocols = self._side_by_side([
                _explained(range_protocol, 'prediction', depth_range=depth_range, **self._settings)])
        caps = [protocol.max_depth for protocol in self.protocols if protocol.max_depth is not None]
        self._reach = max(caps, default=USUAL_RANGE[1] if depth_range is None else depth_range[1])
        self._shown_bands = self.bands or usual_bands(self._reach)  # of the report
        self._limits = self.bands and summing_limits(self.bands)
        if self._reports:
            self._limits = distance_limits(self._shown_bands, self._reach)

    def _side_by_side(self, protocols):
        return with_alignments(protocols) if self._aligned else protocols

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Score one batch.

        Args:
            data_batch: not used.
            data_samples: with ``pred_depth_map`` and, where there is ground truth, ``gt_depth_map`` (what it is called
                says ``ground_truth`` of the sample) or ``gt_depth_map_NAME``, each (1, H, W) metres. Where there are
                ``pred_depth_view`` and ``pred_depth_view_flipped``, protocols make their predictions of these.
                ``depth_range``, first and last edge of the model's bins, decides what the config leaves open.
        """
        rank, world_size = get_dist_info()
        for sample in data_samples:
            # As MMEngine's samplers deal images out.
            self.results.append(self.record(sample, len(self.results) * world_size + rank))

    def record(self, sample: dict, position: int) -> ImageScores:
        """Score one sample, and write and keep what is asked for.

        Args:
            sample: see :meth:`process`.
            position: of it in the whole data set.
        """
        name = sample.get('img_path') or f'{position:06d}'
        if self.writer is not None:
            self.writer.write(as_map(sample['pred_depth_map']), name)
        truths = ground_truths_of(sample)
        depth_range = sample.get(DEPTH_RANGE)
        if depth_range is not None and depth_range != self._depth_range:
            self.follow(depth_range)
        try:
            views = views_of(sample, truths)
            if self._recorder is None:
                return score_image(views, truths, self.protocols, self._limits, name)
            return self._recorder.score(views, truths, self.protocols, self._limits, name, position,
                                        sample.get('crop_box'), sample.get(BINS_SCALE) or 1.0)
        except ValueError as error:
            raise ValueError(f'{name}: {error}') from error

    def evaluate(self, size: int) -> dict[str, float]:
        """Errors over the whole data set, of all processes; see :meth:`mmengine.evaluator.BaseMetric.evaluate`."""
        self.gather(size)
        metrics = super().evaluate(size)
        self.begin()
        return metrics

    def gather(self, size: int) -> None:
        """Bring together what all processes kept for the report; each must call it. ``size``: images of them all."""
        if self._recorder is not None:
            self._recorder.gather(size)

    def begin(self) -> None:
        """Forget what was kept for the report."""
        if self._recorder is not None:
            self._recorder.begin()

    def compute_metrics(self, results: list[ImageScores]) -> dict[str, float]:
        """Errors over all images, also printed as a table.

        Args:
            results: one an image.
        """
        rows, bands = self.score(results)
        print_log(f'\nDepth errors, {counted(len(results), "image")}\n\n{protocols_table(rows)}\n', logger='current')
        if bands:
            print_log(f'\nBy distance\n\n{metrics_table(bands, BAND_NAMES)}\n', logger='current')
        path = self.write_report(results)
        if path is not None:
            print_log(f'The report is {path}', logger='current')
        return named_metrics(rows, bands)

    def write_report(self, results: list[ImageScores], positions: Sequence[int] | None = None) -> Path | None:
        """Write the report, where one is asked for.

        Args:
            results: one an image.
            positions: of these images in the whole data set. Default: they are all of it.

        Returns:
            Of its Markdown file; None where there is none.
        """
        if self._recorder is None:
            return None
        return self._recorder.write(self.protocols, results, self._shown_bands, self._depth_range, self._reach,
                                    positions)

    def score(self, results: list[ImageScores], of: str = '') -> tuple[dict[Protocol, dict], dict[str, dict]]:
        """Errors over all images, without printing them.

        Args:
            results: one an image.
            of: what the images are of, for warnings; ends with a blank, or is empty.

        Returns:
            Of each protocol, and of each band by its name ('10-20m', 'PROTOCOL/10-20m' with several protocols).
        """
        rows: dict[Protocol, dict] = {}
        bands: dict[str, dict] = {}
        for protocol in self.protocols:
            scores = [image.scores[protocol.name] for image in results]
            row = summarize(scores, protocol.mean) or dict.fromkeys(ALL_NAMES, math.nan)
            row['num_images'] = sum(score.sums is not None for score in scores)
            row['bad_predictions'] = sum(score.num_bad for score in scores)
            rows[protocol] = row
            self._warn(f'{of}{protocol.name}', scores, row)
            prefix = f'{protocol.name}/' if len(self.protocols) > 1 else ''
            bands |= {f'{prefix}{label}': row for label, row in self._band_rows(protocol, scores).items()}
        return rows, bands

    def _band_rows(self, protocol, scores):
        """Errors in each of the bands that the config asks for: by its name, such as '10-20m'."""
        if self.bands is None:
            return {}
        scores = [regroup(score, self._limits, self.bands) for score in scores if score.sums is not None]
        rows = {}
        for band, (low, high) in enumerate(zip(self.bands, self.bands[1:], strict=False)):
            counts = [int(score.sums[band, COUNT]) for score in scores]
            rows[f'{low:g}-{high:g}m'] = {
                **(summarize(scores, protocol.mean, band) or dict.fromkeys(ALL_NAMES, math.nan)),
                'num_images': sum(map(bool, counts)), 'num_pixels': sum(counts)}
        return rows

    def _warn(self, label, scores, row):
        reasons = sorted({score.reason for score in scores if score.reason})
        if row['num_images'] == 0:
            print_log(f'{label}: nothing is scored: {"; ".join(reasons) or "there is no image"}',
                      logger='current', level=logging.WARNING)
        if row['bad_predictions']:
            print_log(f'{label}: {row["bad_predictions"]} scored pixels were not predicted, NaN, infinite, '
                      'zero or negative', logger='current', level=logging.WARNING)


def named_metrics(rows: dict[Protocol, dict], bands: dict[str, dict]) -> dict[str, float]:
    """What :meth:`DepthEvaluator.score` has found as an evaluator returns it, by the names that ``save_best`` takes.

    Args:
        rows: the first protocol's also come without its name.
        bands: by their names.
    """
    metrics = dict(next(iter(rows.values())))
    if len(rows) > 1:
        metrics |= {f'{protocol.name}/{name}': value for protocol, row in rows.items() for name, value in row.items()}
    return metrics | {f'{label}/{name}': value for label, row in bands.items() for name, value in row.items()}


def _check_alone(**settings):
    """Refuse the settings of the one protocol beside a list of protocols."""
    given = {name: value for name, value in settings.items() if value is not None}
    if given:
        inside = ', '.join(f'{REPLACED_BY_PROTOCOLS[name]}={value!r}' for name, value in given.items())
        raise ValueError(
            f'DepthEvaluator: {", ".join(f"{name}={value!r}" for name, value in given.items())} would not count beside '
            'protocols, each of which has a range and region of its own. Leave out either, or set them in a protocol: '
            f"protocols=[dict(preset='eigen_annotated', name='own', {inside})]")


def _explained(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except ValueError as error:
        raise ValueError(f'DepthEvaluator: {error}') from error
