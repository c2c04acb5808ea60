"""What counts as the same: bounds in metres, and ties."""
import numpy as np
import pytest
import torch

from mmdepthcls.bins import SIDBins
from mmdepthcls.commands.export.comparison import PROBABILITY, Comparison, difference_of, tied_depths
from mmdepthcls.models.decoders import (
    ArgmaxDecoder,
    ExpectationDecoder,
    LocalExpectationDecoder,
    QuantileDecoder,
)
from mmdepthcls.models.ordinal_decoder import OrdinalDecoder
from mmdepthcls.models.uncertainty import INTERVAL, interval

BINS = SIDBins(1.0, 80.0, 6)
EDGES, CENTERS = BINS.tensors('cpu', torch.float32)


def of_depth(got, *expected):
    return difference_of('depth', (2, 500), [np.float32(got)], [tuple(np.float32(each) for each in expected)])


def test_metres():
    truth = np.full((1, 2, 500), 40.0)
    got = truth.copy()
    got[0, 0, 0] += 0.0039  # 1e-4 of 40 m
    assert of_depth(got, truth).holds and of_depth(got, truth).largest == pytest.approx(0.0039, rel=1e-2)
    got[0, 0, 0] += 0.0002
    found = of_depth(got, truth)
    assert not found.holds and found.wrong == 1 and found.beyond == 1e-3
    assert of_depth(got, truth, truth, truth + 1).holds  # a tie, of 1 pixel in 1000
    got[0, 1, 0] = got[0, 0, 0]
    assert of_depth(got, truth, truth, truth + 1).wrong == 0 and not of_depth(got, truth, truth, truth + 1).holds
    got[0, 1, 0] = np.nan
    assert of_depth(got, truth, truth, truth + 1).wrong == 1


def test_more_ends_of_intervals_than_depths_may_be_ties():
    truth = np.full((2, 2, 500), 40.0)
    for ties, good in ((8, True), (25, False)):  # of 2000
        got = truth.copy()
        got[0, 0, :ties] += 1
        found = difference_of('interval', (2, 500), [got], [(truth, truth, truth + 1)])
        assert found.wrong == 0 and found.holds is good
        assert not difference_of('depth', (2, 500), [got], [(truth, truth, truth + 1)]).holds
    assert difference_of('interval', (2, 500), [truth + 1], [(truth, truth, truth)]).wrong == truth.size


@pytest.mark.parametrize('std', [1, 3, 6])
def test_rounding_of_logits_moves_ends_of_intervals_by_ties_alone(std):
    bins = SIDBins(1.0, 80.0, 71)
    edges, centers = bins.tensors('cpu', torch.float32)
    generator = torch.Generator().manual_seed(std)
    logits = std * torch.randn(1, 71, 40, 100, generator=generator)
    rounded = logits + 1e-5 * std * torch.randn(logits.shape, generator=generator)
    ranges = [interval(logits, centers, edges, [level + sign * PROBABILITY for level in INTERVAL])[0].numpy()
              for sign in (-1, 1)]
    truth, got = (interval(each, centers, edges)[0].numpy() for each in (logits, rounded))
    found = difference_of('interval', (40, 100), [got], [(truth, *ranges)])
    assert found.holds and (found.largest > 0.01) == (std > 1)


def test_half_precision_may_differ_but_not_be_broken():
    wrong = of_depth(np.full((1, 2, 500), 41.0), np.full((1, 2, 500), 40.0))
    assert Comparison([wrong], median_share=0.025).holds(half=True)
    assert not Comparison([wrong], median_share=0.025).holds(half=False)
    assert not Comparison([wrong], median_share=0.5).holds(half=True)


@pytest.mark.parametrize('decoder', [ArgmaxDecoder(), ArgmaxDecoder('geometric'), QuantileDecoder(0.3),
                                     LocalExpectationDecoder(1), OrdinalDecoder()],
                         ids=lambda each: type(each).__name__)
def test_ties_cover_what_rounding_does(decoder):
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(1, 6, 40, 50, generator=generator).round()  # many of equal probability
    low, high = tied_depths(decoder, logits, CENTERS, EDGES)
    others = [decoder(logits + 2e-6 * torch.randn(logits.shape, generator=generator), CENTERS, EDGES)
              for _ in range(4)]
    depth = decoder(logits, CENTERS, EDGES)
    for other in others:
        assert ((low - 1e-4 <= other) & (other <= high + 1e-4)).all()
    if not isinstance(decoder, QuantileDecoder):
        assert any((other - depth).abs().max() > 0.5 for other in others)  # there were such jumps
    sure = logits.clone()
    sure[:, 2] += 9
    if not isinstance(decoder, OrdinalDecoder):
        low, high = tied_depths(decoder, sure, CENTERS, EDGES)
        assert (high - low).max() < 100 * PROBABILITY * 80


def test_an_expectation_does_not_jump():
    assert tied_depths(ExpectationDecoder(), torch.zeros(1, 6, 2, 2), CENTERS, EDGES) is None
