"""A trial build has the shapes of the model, and an end."""
import time

import pytest
import torch
from torch import nn

from mmdepthcls.apis.guarded_build import BuildLimitError, trial_build


def test_it_has_the_shapes_and_not_the_memory():
    def build():
        return nn.Sequential(nn.Conv2d(3, 512, 3), nn.BatchNorm2d(512), nn.Linear(512, 1000))
    state, trial = torch.get_rng_state(), trial_build(build, 9, 600000)
    assert torch.equal(torch.get_rng_state(), state)
    shapes = {key: (value.shape, value.dtype) for key, value in build().state_dict().items()}
    assert {key: (value.shape, value.dtype) for key, value in trial.state_dict().items()} == shapes
    assert trial[2].weight.is_meta and not trial[0].weight.is_meta  # 14 kB are made in earnest
    assert not nn.Linear(512, 1000).weight.is_meta  # afterwards all is as it was


def test_constructors_may_compute():
    class Layers(nn.Module):
        def __init__(self):
            super().__init__()
            self.rates = [rate.item() for rate in torch.linspace(0, 0.3, 7)]
            places = torch.stack(torch.meshgrid(torch.arange(7), torch.arange(7), indexing='ij')).flatten(1)
            self.register_buffer('index', (places[:, :, None] - places[:, None]).sum(0))

    trial, real = trial_build(Layers, 1, 49 * 49), Layers()
    assert trial.rates == real.rates and torch.equal(trial.index, real.index)


@pytest.mark.parametrize('build', [
    lambda: nn.Linear(1 << 20, 1 << 20), lambda: nn.Embedding(1 << 40, 1),
    lambda: nn.Sequential(*(nn.ReLU() for _ in range(10000))), lambda: [nn.Parameter(torch.zeros(8)) for _ in range(3)]
    and nn.Sequential(*(nn.Linear(4, 4) for _ in range(10000))),
    lambda: torch.arange(60000)[:, None] - torch.arange(60000)[None],
    lambda: torch.ones(200, 200).repeat(200, 200),
    lambda: [torch.zeros(1 << 26) for _ in range(100)],
], ids=['a layer', 'a table', 'modules', 'tensors', 'a difference', 'copies', 'many'])
def test_what_is_larger_than_its_weights_ends_soon(build):
    start = time.process_time()
    with pytest.raises(BuildLimitError):
        trial_build(build, 2, 1000)
    assert time.process_time() - start < 4
    assert torch.zeros(1 << 17).sum() == 0 and nn.ReLU()  # nothing is counted afterwards
