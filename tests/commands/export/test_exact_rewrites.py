"""Layers that a trace would freeze: the same numbers at every size, also in a graph that was traced at one."""
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from mmdepthcls.commands.export.exact_rewrites import (
    CannotExport,
    adaptive_maximum,
    adaptive_mean,
    exact_rewrites,
    refuse_endless,
    same_padding,
)

lengths = st.integers(1, 60)


@given(lengths, st.integers(1, 7), st.integers(1, 4), st.integers(1, 3))
def test_padding_is_that_of_timm(size, kernel, stride, dilation):
    from timm.layers.padding import get_same_padding
    assert same_padding(size, kernel, stride, dilation) == get_same_padding(size, kernel, stride, dilation)


@given(lengths, lengths, st.integers(1, 9), st.integers(1, 9))
def test_pools_that_do_not_divide(height, width, rows, columns):
    values = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(height), dtype=torch.float64)
    expected = F.adaptive_avg_pool2d(values, (rows, columns))
    torch.testing.assert_close(adaptive_mean(values, (rows, columns)), expected)


def test_what_has_no_exact_form_is_refused():
    values = torch.rand(1, 2, 5, 6)
    assert torch.equal(adaptive_maximum(values, 1), F.adaptive_max_pool2d(values, 1))
    with pytest.raises(CannotExport, match='adaptive maximum pooling to 3'):
        adaptive_maximum(values, 3)


@pytest.mark.parametrize(('number', 'height', 'width'), [(1, 8, 4), (3, 4, 12), (2, 12, 8)])
def test_windows_of_a_swin_transformer(number, height, width):
    from mmseg.models.backbones.swin import ShiftWindowMSA
    part = ShiftWindowMSA(embed_dims=6, num_heads=2, window_size=4)
    values = torch.rand(number, height, width, 6)
    windows = part.window_partition(values)
    expected = part.window_reverse(windows, height, width)
    with exact_rewrites():
        assert torch.equal(part.window_reverse(windows, height, width), expected)
    assert torch.equal(expected, values)
    with pytest.raises(CannotExport, match='--size HEIGHT WIDTH'):
        refuse_endless(torch.nn.Sequential(part))
    refuse_endless(torch.nn.Conv2d(1, 1, 1))


class Frozen(torch.nn.Module):
    """What naive traces freeze, in a row."""

    def __init__(self):
        super().__init__()
        from mmseg.models.utils.embed import AdaptivePadding
        from mmseg.models.utils.wrappers import Upsample
        from timm.layers import Conv2dSame
        self.layers = torch.nn.Sequential(
            Conv2dSame(3, 4, 3, stride=2), Conv2dSame(4, 4, 5, stride=2), AdaptivePadding(4, 4, padding='same'),
            torch.nn.Conv2d(4, 4, 4, stride=4), Upsample(scale_factor=2, mode='bilinear', align_corners=True),
            torch.nn.UpsamplingBilinear2d(scale_factor=2))

    def forward(self, image):
        values = self.layers(image.permute(0, 3, 1, 2))
        return values, F.adaptive_avg_pool2d(values, (2, 3))


def test_a_graph_for_odd_and_even_sizes():
    torch.manual_seed(0)
    network = Frozen().eval()
    height, width = (torch.export.Dim(name, min=33, max=500) for name in ('height', 'width'))
    with torch.no_grad(), exact_rewrites():
        program = torch.export.export(network, (torch.rand(2, 97, 131, 3), ), dynamic_shapes=(
            {1: height, 2: width}, ), strict=False)
    for size in ((97, 131), (96, 128), (99, 130), (33, 34), (98, 127)):
        image = torch.rand(2, *size, 3)
        for got, expected in zip(program.module()(image), network(image), strict=True):
            torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6)


def test_everything_is_as_before():
    from mmseg.models.utils import wrappers
    before = wrappers.resize.__defaults__
    with pytest.raises(KeyError), exact_rewrites():
        assert wrappers.resize.__defaults__[-1] is False
        raise KeyError
    assert wrappers.resize.__defaults__ == before and torch.backends.mha.get_fastpath_enabled()
