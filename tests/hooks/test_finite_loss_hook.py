from types import SimpleNamespace

import pytest
import torch

from mmdepthcls.hooks import FiniteLossHook


@pytest.mark.parametrize('value', [float('nan'), float('inf'), -float('inf')])
def test_stops_naming_iteration_and_losses(value):
    outputs = dict(loss=torch.tensor(value, requires_grad=True), **{'decode.loss_ce': torch.tensor(value)})
    with pytest.raises(FloatingPointError, match='iteration 42.*decode.loss_ce'):
        FiniteLossHook().after_train_iter(SimpleNamespace(iter=41), 0, outputs=outputs)


def test_lets_finite_losses_pass():
    FiniteLossHook().after_train_iter(SimpleNamespace(iter=0), 0, outputs=dict(loss=torch.tensor(3.0)))
    FiniteLossHook().after_train_iter(SimpleNamespace(iter=0), 0, outputs=None)
