import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from mmdepthcls.models.losses.measured_pixels import MeasuredPixels

SIDE = st.integers(1, 9)


def upsampled(logits, mask, align_corners):
    """What a head does: interpolate everything, then look at the measured pixels."""
    return F.interpolate(logits, mask.shape[1:], mode='bilinear', align_corners=align_corners).movedim(1, -1)[mask]


@settings(deadline=None, max_examples=80)
@given(low=st.tuples(SIDE, SIDE), high=st.tuples(SIDE, SIDE), align_corners=st.booleans(), seed=st.integers(0, 99))
def test_equals_upsampling_everything(low, high, align_corners, seed):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(2, 3, *low, generator=generator, dtype=torch.float64, requires_grad=True)
    label = torch.randint(0, 3, (2, *high), generator=generator)
    label[torch.rand(label.shape, generator=generator) < 0.5] = 255
    pixels = MeasuredPixels(logits, label, align_corners=align_corners)
    (rows, labels, depth), = pixels.chunks()
    expected = upsampled(logits, label != 255, align_corners)
    assert_close(rows, expected, rtol=0, atol=1e-12)
    assert depth is None and labels.tolist() == [value for value in label.flatten().tolist() if value != 255]
    factors = torch.randn(rows.shape, generator=generator, dtype=torch.float64)
    gradients = [torch.autograd.grad((values * factors).sum(), logits)[0] for values in (rows, expected)]
    assert_close(*gradients, rtol=0, atol=1e-12)


def test_chunks_are_parts_of_the_whole(monkeypatch):
    monkeypatch.setattr('mmdepthcls.models.losses.measured_pixels.CHUNK', 7)
    logits = torch.randn(1, 3, 2, 2)
    label = torch.randint(0, 3, (1, 5, 6))
    depth = torch.rand(1, 5, 6)
    chunks = list(MeasuredPixels(logits, label, depth=depth).chunks())
    assert [len(labels) for _, labels, _ in chunks] == [7, 7, 7, 7, 2]
    assert_close(torch.cat([rows for rows, _, _ in chunks]), upsampled(logits, label >= 0, False))
    assert torch.equal(torch.cat([part for _, _, part in chunks]), depth.flatten())


def test_half_precision_is_interpolated_in_float32():
    logits = torch.randn(1, 3, 4, 4).bfloat16().requires_grad_()
    label = torch.zeros(1, 9, 9, dtype=torch.long)
    with torch.autocast('cpu', torch.bfloat16):
        (rows, _, _), = MeasuredPixels(logits, label).chunks()
    assert rows.dtype == torch.float32
    assert_close(rows, upsampled(logits.float(), label == 0, False))


def test_no_measured_pixel_is_one_empty_chunk_with_a_gradient_of_zero():
    logits = torch.full((2, 3, 2, 2), torch.inf, requires_grad=True)
    (rows, labels, _), = MeasuredPixels(logits, torch.full((2, 4, 4), 255)).chunks()
    assert rows.shape == (0, 3) and labels.shape == (0, )
    rows.sum().backward()
    assert (logits.grad == 0).all()
