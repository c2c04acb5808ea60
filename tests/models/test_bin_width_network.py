import pytest
import torch

from mmdepthcls.models.bin_width_network import BinWidthNetwork


@pytest.mark.parametrize('size', [(1, 1), (1, 3), (7, 2), (13, 40)])
def test_features_of_any_size_will_do(size):
    network = BinWidthNetwork(5, 7, embed_dims=16)
    assert network(torch.randn(2, 5, *size)).shape == (2, 7)


def test_begins_at_no_change_and_every_parameter_is_trained():
    torch.manual_seed(0)
    network, features = BinWidthNetwork(5, 7, embed_dims=16), torch.randn(2, 5, 6, 9)
    assert (network(features) == 0).all()
    torch.nn.init.normal_(network.changes.weight)
    network(features).square().sum().backward()
    assert all(parameter.grad.any() for parameter in network.parameters())


def test_sees_where_in_the_image_something_is():
    torch.manual_seed(0)
    network, features = BinWidthNetwork(5, 7, embed_dims=16).eval(), torch.randn(1, 5, 6, 9)
    torch.nn.init.normal_(network.changes.weight)
    assert (network(features) - network(features.flip(-1))).abs().max() > 1e-4


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_runs_in_half_precision(dtype):
    network = BinWidthNetwork(5, 7, embed_dims=16).to(dtype).eval()
    with torch.no_grad():
        assert torch.isfinite(network(torch.randn(2, 5, 6, 9, dtype=dtype))).all()
