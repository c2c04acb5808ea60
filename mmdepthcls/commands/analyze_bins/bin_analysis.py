"""What bins cost on a data set, and bins that are made for it. Pure.

Every pixel goes through the bins that are compared and is scored as an evaluation would, so that a *floor* is the error
of a classifier that is never wrong.
"""
import ast
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ...bins import DepthBins, LIDBins, SIDBins, UDBins
from ...evaluation.errors import errors_of_sums, sum_errors
from ...evaluation.quantization import nearest_labels
from ...parallel import map_parallel
from .depth_tally import CELLS, measured, propose_range

SCHEMES = {scheme.__name__: scheme for scheme in (SIDBins, UDBins, LIDBins, DepthBins)}
FLOOR_NAMES = ('abs_rel', 'rmse', 'rmse_log', 'd1')
LEAST = 1e-3  # m; nearer pixels are not scored, as in nearly all protocols
DIGITS = 6  # of quantile edges: what is scored is what is printed


@dataclass(frozen=True)
class BinScore:
    """What bins cost on a data set.

    Args:
        bins (DepthBins): what was scored.
        floor (dict[str, float]): means over the images of the errors of ground truth that went through the bins.
        counts (ndarray): (K, ) scored pixels of each bin; what no bin holds counts in the nearest.
        outside (float): share of scored pixels that no bin holds.
    """
    bins: DepthBins
    floor: dict = field(default_factory=dict)
    counts: np.ndarray | None = None
    outside: float = 0.0

    @property
    def never_used(self):
        """ndarray: labels of the bins without a pixel."""
        return np.flatnonzero(self.counts == 0)

    @property
    def num_used(self):
        """int: bins with a pixel."""
        return int(np.count_nonzero(self.counts))

    @property
    def entropy(self):
        """float: of the classes' shares, in nats; ``log K`` where all are equally frequent."""
        shares = self.counts[self.counts > 0] / self.counts.sum()
        return float(-(shares * np.log(shares)).sum())

    @property
    def effective(self):
        """float: effective number of classes, ``exp(entropy)``: so many equally frequent ones are as hard to guess."""
        return float(np.exp(self.entropy))

    @property
    def shares(self):
        """tuple[float, float]: of the rarest bin that is used, and of the most frequent."""
        used = self.counts[self.counts > 0] / self.counts.sum()
        return float(used.min()), float(used.max())


def quantile_edges(depth, num_bins, min_depth, max_depth, counts=None):
    """Edges of bins that hold equally many pixels, as far as equal values allow.

    A value that alone would overfill a bin counts no more than a bin should hold: the other bins share the rest. If
    there are fewer values than bins, the widest bins (by ratio) are halved.

    Args:
        depth (ndarray): (P, ) positive metres in any order; what lies outside the range is left out.
        num_bins (int): K.
        min_depth, max_depth (float): the first and the last edge, m, 0 < min_depth < max_depth.
        counts (ndarray, optional): (P, ) how often each depth occurs, for a histogram. Default: once.

    Returns:
        list[float]: (K + 1, ) strictly increasing metres.

    Raises:
        ValueError: if no depth lies in the range.

    >>> quantile_edges(np.array([1.0, 2.0, 4.0, 8.0]), 2, 1.0, 9.0)
    [1.0, 2.82843, 9.0]
    """
    depth = np.asarray(depth, np.float64)
    counts = np.ones(depth.shape, np.int64) if counts is None else np.asarray(counts)
    inside = (depth >= min_depth) & (depth <= max_depth) & (counts > 0)
    if not inside.any():
        raise ValueError(f'no depth lies between {min_depth} and {max_depth} m')
    # Values that print alike are one value, so that a rounded edge still tells all values apart.
    values, inverse = np.unique([float(f'{value:.{DIGITS - 1}g}') for value in depth[inside]], return_inverse=True)
    cumulative = np.cumsum(_levelled(np.bincount(inverse.reshape(-1), counts[inside]), num_bins))
    edges, last, done = [float(min_depth)], -1, 0.0
    inner = min(num_bins, len(values)) - 1
    for rest in range(inner, 0, -1):  # edges that are still to be found; each bin takes its part of what is left
        target = done + (cumulative[-1] - done) / (rest + 1)
        index = int(np.searchsorted(cumulative, target))
        if index > last + 1 and target - cumulative[index - 1] < cumulative[index] - target:
            index -= 1
        last = min(max(index, last + 1), len(values) - 1 - rest)
        done = cumulative[last]
        edges.append(_between(values[last], values[last + 1]))
    edges = sorted({edge for edge in edges if min_depth <= edge < max_depth} | {float(max_depth)})
    while len(edges) <= num_bins:
        widest = int(np.argmax(np.diff(np.log(edges))))
        edges.insert(widest + 1, float(np.sqrt(edges[widest] * edges[widest + 1])))
    return edges


def _levelled(counts, num_bins):
    """(P, ) counts cut to the level that is the K-th part of what is left of their sum."""
    if len(counts) <= num_bins:
        return counts
    level, last = counts.sum() / num_bins, np.inf
    while level < last:  # each cut lowers the level; fewer than K counts are ever above it
        cut = counts > level
        level, last = counts[~cut].sum() / (num_bins - np.count_nonzero(cut)), level
    return np.minimum(counts, last)


def _between(low, high):
    """The middle of two depths, of few digits where that lies between them."""
    middle = float(np.sqrt(low * high))
    short = float(f'{middle:.{DIGITS}g}')
    return short if low < short < high else middle


def candidates(tally, min_depth, max_depth, num_bins):
    """Bins to compare, of every scheme and number.

    Args:
        tally (DepthTally): for quantile bins.
        min_depth, max_depth (float): the range, m.
        num_bins (sequence of int): numbers of bins.

    Returns:
        list[DepthBins]: for each K: SID (not from 0), SID shifted so that a + xi = 1 (where that is another), UD, LID;
        and where nearly all pixels begin, if that is in the range and farther: SID and quantile bins.
    """
    found = []
    start = max(min_depth, propose_range(tally)[0])
    for count in num_bins:
        if min_depth > 0:
            found.append(SIDBins(min_depth, max_depth, count))
        if min_depth != 1:
            found.append(SIDBins(min_depth, max_depth, count, shift=1 - min_depth))
        found += [UDBins(min_depth, max_depth, count), LIDBins(min_depth, max_depth, count)]
        if min_depth < start < max_depth:
            found.append(SIDBins(start, max_depth, count))
        if start < tally.quantile(0.5) < max_depth:
            found.append(DepthBins(quantile_edges(CELLS, count, start, max_depth, tally.counts), 'geometric'))
    return found


def bins_of_text(text):
    """Bins from a line of text.

    Args:
        text (str): such as 'SIDBins(1, 80, 71)' or 'UDBins(min_depth=0, max_depth=80, num_bins=71)'.

    Returns:
        DepthBins

    Raises:
        ValueError: if it is something else, or such bins are impossible.

    >>> bins_of_text('SIDBins(0, 80, 71, shift=1.0)')
    SIDBins(min_depth=0.0, max_depth=80.0, num_bins=71, shift=1.0)
    """
    try:
        call = ast.parse(text.strip(), mode='eval').body
        scheme = SCHEMES[call.func.id]
        arguments = [ast.literal_eval(value) for value in call.args]
        keywords = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    except (SyntaxError, AttributeError, KeyError, ValueError) as error:
        raise ValueError(f'{text!r} is no bins: expected SCHEME(...) with one of {", ".join(SCHEMES)}, such as '
                         "'SIDBins(1, 80, 71)'") from error
    try:
        return scheme(*arguments, **keywords)
    except TypeError as error:
        raise ValueError(f'{text}: {error}') from error


def score_bins(frames, candidates, max_depth, workers=None, progress=True):
    """What bins cost on the pixels in (1e-3, ``max_depth``) m of many frames, as an evaluation without crop sees it.

    Args:
        frames (list[TruthFrame]): each with one ground truth.
        candidates (list[DepthBins]): what to compare.
        max_depth (float): the cap, m, exclusive.
        workers (int, optional): processes; default: one a CPU.
        progress (bool): show progress on stderr.

    Returns:
        list[BinScore]: of each candidate. Errors are means over the images that have a pixel in the range.

    Raises:
        OSError, ValueError: for a file that cannot be read, and if no pixel is in the range.
    """
    work = partial(_score_frame, candidates=candidates, max_depth=max_depth)
    # In the frames' order, so that sums do not depend on which process was faster.
    records = sorted(map_parallel(work, frames, title='Bins', workers=workers, progress=progress),
                     key=lambda pair: pair[0])
    records = [record for _, record in records if record is not None]
    if not records:
        raise ValueError(f'not one of the {len(frames)} depth maps has a pixel between {LEAST} and {max_depth} m')
    scores = []
    for bins, parts in zip(candidates, zip(*records, strict=True), strict=True):
        counts = np.sum([counts for _, counts, _ in parts], axis=0)
        floor = {name: float(np.mean([errors[name] for errors, _, _ in parts])) for name in FLOOR_NAMES}
        scores.append(BinScore(bins, floor, counts, sum(outside for *_, outside in parts) / int(counts.sum())))
    return scores


def _score_frame(frame, candidates, max_depth):
    """Errors, counts of labels and pixels outside, of each candidate; None where nothing is scored."""
    depth = measured(frame)
    depth = depth[(depth > LEAST) & (depth < max_depth)]
    if not depth.size:
        return None
    return [_score_depth(depth, bins) for bins in candidates]


def _score_depth(depth, bins):
    label, outside = nearest_labels(bins, depth)
    errors = errors_of_sums(sum_errors(bins.decode(label), depth)[0])
    return ({name: errors[name] for name in FLOOR_NAMES}, np.bincount(label, minlength=bins.num_bins),
            int(np.count_nonzero(outside)))
