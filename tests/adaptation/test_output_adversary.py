"""The adversary: what its gradient does to the model, and what it does to itself."""
import copy
import math

import pytest
import torch
from torch.testing import assert_close

from mmdepthcls.adaptation import OutputAdversary
from mmdepthcls.adaptation.output_adversary import discriminator, reversed_gradient


def test_a_reversed_gradient_goes_the_other_way():
    values = torch.tensor([1.0, -2.0], requires_grad=True)
    passed = reversed_gradient(values, torch.tensor(0.25))
    assert torch.equal(passed, values)
    (3 * passed).sum().backward()
    assert values.grad.tolist() == [-0.75, -0.75]


@pytest.mark.parametrize('size', [(1, 1), (3, 2), (9, 31)])
def test_a_discriminator_takes_maps_of_any_size(size):
    assert discriminator(5, (4, 6))(torch.rand(2, 5, *size)).shape[:2] == (2, 1)


@pytest.fixture
def step(build_model, make_batch):
    """Losses of a model with an adversary, its gradients, and the model."""
    def run(iterations=0, output='probabilities', **changes):
        model = build_model(adaptation=dict(type='OutputAdversary', strength=2.0, ramp=10, output=output,
                                            channels=(4, )), **changes)
        model.adaptation.iterations += iterations
        batch = make_batch(num=4)
        for sample, domain in zip(batch['data_samples'], ('source', 'target') * 2, strict=True):
            sample.set_metainfo(dict(domain=domain))
        losses = model(**model.data_preprocessor(batch, True), mode='loss')
        return losses, model
    return run


def gradient_of(loss, weights):
    return torch.cat([each.flatten() for each in torch.autograd.grad(loss, weights, retain_graph=True)])


def test_it_pushes_the_model_up_the_loss_that_it_goes_down_itself(step):
    """And the more the later, as the schedule says: the gradient is compared with that of the loss without reversal."""
    losses, model = step(iterations=5)
    weights = list(model.decode_head.parameters())
    got = gradient_of(losses['loss_discriminator'], weights)
    strength = 2.0 * (2 / (1 + math.exp(-10 * 5 / 10)) - 1)
    import mmdepthcls.adaptation.output_adversary as module
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, 'reversed_gradient', lambda values, strength: values)
        plain, other = step(iterations=5)
    expected = -strength * gradient_of(plain['loss_discriminator'], list(other.decode_head.parameters()))
    assert got.abs().max() > 0
    assert_close(got, expected)
    own = [list(each.adaptation.discriminator.parameters()) for each in (model, other)]
    assert_close(gradient_of(losses['loss_discriminator'], own[0]), gradient_of(plain['loss_discriminator'], own[1]))


def test_at_the_beginning_it_only_looks_on(step):
    losses, model = step()
    assert gradient_of(losses['loss_discriminator'], list(model.decode_head.parameters())).abs().max() == 0
    assert model.adaptation.iterations == 1
    assert 0 <= losses['acc_discriminator'] <= 100
    assert losses['loss_discriminator'].item() == pytest.approx(math.log(2), abs=0.2)


def test_source_losses_are_those_of_a_model_that_sees_the_source_features_alone(step):
    """One forward of the head serves both; a head that makes its losses in a way of its own is called again."""
    losses, model = step()
    from mmdepthcls.adaptation import network_output, output_adversary
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output_adversary, 'makes_losses_of_logits', lambda head: False)
        again, _ = step()
    assert network_output.makes_losses_of_logits(model.decode_head)
    assert losses.keys() == again.keys()
    for name, value in losses.items():
        assert_close(value, again[name], msg=name)


@pytest.mark.parametrize('changes', [
    dict(decode_head=dict(type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2),
                          loss_decode=dict(type='RegressionSILogLoss')), decoder=dict(type='RegressionDecoder')),
    dict(decode_head=dict(type='AdaptiveBinsHead', head=dict(
        type='DeepLabV2Head', in_channels=64, in_index=3, dilations=(1, 2)), loss_decode=[
            dict(type=f'{name}Loss') for name in ('ExpectationSILog', 'BinChamfer')])),
])
def test_decoded_depth_is_seen_of_every_model(step, changes):
    losses, model = step(iterations=20, output='log_depth', **copy.deepcopy(changes))
    assert gradient_of(losses['loss_discriminator'], list(model.backbone.parameters())).abs().max() > 0


def test_probabilities_of_a_model_that_has_none_are_refused(build_model):
    with pytest.raises(ValueError, match="OrdinalDecoder.*output='log_depth'"):
        build_model(decoder=dict(type='OrdinalDecoder'), adaptation=dict(type='OutputAdversary'))


@pytest.mark.parametrize('decoder', ['OrdinalDecoder', 'ArgmaxDecoder'])
def test_readings_without_a_gradient_are_refused(build_model, decoder):
    with pytest.raises(ValueError, match=f'what {decoder} reads has no gradient'):
        build_model(decoder=dict(type=decoder), adaptation=dict(type='OutputAdversary', output='log_depth'))


@pytest.mark.parametrize('arguments', [
    dict(strength=-1), dict(ramp=0), dict(output='logits'), dict(channels=()), dict(channels=(0, )), dict(ramp='x')])
def test_arguments_without_sense_are_refused(arguments):
    with pytest.raises(ValueError, match=f'OutputAdversary.*{next(iter(arguments))}'):
        OutputAdversary(**arguments)
