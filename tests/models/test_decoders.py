import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from mmdepthcls.models.decoders import ArgmaxDecoder, ExpectationDecoder, confidence

CENTERS = torch.tensor([2.0, 5.0, 11.0])


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


DECODERS = [pytest.param(ExpectationDecoder, expectation_by_loop, id='expectation'),
            pytest.param(ArgmaxDecoder, argmax_by_loop, id='argmax')]


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


def test_confidence_is_the_largest_probability():
    logits = torch.randn(2, 5, 3, 4, generator=torch.Generator().manual_seed(3)) * 4
    assert_close(confidence(logits), logits.softmax(1).max(1, keepdim=True).values)
    assert_close(confidence(torch.zeros(1, 5, 1, 1)), torch.full((1, 1, 1, 1), 0.2))
