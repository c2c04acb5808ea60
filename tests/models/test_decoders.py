import math
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from mmdepthcls.bins import SIDBins
from mmdepthcls.models.decoders import ArgmaxDecoder, ExpectationDecoder, LocalExpectationDecoder, QuantileDecoder

CENTERS = torch.tensor([2.0, 5.0, 11.0])
EDGES = torch.tensor([1.0, 3.0, 7.0, 15.0])  # the centers are arithmetic


def expectation_by_loop(logits, centers):
    result = torch.zeros(logits.shape[0], 1, *logits.shape[2:])
    for n, y, x in torch.cartesian_prod(*(torch.arange(logits.shape[axis]) for axis in (0, 2, 3))):
        weights = [torch.exp(value).item() for value in logits[n, :, y, x].double()]
        result[n, 0, y, x] = sum(w * c.item() for w, c in zip(weights, centers, strict=True)) / sum(weights)
    return result


def argmax_by_loop(logits, centers):
    result = torch.zeros(logits.shape[0], 1, *logits.shape[2:])
    for n, y, x in torch.cartesian_prod(*(torch.arange(logits.shape[axis]) for axis in (0, 2, 3))):
        values = logits[n, :, y, x].tolist()
        result[n, 0, y, x] = centers[values.index(max(values))]
    return result


def by_loop(decode):
    """Reference that decodes each pixel's list of logits."""
    def reference(logits, centers, edges=EDGES):
        result = torch.zeros(logits.shape[0], 1, *logits.shape[2:])
        for n, y, x in torch.cartesian_prod(*(torch.arange(logits.shape[axis]) for axis in (0, 2, 3))):
            result[n, 0, y, x] = decode(logits[n, :, y, x].double().tolist(), centers.tolist(), edges.tolist())
        return result
    return reference


def log_expectation(values, centers, edges):
    weights = [math.exp(value) for value in values]
    return math.prod(c**(w / sum(weights)) for w, c in zip(weights, centers, strict=True))


def local_expectation(values, centers, edges):
    mode = values.index(max(values))
    near = [k for k in range(len(values)) if abs(k - mode) <= 1]
    weights = [math.exp(values[k]) for k in near]
    return sum(w * centers[k] for w, k in zip(weights, near, strict=True)) / sum(weights)


def quantile(level):
    def decode(values, centers, edges):
        weights = [math.exp(value) for value in values]
        left = level * sum(weights)
        for weight, low, high in zip(weights, edges[:-1], edges[1:], strict=True):
            if left <= weight:
                return low + (high - low) * left / weight
            left -= weight
    return decode


def geometric_argmax(values, centers, edges):
    mode = values.index(max(values))
    return math.sqrt(edges[mode] * edges[mode + 1])


DECODERS = [pytest.param(ExpectationDecoder, expectation_by_loop, id='expectation'),
            pytest.param(ArgmaxDecoder, argmax_by_loop, id='argmax'),
            pytest.param(lambda: ExpectationDecoder(space='log'), by_loop(log_expectation), id='log-expectation'),
            pytest.param(lambda: LocalExpectationDecoder(radius=1), by_loop(local_expectation), id='local-expectation')]
WITH_EDGES = [
    pytest.param(QuantileDecoder, by_loop(quantile(0.5)), id='median'),
    pytest.param(lambda: QuantileDecoder(level=0.9), by_loop(quantile(0.9)), id='quantile'),
    pytest.param(lambda: ArgmaxDecoder(center='geometric'), by_loop(geometric_argmax), id='argmax-geometric'),
    pytest.param(lambda: ArgmaxDecoder(center='arithmetic'), argmax_by_loop, id='argmax-arithmetic')]
ALL = [ExpectationDecoder(), ExpectationDecoder('log'), ArgmaxDecoder(), ArgmaxDecoder('geometric'),
       LocalExpectationDecoder(), QuantileDecoder(), QuantileDecoder(0.1)]


def name_of(decoder):
    return '-'.join([type(decoder).__name__, *(str(value) for key, value in vars(decoder).items()
                                               if key in ('space', 'center', 'level'))])


@pytest.mark.parametrize('decoder, reference', DECODERS)
def test_equals_reference(decoder, reference):
    logits = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0)) * 3
    depth = decoder()(logits, CENTERS)
    assert depth.shape == (2, 1, 4, 5) and depth.dtype == torch.float32
    assert_close(depth, reference(logits, CENTERS))


@pytest.mark.parametrize('decoder, reference', DECODERS)
def test_centers_per_image(decoder, reference):
    logits = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(1))
    centers = torch.stack([CENTERS, CENTERS * 3])
    depth = decoder()(logits, centers.view(2, 3, 1, 1))
    for index in range(2):
        assert_close(depth[index:index + 1], reference(logits[index:index + 1], centers[index]))


@pytest.mark.parametrize('decoder, reference', DECODERS)
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_logits_give_float32_metres(decoder, reference, dtype):
    logits = torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(2)).to(dtype)
    depth = decoder()(logits, CENTERS)
    assert depth.dtype == torch.float32
    assert_close(depth, reference(logits.float(), CENTERS))


@given(st.lists(st.floats(-50, 50), min_size=3, max_size=3), st.floats(-100, 100))
def test_expectation_is_inside_and_ignores_offsets(values, offset):
    logits = torch.tensor(values).view(1, 3, 1, 1)
    depth = ExpectationDecoder()(logits, CENTERS).item()
    assert 2.0 - 1e-5 <= depth <= 11.0 + 1e-5
    assert ExpectationDecoder()(logits + offset, CENTERS).item() == pytest.approx(depth, rel=1e-4)


def test_certain_logits_give_their_center():
    logits = torch.full((1, 3, 1, 1), -200.0)
    logits[0, 1] = 200.0
    for decoder in (ExpectationDecoder(), ArgmaxDecoder()):
        assert decoder(logits, CENTERS).item() == 5.0


@pytest.mark.parametrize('decoder, reference', WITH_EDGES)
def test_decoders_that_need_edges_equal_their_reference(decoder, reference):
    logits = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(4)) * 3
    decoder = decoder()
    assert decoder.uses_edges
    assert_close(decoder(logits, CENTERS, EDGES), reference(logits, CENTERS))
    several = torch.stack([EDGES, EDGES * 3]).view(2, 4, 1, 1)
    centers = torch.stack([CENTERS, CENTERS * 3]).view(2, 3, 1, 1)
    assert_close(decoder(logits, centers, several)[1:], 3 * reference(logits[1:], CENTERS))
    with pytest.raises(ValueError, match=f'{type(decoder).__name__} needs the edges'):
        decoder(logits, CENTERS)


@pytest.mark.parametrize('decoder', ALL, ids=name_of)
def test_blocks_of_rows_give_the_same_metres(decoder, monkeypatch):
    bins = SIDBins(1.0, 80.0, 17)
    centers, edges = torch.tensor(bins.centers), torch.tensor(bins.edges)
    logits = torch.randn(2, 17, 33, 21, generator=torch.Generator().manual_seed(5)) * 3
    whole = decoder(logits, centers, edges)
    monkeypatch.setattr('mmdepthcls.models.distribution.CPU_BLOCK', 2 * 17 * 21 * 5)
    # Vectorised exp rounds its last, incomplete vector in another way.
    assert_close(decoder(logits, centers, edges), whole, rtol=4e-6, atol=0)


@pytest.mark.parametrize('decoder', ALL, ids=name_of)
def test_every_decoder_can_be_trained_through_or_is_constant(decoder):
    logits = torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(6), requires_grad=True)
    depth = decoder(logits, CENTERS, EDGES)
    if not isinstance(decoder, ArgmaxDecoder):
        depth.sum().backward()
        assert torch.isfinite(logits.grad).all() and logits.grad.any()
    else:
        assert not depth.requires_grad


@given(st.lists(st.floats(-30, 30), min_size=3, max_size=3))
@settings(deadline=None)
def test_every_decoder_stays_inside_and_the_log_mean_is_not_the_greater(values):
    logits = torch.tensor(values).view(1, 3, 1, 1)
    depth = {name_of(decoder): decoder(logits, CENTERS, EDGES).item() for decoder in ALL}
    assert all(1.0 - 1e-5 <= value <= 15.0 + 1e-5 for value in depth.values())
    assert depth['ExpectationDecoder-log'] <= depth['ExpectationDecoder-depth'] * (1 + 1e-5)


def test_two_modes_give_no_depth_between_them():
    logits = torch.tensor([0.0, 5.0, 0.0, -9, -9, -9, -9, 0.0, 4.9, 0.0]).view(1, 10, 1, 1)
    centers = torch.arange(1.0, 11.0)
    assert LocalExpectationDecoder(radius=2)(logits, centers).item() == pytest.approx(2.0, abs=0.01)
    assert 4 < ExpectationDecoder()(logits, centers).item() < 7


def test_arguments_without_sense_are_refused():
    for build, words in ((lambda: ExpectationDecoder('disparity'), "space must be .*'disparity'"),
                         (lambda: ArgmaxDecoder('middle'), "center must be .*'middle'"),
                         (lambda: LocalExpectationDecoder(0), 'radius must be .*0'),
                         (lambda: LocalExpectationDecoder(space='disparity'), "space must be .*'disparity'"),
                         (lambda: QuantileDecoder(1.0), 'level < 1, got 1.0')):
        with pytest.raises(ValueError, match=words):
            build()


PROBE = """
import resource, sys, torch
from mmdepthcls.models import decoders, distribution
torch.set_num_threads(1)
decoder = eval('decoders.' + sys.argv[1])
centers, edges = torch.arange(1.0, 72.0), torch.arange(0.5, 72.0)
decoder(torch.zeros(1, 71, 4, 8), centers, edges)
logits = torch.randn(1, 71, 400, 1280)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decoder(logits, centers, edges)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (logits.numel() * 4))
"""


@pytest.mark.sliced(every=2)
@pytest.mark.skipif(sys.platform != 'linux', reason='ru_maxrss is in kB on Linux')
@pytest.mark.parametrize('decoder', ['ExpectationDecoder()', 'QuantileDecoder()'])
def test_decoding_needs_a_small_part_of_the_map_beside_it(decoder):
    """A whole softmax would be 1, and its product with the centers 2."""
    result = subprocess.run([sys.executable, '-c', PROBE, decoder], capture_output=True, text=True)
    assert float(result.stdout.split()[-1]) < 0.25, result.stderr[-2000:]
