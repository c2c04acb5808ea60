"""What an evaluator keeps for its report while it scores, of all processes in the end."""
import os
from dataclasses import replace
from functools import partial

from mmengine.dist import all_gather_object
from mmengine.logging import print_log

from ..protocol_scores import image_errors, score_image, scored_maps
from ..quantization import bin_confusion
from .depth_histogram import DepthHistogram
from .report import ReportData, write_report
from .tally import ReportTally, ScoredImage, extremes


class ReportRecorder:
    """Scores images for a report: with histograms of their depth, the floor of the bins, confusion, worst and best.

    Args:
        folder (str | Path): of the report, is made.
        title (str, optional): what is evaluated.
        bins (DepthBins, optional): the model's.
        published (PublishedTable, optional): rows to quote.

    Raises:
        OSError: if the folder cannot be made: better known before than after.
    """

    def __init__(self, folder, title=None, bins=None, published=None):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.title, self.bins, self.published = folder, title, bins, published
        self.begin()

    def begin(self):
        """Forget what was recorded."""
        self.tally = ReportTally(None if self.bins is None else self.bins.num_bins)
        self._confusion, self._extremes = None, ([], [])

    def score(self, views, truths, protocols, limits, name, position, crop_box=None, bins_scale=1.0):
        """Score the next image of this process.

        Args:
            views, truths, protocols, name: see :func:`~mmdepthcls.evaluation.protocol_scores.score_image`.
            limits (sequence of float): of :func:`~mmdepthcls.evaluation.distance_bands.distance_limits`, m.
            position (int): of the image in the whole data set.
            crop_box (tuple, optional): part of the image that the network saw.
            bins_scale (float): by which metres of the bins are multiplied to be those of the image's camera.

        Returns:
            ImageScores: with histograms and, where there are bins, their floor.
        """
        histograms, confusion, image = {}, None, None
        first = protocols[0]
        bins = self.bins if self.bins is None or bins_scale == 1 else self.bins.scaled(bins_scale)

        def observe(protocol, pred, gt):
            nonlocal confusion
            histograms[protocol.name] = DepthHistogram.of(gt)
            if protocol is first and bins is not None:
                confusion = bin_confusion(bins, pred, gt)

        record = score_image(views, truths, protocols, limits, name, bins, observe)
        errors = image_errors(record.scores[first.name])
        if errors and self.tally.wants((errors['abs_rel'], name, position)):
            image = ScoredImage(name, position, errors['abs_rel'], *scored_maps(views, truths, first), crop_box)
        self.tally.add(position, confusion, image)
        return replace(record, histograms=histograms)

    def gather(self, size):
        """Bring together what all processes kept; every process must call it. ``size``: images of the data set."""
        self._confusion, self._extremes = _gather(self.tally, size)

    def write(self, protocols, results, bands, depth_range, reach, positions=None):
        """Write the report, see :class:`~.report.ReportData`; the path of its Markdown file.

        Args:
            positions (sequence of int, optional): of the results in the whole data set, of which they are a part.
        """
        shown = self._extremes
        if positions is not None:
            places = {position: place for place, position in enumerate(positions)}
            shown = [[replace(image, position=places[image.position]) for image in side] for side in shown]
        return write_report(self.folder, ReportData(protocols, results, bands, self.title, self.bins, self._confusion,
                                                    *shown, self.published, depth_range, reach),
                            partial(print_log, logger='current'))


def _gather(tally, size):
    """What all processes kept for the report; every process must call it.

    Args:
        tally (ReportTally): this process's.
        size (int): images of the data set.

    Returns:
        tuple[ndarray or None, tuple[list[ScoredImage], list[ScoredImage]]]: confusion; worst and best images.
    """
    images = tally.finish(size)
    sides = extremes(key for keys in all_gather_object(list(images)) for key in keys)
    # Only what is shown travels.
    chosen = {key: image for key, image in images.items() if any(key in side for side in sides)}
    parts = all_gather_object((tally.confusion, chosen))
    confusion = None if tally.confusion is None else sum(part for part, _ in parts)
    chosen = {key: image for _, part in parts for key, image in part.items()}
    return confusion, tuple([chosen[key] for key in side] for side in sides)
