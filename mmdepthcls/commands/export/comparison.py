"""An exported file beside the model that it was made of, pixel by pixel, on pictures.

What PyTorch gives comes from the ``DepthClassifier`` itself, by the way on which a test goes, and not from the module
that was exported.
"""
from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from mmseg.structures import SegDataSample

from ...apis.interval_widening import widened
from ...evaluation.errors import depth_errors
from ...models.decoders import ArgmaxDecoder, LocalExpectationDecoder, QuantileDecoder
from ...models.ordinal_decoder import OrdinalDecoder
from ...models.result_maps import at_output
from ...models.uncertainty import INTERVAL, interval

# Of metres: absolute, and as a share of the depth.
METRES, SHARE = 1e-3, 1e-4
CONFIDENCE = 1e-4
# Where metres jump with the probabilities: the share of pixels that may be beyond, each a tie within so much. The ends
# of an interval lie where there is the least probability, between the modes of a distribution too: rounding that
# changes nothing else moves more of them.
TIES, PROBABILITY = dict(depth=1e-3, confidence=0.0, interval=1e-2), 1e-4
# In half precision nothing of this holds; only a file that is broken is refused: median share of the depth.
BROKEN = 0.1
OUTPUTS = ('confidence', 'interval')
LONGEST = 20.0  # s, for the times
# Decoders whose depth jumps where two bins are equally probable.
JUMPING = (ArgmaxDecoder, LocalExpectationDecoder, QuantileDecoder, OrdinalDecoder)


@dataclass
class Difference:
    """Of one output at one size, in metres or probability.

    Args:
        name: of the output.
        size: height and width of the pictures.
        largest, usual: the largest, and the 99.9th percentile.
        beyond: share of the pixels that are beyond the bound.
        wrong: number of pixels that are beyond it and no ties.
    """
    name: str
    size: tuple[int, int]
    largest: float
    usual: float
    beyond: float
    wrong: int

    @property
    def holds(self) -> bool:
        """Whether the bound is kept."""
        return self.wrong == 0 and self.beyond <= TIES[self.name]


@dataclass
class Comparison:
    """Of a file and its model.

    Args:
        differences: an output and a size each.
        d1, abs_rel: of the file's depth, PyTorch's taken as the truth.
        milliseconds: a picture, at the first size: of PyTorch and of the file.
        shape: of that size.
        median_share: median difference of depth, as a share of it.
    """
    differences: list[Difference] = field(default_factory=list)
    d1: float = 1.0
    abs_rel: float = 0.0
    milliseconds: tuple[float, float] = (0.0, 0.0)
    shape: tuple[int, int] = (0, 0)
    median_share: float = 0.0

    def holds(self, half: bool) -> bool:
        """Whether the file may be used: the bounds are kept, or in half precision it is not broken."""
        if half:
            return self.median_share <= BROKEN
        return all(each.holds for each in self.differences)


class Reference:
    """What PyTorch says of pictures as a file takes them.

    Args:
        model (DepthClassifier)
        network (DeployedNetwork): of it, for what it multiplies metres by.
    """

    def __init__(self, model, network):
        self.model, self.network = model, network
        self.softmax = model.decoder.of_softmax

    def __call__(self, image, focal_px=None):
        """Results of a picture (H, W, 3) RGB uint8.

        Returns:
            dict[str, tuple]: output -> (C, h, w) arrays: value, and the least and greatest that differ from it by
            ties alone.
        """
        model = self.model
        size = image.shape[:2]
        sample = SegDataSample(metainfo=dict(
            ori_shape=self.network.output_size or size, img_shape=size, pad_shape=size,
            focal_px=model.canonical_focal_px))  # a file gives the metres of that camera
        loaded = torch.from_numpy(np.ascontiguousarray(image[..., ::-1].transpose(2, 0, 1)))
        data = model.data_preprocessor(dict(inputs=[loaded], data_samples=[sample]), False)
        before = dict(model.test_cfg)
        try:
            model.test_cfg.update(outputs=OUTPUTS if self.softmax else ())
            with torch.no_grad():
                result, = model.predict(data['inputs'], data['data_samples'])
                ranges = self._ranges(data)
        finally:
            model.test_cfg.update(before)
        factor = self.network.factor
        if focal_px:
            factor = factor * focal_px / self.network.trained_focal_px
        values = dict(depth=result.pred_depth_map.data * factor)
        if self.softmax:
            values['confidence'] = result.pred_confidence.data
            values['interval'] = self._widened(result.pred_interval.data) * factor
        return {name: tuple(each.numpy() for each in (
            value, *(bound * factor for bound in ranges.get(name, ())))) for name, value in values.items()}

    def network_alone(self, image, focal_px=None):
        """The same by the module that was exported, for its time."""
        focals = [] if focal_px is None else [torch.tensor([focal_px], dtype=torch.float32)]
        with torch.no_grad():
            return self.network(torch.from_numpy(image[None]), *focals)

    def _ranges(self, data):
        """Metres that follow from probabilities that differ by :data:`PROBABILITY`, as the model decodes."""
        model, metainfo = self.model, data['data_samples'][0].metainfo
        given, = model.inference(data['inputs'], [metainfo]).split()
        size = data['inputs'].shape[2:]
        place = partial(at_output, metainfo=metainfo, input_size=size, align_corners=model.align_corners)
        decoded_at_output = model.test_cfg['decode_at'] == 'output'
        logits = place(given.logits) if decoded_at_output else given.logits
        edges, centers = given.image_bins or model.bins.tensors('cpu', torch.float32)
        found = dict(depth=tied_depths(model.decoder, logits[None].float(), centers, edges))
        if self.softmax:
            found['interval'] = [self._widened(interval(logits[None], centers, edges, levels)[0])[None] for levels in (
                [level + sign * PROBABILITY for level in INTERVAL] for sign in (-1, 1))]
        return {name: [each[0] if decoded_at_output else place(each[0]) for each in both]
                for name, both in found.items() if both is not None}

    def _widened(self, ends):
        if self.network.widening == 1:
            return ends
        return torch.cat(widened(ends[:1], ends[1:], self.network.widening))


def tied_depths(decoder, logits, centers, edges):
    """The least and the greatest depth that a decoder could give if probabilities were others by :data:`PROBABILITY`.

    Args:
        decoder (Decoder)
        logits (Tensor): (1, K, h, w) float32.
        centers, edges (Tensor): (K, ) and (K + 1, ) m.

    Returns:
        list[Tensor] or None: (1, 1, h, w) each; None for decoders whose depth does not jump.
    """
    if not isinstance(decoder, JUMPING):
        return None
    if isinstance(decoder, QuantileDecoder):
        return [interval(logits, centers, edges, [decoder.level + sign * PROBABILITY]) for sign in (-1, 1)]
    if isinstance(decoder, OrdinalDecoder):
        shift = 4 * PROBABILITY  # a sigmoid rises by a quarter
        return [decoder(logits + sign * shift, centers, edges) for sign in (-1, 1)]
    if isinstance(decoder, ArgmaxDecoder):
        probabilities = logits.softmax(dim=1)
        near = probabilities >= probabilities.amax(dim=1, keepdim=True) - PROBABILITY
        each = torch.arange(logits.shape[1])
        depths = decoder(torch.eye(logits.shape[1])[None, :, :, None], centers, edges)[0, 0, each, 0].view(1, -1, 1, 1)
        return [torch.where(near, depths, torch.inf).amin(dim=1, keepdim=True),
                torch.where(near, depths, -torch.inf).amax(dim=1, keepdim=True)]
    first, second = logits.softmax(dim=1).topk(2, dim=1).values.split(1, dim=1)
    depth, tied = decoder(logits, centers, edges), first - second < PROBABILITY  # of another neighbourhood
    return [torch.where(tied, end, depth) for end in (edges.min(), edges.max())]


def difference_of(name, size, got, expected):
    """How one output differs.

    Args:
        name (str)
        size (tuple[int, int])
        got (list[ndarray]): of the file, (C, h, w) a picture.
        expected (list[tuple]): of :class:`Reference`.

    Returns:
        Difference
    """
    largest, beyond, wrong, all_away = 0.0, 0, 0, []
    for values, (truth, *bounds) in zip(got, expected, strict=True):
        away = np.abs(values.astype(np.float64) - truth)
        away[~np.isfinite(values)] = np.inf
        bound = np.full(truth.shape, CONFIDENCE) if name == 'confidence' else np.maximum(METRES, SHARE * truth)
        outside = ~(away <= bound)
        low, high = bounds or (truth, truth)
        tied = (values >= low - bound) & (values <= high + bound)
        largest = max(largest, float(away.max()))
        beyond, wrong = beyond + int(outside.sum()), wrong + int((outside & ~tied).sum())
        all_away.append(away.ravel())
    away = np.concatenate(all_away)
    usual = float(np.quantile(away, 0.999, method='higher'))
    return Difference(name, size, largest, usual, beyond / len(away), wrong)


def compare(reference, run, pictures, sizes, focals=None, rounds=5):
    """Compare a file with its model.

    Args:
        reference (Reference)
        run (callable): from (1, H, W, 3) uint8 pictures and their focal length or None to output -> array.
        pictures (dict): size -> list of (H, W, 3) uint8 RGB of it.
        sizes (list[tuple[int, int]]): the first is timed.
        focals (list[float], optional): a focal length a picture; 0: unknown.
        rounds (int): of timing.

    Returns:
        Comparison
    """
    result = Comparison(shape=sizes[0])
    depths, truths = [], []
    for size in sizes:
        expected, got = [], []
        for index, image in enumerate(pictures[size]):
            focal = None if focals is None else focals[index % len(focals)]
            expected.append(reference(image, focal))
            got.append({name: each[0] for name, each in run(image[None], focal).items()})
        for name in expected[0]:
            values = [each[name].reshape(truth[name][0].shape) for each, truth in zip(got, expected, strict=True)]
            result.differences.append(difference_of(name, size, values, [each[name] for each in expected]))
        depths += [each['depth'].ravel() for each in got]
        truths += [each['depth'][0].ravel() for each in expected]
    depth, truth = np.concatenate(depths), np.concatenate(truths)
    if np.isfinite(depth).all() and (depth > 0).all():
        errors = depth_errors(depth, truth)
        result.d1, result.abs_rel = float(errors['d1']), float(errors['abs_rel'])
        result.median_share = float(np.median(np.abs(depth - truth) / truth))
    else:
        result.d1, result.abs_rel, result.median_share = 0.0, float('inf'), float('inf')
    image, focal = pictures[sizes[0]][0], None if focals is None else focals[0]
    result.milliseconds = _timed(lambda: reference.network_alone(image, focal), lambda: run(image[None], focal), rounds)
    return result


def _timed(one, other, rounds):
    """Medians of taking turns, ms; of large networks less often."""
    seconds, start = [[], []], time.perf_counter()
    while len(seconds[0]) < rounds and time.perf_counter() < start + LONGEST:
        for place, function in zip(seconds, (one, other), strict=True):
            begin = time.perf_counter()
            function()
            place.append(time.perf_counter() - begin)
    return tuple(1e3 * float(np.median(each)) for each in seconds)
