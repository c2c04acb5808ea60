"""Steps that are not made: against optimizers that were never given the bad gradient."""
import copy

import pytest
import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch.testing import assert_close
from waiting_mode import Waiting

from mmdepthcls.hooks.step_guard import FiniteRecord, StepGuard, are_finite, unfinite_names

OPTIMIZERS = {
    'sgd': lambda weights: torch.optim.SGD(weights, lr=0.1),
    'momentum': lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9, weight_decay=0.1),
    'adam': lambda weights: torch.optim.AdamW(weights, lr=0.1, capturable=False),
}
BAD = [float('nan'), float('inf'), -float('inf')]


def trained(kind, factors, waits, guarded=True, **options):
    """Weights after steps whose losses have these factors; what was found."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    inputs = torch.rand(len(factors), 5, 3)
    wrapper = OptimWrapper(OPTIMIZERS[kind](model.parameters()), **copy.deepcopy(options))
    record = FiniteRecord()
    guard = StepGuard(wrapper, record, waits=waits) if guarded else None
    for number, factor in enumerate(factors):
        if factor is None:
            continue
        if guard:
            guard.iteration = number + 1
        wrapper.update_params(model(inputs[number]).square().mean() * factor)
    return model.state_dict(), record


@pytest.mark.parametrize('waits', [True, False])
@pytest.mark.parametrize('bad', BAD)
@pytest.mark.parametrize('kind', ['sgd', 'momentum'])
def test_a_bad_step_is_as_if_it_had_not_been(kind, bad, waits):
    """The first one, before the optimizer has a state, and a later one."""
    expected, _ = trained(kind, [None, 1.0, 2.0, None, 1.0], waits, guarded=False)
    weights, record = trained(kind, [bad, 1.0, 2.0, bad, 1.0], waits)
    assert_close(weights, expected, rtol=0, atol=0)
    assert record.take() == (2, 1) and record.take() == (0, 0)


@pytest.mark.parametrize('waits', [True, False])
def test_adam_keeps_its_weights(waits):
    before, _ = trained('adam', [1.0, 2.0], waits)
    weights, record = trained('adam', [1.0, 2.0, float('nan')], waits)
    assert_close(weights, before, rtol=0, atol=0)
    assert record.take() == (1, 3)


@pytest.mark.parametrize('clip_grad', [None, dict(max_norm=0.1), dict(type='value', clip_value=0.1)])
@pytest.mark.parametrize('kind', OPTIMIZERS)
def test_good_steps_are_those_without_a_guard(kind, clip_grad):
    factors = [1.0, 3.0, -2.0, 1e18]
    expected, _ = trained(kind, factors, None, guarded=False, clip_grad=clip_grad)
    for waits in (True, False):
        weights, record = trained(kind, factors, waits, clip_grad=clip_grad)
        assert_close(weights, expected, rtol=0, atol=0)
        assert record.take() == (0, 0)


def test_one_bad_loss_spoils_its_cycle_only():
    expected, _ = trained('momentum', [None, None, 1.0, 1.0], True, guarded=False, accumulative_counts=2)
    for waits in (True, False):
        weights, record = trained('momentum', [float('nan'), 1.0, 1.0, 1.0], waits, accumulative_counts=2)
        assert_close(weights, expected, rtol=0, atol=0)
        assert record.take()[1] == 1


def test_a_gradient_may_be_bad_where_the_loss_is_not():
    weight = torch.nn.Parameter(torch.zeros(2))
    wrapper, record = OptimWrapper(torch.optim.SGD([weight], lr=1.0)), FiniteRecord()
    guard = StepGuard(wrapper, record)
    guard.iteration = 7
    wrapper.update_params(weight.sqrt().sum())  # 0, whose derivative is infinite
    assert record.take() == (1, 7) and torch.equal(weight, torch.zeros(2))
    guard.remove()
    wrapper.update_params(weight.sqrt().sum())
    assert not torch.isfinite(weight).all()


@pytest.mark.parametrize('kind', OPTIMIZERS)
def test_nothing_is_waited_for(kind):
    model = torch.nn.Linear(3, 1)
    plain, guarded = (OptimWrapper(OPTIMIZERS[kind](model.parameters())) for _ in range(2))
    StepGuard(guarded, FiniteRecord(), waits=False)
    found = []
    for wrapper in (plain, guarded):
        with Waiting() as waiting:
            for _ in range(2):
                wrapper.update_params(model(torch.ones(2, 3)).mean())
        found.append(waiting.found)
    assert found[0] == found[1]  # Adam asks for the number of its step, which lies on the CPU


class Scaler:
    """As torch's, on a CPU, whose scale is set by hand."""

    def __init__(self, scale):
        self._scale, self.steps = torch.tensor(scale), 0

    def is_enabled(self):
        return True

    def scale(self, loss):
        return loss * self._scale

    def step(self, optimizer, **kwargs):
        self.steps += 1

    def update(self, new_scale=None):
        pass


@pytest.mark.parametrize(('scale', 'factor', 'expected'), [
    (65536.0, 1e38, (0, 0)), (1.0, 1e38, (0, 0)), (1.0, float('nan'), (1, 3)), (65536.0, float('inf'), (1, 3))])
def test_an_overflow_of_the_scaler_is_no_error(scale, factor, expected):
    """Its scaled gradient overflows; a loss that does is one at any scale, a gradient from scale 1 on."""
    weight = torch.nn.Parameter(torch.ones(2))
    wrapper = OptimWrapper(torch.optim.SGD([weight], lr=0.1))
    wrapper.loss_scaler = Scaler(scale)
    wrapper.backward = lambda loss: AmpOptimWrapper.backward(wrapper, loss)
    wrapper.step = lambda **kwargs: AmpOptimWrapper.step(wrapper, **kwargs)
    wrapper._scale_update_param = None
    record = FiniteRecord()
    StepGuard(wrapper, record).iteration = 3
    wrapper.update_params(weight.mean() * factor)
    assert record.take() == expected and wrapper.loss_scaler.steps == 1  # it is the scaler that skips


def test_large_numbers_are_finite():
    large = torch.full((3, ), 3e38)
    sparse = torch.sparse_coo_tensor([[0]], [1.0], (3, ))
    assert are_finite([large, -large, sparse, torch.zeros(0)])
    for bad in BAD:
        assert not are_finite([large, torch.tensor([1.0, bad])])
        assert unfinite_names(dict(a=large, b=torch.tensor([bad, 1.0]), c=torch.tensor([1]))) == ['b']
    assert unfinite_names(dict(half=torch.full((2, ), 60000.0, dtype=torch.float16))) == []
