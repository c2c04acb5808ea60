import numpy as np
import pytest
import torch

from mmdepthcls.models.temperature import (
    HIGHEST,
    LOWEST,
    TEMPERATURE_KEY,
    fit_temperature,
    read_temperature,
    stored_temperature,
)


def sample(temperature, num=20_000, num_bins=7, seed=0):
    """Labels drawn from softmax(logits / temperature)."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (num, num_bins))
    p = np.exp(logits / temperature)
    labels = (p.cumsum(1) / p.sum(1, keepdims=True) < rng.random((num, 1))).sum(1)
    return logits, labels


def nll(logits, labels, temperature):
    return torch.nn.functional.cross_entropy(torch.tensor(logits / temperature), torch.tensor(labels)).item()


@pytest.mark.parametrize('temperature', [0.4, 1.0, 2.5])
def test_finds_the_temperature_of_the_data(temperature):
    logits, labels = sample(temperature)
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(temperature, rel=0.03)
    least = nll(logits, labels, found)
    assert all(least <= nll(logits, labels, found * factor) for factor in (0.9, 0.99, 1.01, 1.1))


def test_equals_a_search_by_torch():
    logits, labels = sample(1.7, 3000)
    log_temperature = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=50, tolerance_grad=1e-12, line_search_fn='strong_wolfe')

    def closure():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(torch.tensor(logits) / log_temperature.exp(), torch.tensor(labels))
        loss.backward()
        return loss

    optimizer.step(closure)
    assert fit_temperature(logits, labels) == pytest.approx(log_temperature.exp().item(), rel=1e-5)


def test_offsets_and_order_mean_nothing():
    logits, labels = sample(1.5, 1000)
    found = fit_temperature(logits, labels)
    assert fit_temperature(logits + 500, labels) == pytest.approx(found, rel=1e-6)
    assert fit_temperature(logits[::-1], labels[::-1]) == pytest.approx(found, rel=1e-6)


def test_ends_of_the_range():
    logits = np.eye(3) * 4
    assert fit_temperature(logits, np.array([0, 1, 2])) == pytest.approx(LOWEST)
    assert fit_temperature(logits, np.array([1, 2, 0])) == pytest.approx(HIGHEST)
    with pytest.raises(ValueError, match='no pixel'):
        fit_temperature(logits[:0], np.array([], int))


def test_is_read_as_it_was_stored():
    assert read_temperature(None) == 1.0 and read_temperature(stored_temperature(1.37)) == 1.37
    for wrong in (torch.tensor(0.0), torch.tensor(float('nan')), torch.tensor([1.0, 2.0]), 'hot'):
        with pytest.raises(ValueError, match='expected one positive number'):
            read_temperature(wrong)


def test_is_saved_with_the_weights_only_where_it_is_not_1(build_model):
    model, other = build_model(), build_model()
    assert TEMPERATURE_KEY not in model.state_dict()
    model.temperature = 1.7
    weights = model.state_dict()
    other.load_state_dict(weights)
    assert other.temperature == 1.7 and TEMPERATURE_KEY in weights
    other.load_state_dict(build_model().state_dict())
    assert other.temperature == 1.0  # it belongs to the weights


def test_a_training_begins_at_1(build_model):
    source, model = build_model(), build_model()
    source.temperature = 1.7
    model.init_weights()
    model.load_state_dict(source.state_dict())
    assert model.temperature == 1.0


def test_a_temperature_without_sense_is_refused(build_model):
    with pytest.raises(ValueError, match='temperature=-1'):
        build_model().load_state_dict({**build_model().state_dict(), TEMPERATURE_KEY: torch.tensor(-1)})


def test_trusted_weights_without_edges_and_temperature_load(build_model):
    weights = {key: value for key, value in build_model().state_dict().items() if key != 'bin_edges'}
    model = build_model(require_edges=False)
    model.load_state_dict(weights)
    assert model.temperature == 1.0
