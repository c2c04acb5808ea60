import math

import pytest
import torch
from torch.testing import assert_close

from mmdepthcls.bins import SIDBins
from mmdepthcls.models.uncertainty import confidence, entropy, interval, standard_deviation

BINS = SIDBins(1.0, 80.0, 6)
CENTERS, EDGES = torch.tensor(BINS.centers), torch.tensor(BINS.edges)


@pytest.fixture
def logits():
    return torch.randn(2, 6, 3, 4, generator=torch.Generator().manual_seed(3)) * 4


def test_confidence_is_the_largest_probability(logits):
    assert_close(confidence(logits), logits.softmax(1).max(1, keepdim=True).values)
    assert_close(confidence(torch.zeros(1, 5, 1, 1)), torch.full((1, 1, 1, 1), 0.2))


def test_entropy_and_deviation_equal_a_loop(logits):
    result, deviation = entropy(logits), standard_deviation(logits, CENTERS)
    assert result.shape == deviation.shape == (2, 1, 3, 4) and result.dtype == deviation.dtype == torch.float32
    for n, y, x in torch.cartesian_prod(*map(torch.arange, (2, 3, 4))):
        p = [math.exp(value) for value in logits[n, :, y, x].tolist()]
        p = [value / sum(p) for value in p]
        assert result[n, 0, y, x].item() == pytest.approx(-sum(value * math.log(value) for value in p), abs=1e-5)
        mean = sum(a * b for a, b in zip(p, BINS.centers, strict=True))
        moment = sum(a * (b - mean)**2 for a, b in zip(p, BINS.centers, strict=True))
        assert deviation[n, 0, y, x].item() == pytest.approx(math.sqrt(moment), rel=1e-4, abs=1e-4)


def test_who_knows_nothing_and_who_knows_everything():
    assert_close(entropy(torch.zeros(1, 6, 1, 1)).item(), math.log(6), rtol=1e-6, atol=0)
    certain = torch.full((1, 6, 1, 1), -1e30)
    certain[0, 2] = 1e30
    certain[0, 0] = -math.inf
    assert entropy(certain).item() == 0 and standard_deviation(certain, CENTERS).item() == 0
    low, high = interval(certain, CENTERS, EDGES).flatten().tolist()
    assert BINS.edges[2] < low < high < BINS.edges[3]


def test_a_small_deviation_at_a_great_depth_is_not_lost():
    centers = torch.tensor([79.99, 80.0])
    assert standard_deviation(torch.zeros(1, 2, 1, 1), centers).item() == pytest.approx(0.005, rel=1e-2)


def test_interval_holds_the_depths_that_the_distribution_draws(logits):
    low, high = interval(logits[:1, :, :1, :1], CENTERS, EDGES).flatten().tolist()
    generator = torch.Generator().manual_seed(0)
    drawn = torch.multinomial(logits[0, :, 0, 0].softmax(0), 20_000, replacement=True, generator=generator)
    share = torch.rand(20_000, generator=generator, dtype=torch.float64)
    depth = EDGES[drawn] * (EDGES[drawn + 1] / EDGES[drawn])**share
    assert ((depth >= low) & (depth <= high)).double().mean().item() == pytest.approx(0.9, abs=0.01)


def test_bins_of_each_image(logits):
    centers, edges = (torch.stack([values, 2 * values]).view(2, -1, 1, 1) for values in (CENTERS, EDGES))
    for function, arguments in ((standard_deviation, (centers, )), (interval, (centers, edges))):
        both = function(logits, *arguments)
        alone = function(logits[1:], *(values[1].flatten() for values in arguments))
        assert_close(both[1:], alone)
