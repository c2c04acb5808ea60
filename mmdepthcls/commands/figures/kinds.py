"""The kinds of figures: what each one's files are, and what stands below them."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ...bins import DepthBins, LIDBins, SIDBins, UDBins
from ...evaluation.reliability import ReliabilitySums
from ...evaluation.reliability_chart import draw_reliability
from ...parallel import ProgressLine
from ...visualization.bin_figure import draw_intervals
from ...visualization.bin_ladder import draw_ladder
from ...visualization.depth_color import FIRST_OF_ZERO, DepthColors
from ...visualization.depth_sheet import SheetRow, points_drawn_wide, prediction_sheet
from ..calibrate.measured_data import MeasuredPicture
from ..running.outputs import signed_picture, signed_png
from . import captions, kind_captions, sheets
from .point_figure import point_figure
from .sample_prediction import PIXELS, Sample, SamplePredictor


@dataclass
class Subject:
    """What is drawn, by what, and how.

    Args:
        title: the model, and its data.
        models: name -> what predicts by it; the first, and for comparisons the second.
        bins: of the first; of the ladder alone where there is no model.
        pictures: chosen ones.
        colors: of depth.
        width: of sheets, pixels.
        sheet: file of the paper's predictions.
        points: which pixels become points, see ``DepthResult.points``.
        pixels: of an image that reliability is measured on, at the most.
    """
    title: str
    models: dict[str, SamplePredictor]
    bins: DepthBins
    pictures: list[MeasuredPicture]
    colors: DepthColors
    width: int
    sheet: str
    points: dict = field(default_factory=dict)
    pixels: int = PIXELS
    _drawn: dict = field(default_factory=dict)

    def samples(self, name: str | None = None) -> list[Sample]:
        """The pictures, predicted by a model; default: the first."""
        name = name or next(iter(self.models))
        if name not in self._drawn:
            line, found = ProgressLine(f'Predict ({name})', len(self.pictures), 'images'), []
            for picture in self.pictures:
                found.append(self.models[name].predict(picture))
                line.advance()
            self._drawn[name] = found
        return self._drawn[name]


def paper(subject: Subject) -> dict[str, bytes]:
    """The paper's figures 2 and 3 or 4."""
    rows = [SheetRow(each.name, each.image, each.truth, each.depth) for each in subject.samples()]
    compared = captions.compared_bins(subject.bins)
    text = captions.captions(subject.title, compared, subject.colors, subject.sheet, rows,
                             points_drawn_wide(rows))
    return {captions.INTERVALS: draw_intervals(compared),
            subject.sheet: signed_png(prediction_sheet(rows, subject.colors)), captions.CAPTIONS: text.encode()}


def sheet(subject: Subject) -> dict[str, bytes]:
    """Picture, truth, prediction, error and confidence of some samples."""
    samples, predictor = subject.samples(), next(iter(subject.models.values()))
    lacking = predictor.lacks_probabilities
    pages = sheets.result_sheet(samples, subject.colors, subject.width, None if lacking else predictor.confidence)
    return _with_captions('sheet', pages, kind_captions.of_sheet(subject, samples, lacking))


def errors(subject: Subject) -> dict[str, bytes]:
    """Signed relative errors of some samples."""
    samples = subject.samples()
    _need_truth('errors', samples)
    pages = sheets.error_sheet(samples, subject.width)
    return _with_captions('errors', pages, kind_captions.of_errors(subject, samples))


def comparison(subject: Subject) -> dict[str, bytes]:
    """Two models on the same samples."""
    first, second = subject.models
    pairs = list(zip(subject.samples(first), subject.samples(second), strict=True))
    pages = sheets.comparison_sheet(pairs, (first, second), subject.colors, subject.width)
    return _with_captions('comparison', pages, kind_captions.of_comparison(subject, pairs))


def reliability(subject: Subject) -> dict[str, bytes]:
    """What models say of their depth, and what comes of it, over all chosen pictures."""
    found, wanted = {}, {}
    for name, predictor in subject.models.items():
        line, sums = ProgressLine(f'Measure ({name})', len(subject.pictures), 'images'), ReliabilitySums.nothing()
        for picture in subject.pictures:
            if picture.depth is not None:
                sample = predictor.predict(picture, ('interval', ))
                sums += predictor.reliability(sample, subject.pixels)
            line.advance()
        if not sums.num:
            raise ValueError('--kind reliability: no pixel of these pictures has ground truth in the range of the '
                             f'bins of {name}; give pictures with measured depth')
        widening = predictor.inferencer.loaded.calibration[1]
        found[name], wanted[name] = sums, widening['coverage'] if widening else 0.9
    return {'reliability.png': signed_picture(draw_reliability(found, wanted)),
            'reliability.md': kind_captions.of_reliability(subject, found, wanted).encode()}


def points(subject: Subject) -> dict[str, bytes]:
    """Points in space beside their picture, a file a picture."""
    pages, counts = [], []
    for sample in subject.samples():
        cloud, camera = sample.points(**subject.points), sample.point_camera
        assert camera is not None  # without one there are no points
        if not len(cloud):
            raise ValueError(f'{sample.name}: no pixel is left to be a point; ask for less (--max-interval-ratio, '
                             '--drop-unsupervised)')
        pages.append(point_figure(sample.image, cloud.xyz, cloud.colors, camera.focal_px, subject.width))
        counts.append(len(cloud))
    return _with_captions('points', pages, kind_captions.of_points(subject, subject.samples(), counts))


def ladder(subject: Subject) -> dict[str, bytes]:
    """Edges, widths and errors of schemes of bins."""
    schemes = ladder_schemes(subject.bins)
    return {'ladder.png': signed_picture(draw_ladder(schemes)), 'ladder.md': kind_captions.of_ladder(schemes).encode()}


def ladder_schemes(bins: DepthBins) -> dict[str, DepthBins]:
    """UD, LID and SID of the range and number of some bins, and these bins where they are others."""
    low, high, number = bins.min_depth, bins.max_depth, bins.num_bins
    schemes: dict[str, DepthBins] = {'UD': UDBins(low, high, number), 'LID': LIDBins(low, high, number),
                                     'SID': SIDBins(low or high / FIRST_OF_ZERO, high, number)}
    own = any(np.allclose(each.edges, bins.edges, rtol=1e-6) for each in schemes.values())
    return schemes if own else {**schemes, 'model': bins}


DRAWN: dict[str, Callable[[Subject], dict[str, bytes]]] = dict(
    paper=paper, sheet=sheet, errors=errors, comparison=comparison, reliability=reliability, points=points,
    ladder=ladder)


def _need_truth(kind, samples):
    if not any(sample.numbers for sample in samples):
        raise ValueError(f'--kind {kind}: none of these pictures has ground truth in the range of the bins; give '
                         'pictures with measured depth')


def _with_captions(kind, pages, text):
    names = kind_captions.page_names(kind, len(pages))
    return {**{name: signed_png(page) for name, page in zip(names, pages, strict=True)}, f'{kind}.md': text.encode()}
