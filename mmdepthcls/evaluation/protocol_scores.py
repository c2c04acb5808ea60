"""One image under several protocols, and many images together. Pure.

An image becomes a few sums a protocol (see :mod:`.errors`), whatever its size; these are added up in the end.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..bins import DepthBins
from ..crops import Region
from .errors import errors_of_sums, merge_sums, sum_errors
from .protocols import USUAL_RANGE, Protocol, range_protocol
from .quantization import bins_alone
from .scored_pixels import aligned, alignment_of, candidates, find_bad, memberships, settle
from .views import Views, predict, unmade


@dataclass(frozen=True)
class ProtocolScore:
    """Score of one image under one protocol.

    Args:
        sums: (L, 14) sums of errors, for L limits of distance bands, in each of the bands and beyond the last limit;
            (1, 14) without bands; None where nothing is scored.
        num_bad: scored pixels that were not predicted, NaN, infinite, zero or negative.
        reason: why nothing is scored.
    """
    sums: np.ndarray | None
    num_bad: int = 0
    reason: str | None = None


NOTHING = ProtocolScore(None, 0, 'no ground truth in its range and crop')


@dataclass(frozen=True)
class ImageScores:
    """Scores of one image.

    Args:
        name: of the image.
        scores: by the protocols' names.
        floor: of the ground truth itself, after it went through bins; ``num_bad`` counts what no bin holds.
        histograms: of the ground truth that is scored.
    """
    name: str
    scores: dict[str, ProtocolScore] = field(default_factory=dict)
    floor: dict[str, ProtocolScore] = field(default_factory=dict)
    histograms: dict = field(default_factory=dict)


def score_image(views: Views, ground_truths: dict[str | None, np.ndarray], protocols: list[Protocol],
                bands: Sequence[float] | None = None, name: str = '', bins: DepthBins | None = None,
                observe: Callable[[Protocol, np.ndarray, np.ndarray], None] | None = None) -> ImageScores:
    """Score one image.

    Args:
        views: what the network gave.
        ground_truths: (H, W) metres by name, 0 = no measurement; None is the name of one that has none. The first is
            that of protocols that name none.
        protocols: how to score.
        bands: limits of distance bands, m; the first is 0, see :func:`summing_limits`.
        name: of the image.
        bins: also score what these alone make of the ground truth, on the same pixels.
        observe: ``observe(protocol, pred, gt)`` is called with the pixels that a protocol scores, each (P, ) metres, P
            > 0, predictions aligned and clamped.

    Raises:
        ValueError: if prediction and ground truth do not show the same frame; for bands that do not begin at 0.
    """
    if bands is not None and bands[0] != 0:
        raise ValueError(f'score_image: bands must begin at 0 m, got {bands!r}; see summing_limits and regroup')
    scores: dict[str, ProtocolScore] = {}
    floor: dict[str, ProtocolScore] = {}
    predicted: dict[tuple, tuple[np.ndarray, np.ndarray | None]] = {}
    groups: dict[tuple, list[Protocol]] = {}
    for protocol in protocols:
        key, gt = _ground_truth(protocol, ground_truths)
        if gt is None:
            names = ', '.join(str(known) for known in ground_truths) or 'none'
            reason = f'no ground truth {protocol.ground_truth!r} (there is: {names})' if ground_truths else None
            scores[protocol.name] = ProtocolScore(None, 0, reason or 'no ground truth')
            continue
        _check_shape(views, gt.shape)
        reason = unmade(protocol, views, gt.shape)
        if reason is not None:
            scores[protocol.name] = ProtocolScore(None, 0, reason)
            continue
        making = (protocol.flip, protocol.clamp, protocol.align_corners, protocol.fill, protocol.alignment)
        if (making, gt.shape) not in predicted:
            predicted[making, gt.shape] = predict(protocol, views, gt.shape)
        # An alignment is of what a protocol scores, so these are scored each by itself.
        groups.setdefault((key, making, protocol.name if protocol.alignment else None), []).append(protocol)
    for (key, making, _), group in groups.items():
        gt = ground_truths[key]
        for table, part in zip((scores, floor), _score_group(group, *predicted[making, gt.shape], gt, bands, bins,
                                                             observe), strict=True):
            table.update(part)
    return ImageScores(name, {protocol.name: scores[protocol.name] for protocol in protocols}, floor)


def scored_maps(views: Views, ground_truths: dict[str | None, np.ndarray],
                protocol: Protocol) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One image as a protocol that scores it sees it, for pictures.

    Args:
        views: what the network gave.
        ground_truths: see :func:`score_image`.
        protocol (Protocol)

    Returns:
        Prediction (aligned, clamped; float32) and ground truth, both (H, W) metres, and (H, W) bool of the pixels that
        are scored.
    """
    gt = _ground_truth(protocol, ground_truths)[1]
    rows, index = candidates([protocol], gt)
    scored = np.zeros(gt.shape, bool)
    scored[rows].reshape(-1)[index] = True
    pred = predict(protocol, views, gt.shape)[0]
    pred = pred.astype(np.result_type(pred, np.float32))  # a copy: it is changed
    values = pred[scored]
    bad = find_bad(values)
    alignment = alignment_of(protocol, values, gt[scored], bad)
    pred = aligned(protocol, alignment, pred)
    pred = np.clip(pred, *protocol.clamp) if protocol.clamp else pred
    values = aligned(protocol, alignment, values)
    pred[scored] = settle(protocol, values, gt[scored], find_bad(values))
    return pred.astype(np.float32), gt, scored


def _ground_truth(protocol, ground_truths):
    """Name and map of a protocol's ground truth; one without a name is taken for whatever is wanted."""
    if protocol.ground_truth is None:
        return next(iter(ground_truths.items()), (None, None))
    key = protocol.ground_truth if protocol.ground_truth in ground_truths else None
    return key, ground_truths.get(key)


def _check_shape(views, shape):
    top, left, height, width = views.crop_box or (0, 0, *shape)
    if top < 0 or left < 0 or top + height > shape[0] or left + width > shape[1]:
        raise ValueError(f'the prediction is of the part (top, left, height, width) = {views.crop_box}, which does not '
                         f'lie in the ground truth of {shape[0]} x {shape[1]} pixels. In a test pipeline load depth '
                         'after Resize and KBCrop, and pack with PackDepthInputs.')


def _score_group(protocols, pred, bad, gt, bands, bins, observe):
    """Scores of protocols that share prediction and ground truth, and of the bins alone: each pixel's errors are
    computed once."""
    rows, index = candidates(protocols, gt)
    gt_values = gt[rows].reshape(-1).take(index)
    code = None
    if len(protocols) > 1:
        code = memberships(protocols, gt.shape, rows, index, gt_values)
        if not code.all():
            chosen = np.flatnonzero(code)
            code, index, gt_values = code.take(chosen), index.take(chosen), gt_values.take(chosen)
    pred_values = pred[rows].reshape(-1).take(index)
    pred_values = pred_values.astype(np.result_type(pred_values, np.float32), copy=False)
    bad_values = find_bad(pred_values)
    if protocols[0].alignment:
        pred_values = aligned(protocols[0], alignment_of(protocols[0], pred_values, gt_values, bad_values), pred_values)
        bad_values = find_bad(pred_values)
    pred_values = settle(protocols[0], pred_values, gt_values, bad_values)
    if bad is not None:  # what was filled is scored, and counted all the same
        bad_values = bad[rows].reshape(-1).take(index)
    if observe is not None:
        _show(observe, protocols, code, pred_values, gt_values)
    num_bands = 1
    if bands is not None:
        num_bands = len(bands)
        band = sum((gt_values >= limit).view(np.uint8) for limit in bands[1:])
        code = band if code is None else code.astype(np.intp) * num_bands + band
    scores, floor = _sum_atoms(protocols, code, num_bands, pred_values, gt_values, bad_values), {}
    if bins is not None:
        pred_values, outside = bins_alone(bins, gt_values)
        pred_values = aligned(protocols[0], alignment_of(protocols[0], pred_values, gt_values, None), pred_values)
        pred_values = settle(protocols[0], pred_values, gt_values, find_bad(pred_values))
        floor = _sum_atoms(protocols, code, num_bands, pred_values, gt_values, outside)
    return scores, floor


def _show(observe, protocols, code, pred, gt):
    for bit, protocol in enumerate(protocols):
        mine = slice(None) if code is None else np.flatnonzero(code >> bit & 1)
        if gt[mine].size:
            observe(protocol, pred[mine], gt[mine])


def _sum_atoms(protocols, code, num_bands, pred, gt, bad):
    if gt.size == 0:
        return {protocol.name: NOTHING for protocol in protocols}
    if code is None:
        atoms, sums = np.zeros(1, np.intp), sum_errors(pred, gt)
        bad_counts = [0 if bad is None else np.count_nonzero(bad)]
    else:
        code = code.astype(np.min_scalar_type(int(code.max())), copy=False)
        order = np.argsort(code, kind='stable')
        code = code.take(order)
        starts = np.append(0, np.flatnonzero(code[1:] != code[:-1]) + 1)
        atoms = code[starts].astype(np.intp)
        sums = sum_errors(pred.take(order), gt.take(order), starts)
        bad_counts = np.zeros(len(atoms), int) if bad is None else np.add.reduceat(bad.take(order).astype(int), starts)
    bits = atoms // num_bands if len(protocols) > 1 else np.ones_like(atoms)
    result = {}
    for number, protocol in enumerate(protocols):
        mine = np.flatnonzero(bits >> number & 1)
        if not mine.size:
            result[protocol.name] = NOTHING
            continue
        total = np.zeros((num_bands, sums.shape[1]))
        for band in range(num_bands):
            chosen = mine[atoms[mine] % num_bands == band]
            if chosen.size:
                total[band] = sums[chosen[0]] if chosen.size == 1 else merge_sums(sums[chosen])
        result[protocol.name] = ProtocolScore(total, int(np.sum(np.asarray(bad_counts)[mine])))
    return result


def image_errors(score: ProtocolScore) -> dict[str, float] | None:
    """Errors of one image, or None where nothing is scored.

    Args:
        score (ProtocolScore)
    """
    return None if score.sums is None else errors_of_sums(merge_sums(score.sums))


def summarize(scores: list[ProtocolScore], mean: str = 'image', band: int | None = None) -> dict[str, float]:
    """Errors over many images.

    Args:
        scores: of one protocol.
        mean: 'image': the mean of each image's error; 'pixel': the error over all pixels together.
        band: only pixels of this distance band.

    Returns:
        Keys :data:`~.errors.ALL_NAMES`; empty where nothing is scored.
    """
    sums = [merge_sums(score.sums) if band is None else score.sums[band] for score in scores if score.sums is not None]
    sums = [each for each in sums if each[0] > 0]
    if not sums:
        return {}
    if mean == 'pixel':
        return errors_of_sums(merge_sums(np.stack(sums)))
    errors = [errors_of_sums(each) for each in sums]
    return {name: float(np.mean([each[name] for each in errors])) for name in errors[0]}


def score_map(pred: np.ndarray, gt: np.ndarray, min_depth: float = USUAL_RANGE[0], max_depth: float = USUAL_RANGE[1],
              crop: Region = None) -> ProtocolScore:
    """Score of one map as in KITTI papers: ``min_depth < gt < max_depth`` inside a region, prediction clamped to it.

    Args:
        pred: (H, W) metres.
        gt: (H, W) metres, 0 = no measurement.
        min_depth, max_depth, crop: see :func:`~.protocols.range_protocol`.

    Raises:
        ValueError: for a range without sense; if the shapes differ.
    """
    protocol = range_protocol('map', min_depth, max_depth, crop)
    return score_image(Views(pred), {None: gt}, [protocol]).scores['map']
