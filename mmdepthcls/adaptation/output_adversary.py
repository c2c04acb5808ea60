"""An adversary that tells predictions of two domains apart, until they are alike."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import nn

from ..models.bin_logits import BinLogits
from ..models.decoded_maps import probabilities_of_model_bins
from .adaptation_method import AdaptationMethod, check_number, images_at, indices_by_domain
from .network_output import logits_of, makes_losses_of_logits, read_depth

OUTPUTS = ('probabilities', 'log_depth')


@MODELS.register_module()
class OutputAdversary(AdaptationMethod):
    """A discriminator sees what the model predicts of each place of an image, and learns of which domain it is; the
    model learns to have its predictions of the target taken for some of the source (the idea of AdaDepth, Kundu et al.,
    2018, in the output space of AdaptSegNet, Tsai et al., 2018).

    Both learn in one step: the discriminator's gradient is reversed where it enters the target's predictions (Ganin and
    Lempitsky, 2015), times ``strength``, which grows from 0 as 2 / (1 + exp(-10 t / ramp)) - 1 in the iterations t.
    Predictions of the source are seen without a gradient: these have their labels. Adds ``loss_discriminator`` and
    ``acc_discriminator``, in percent, to the log.

    Args:
        loss_weight: of the discriminator's own loss, as :class:`AdaptationMethod` has it.
        strength: of the reversed gradient, beside the losses of the source. Ganin and Lempitsky go to 1, AdaptSegNet to
            0.001.
        ramp: iterations.
        output: what the discriminator sees: 'probabilities' of the bins, for decoders of a softmax, or the decoded
            'log_depth', from -1 at the first edge of the bins to 1 at the last.
        channels: of the discriminator's layers, each of which halves the map.
        target_labels: see :class:`AdaptationMethod`.

    Raises:
        ValueError: for arguments without sense; for probabilities of a model that has none, and depth that is read
            without a gradient.
    """

    def __init__(self, loss_weight: float = 1.0, strength: float = 0.1, ramp: int = 1000,
                 output: str = 'probabilities', channels: Sequence[int] = (64, 128, 256),
                 target_labels: bool = False) -> None:
        super().__init__(loss_weight, target_labels)
        check_number(self, 'strength', strength)
        check_number(self, 'ramp', ramp, least=1)
        if output not in OUTPUTS:
            raise ValueError(f'OutputAdversary: output must be one of {OUTPUTS}, got {output!r}')
        if not channels or any(isinstance(each, bool) or not isinstance(each, int) or each < 1 for each in channels):
            raise ValueError(f'OutputAdversary: expected channels, numbers from 1 on, got {channels!r}')
        self.strength, self.ramp, self.output, self.channels = strength, ramp, output, tuple(channels)
        self.iterations: torch.Tensor
        self.register_buffer('iterations', torch.zeros(()))

    def attach(self, model: Any) -> None:
        """See :class:`AdaptationMethod`."""
        if self.output == 'probabilities' and not model.decoder.of_softmax:
            raise ValueError(f"OutputAdversary: {type(model.decoder).__name__} reads no probabilities of bins. Set "
                             "model.adaptation.output='log_depth'.")
        if self.output == 'log_depth' and not _has_gradient(model):
            remedy = "output='probabilities'" if model.decoder.of_softmax else "type='DeepCORAL'"
            raise ValueError(f'OutputAdversary: what {type(model.decoder).__name__} reads has no gradient. Set '
                             f'model.adaptation.{remedy}.')
        self.discriminator = discriminator(model.bins.num_bins if self.output == 'probabilities' else 1, self.channels)

    def loss(self, model: Any, inputs: torch.Tensor, data_samples: Sequence[Any]) -> dict[str, torch.Tensor]:
        """See :class:`AdaptationMethod`."""
        source, target = indices_by_domain(data_samples)
        features, head = model.extract_feat(inputs), model.decode_head
        logits = logits_of(head, features)
        known = self.labelled(source, data_samples)
        read = images_at(logits.logits, known) if makes_losses_of_logits(head) else None
        losses = model.loss_of_features([images_at(each, known) for each in features],
                                        [data_samples[index] for index in known], read)
        with torch.autocast(inputs.device.type, enabled=False):
            seen = self._seen(model, logits)
            growth = 2 / (1 + (-10 * self.iterations / self.ramp).exp()) - 1
            answers = (self.discriminator(images_at(seen, source).detach()),
                       self.discriminator(reversed_gradient(images_at(seen, target), self.strength * growth)))
            self.iterations += 1
            truth = (torch.ones_like(answers[0]), torch.zeros_like(answers[1]))
            costs = [F.binary_cross_entropy_with_logits(*each) for each in zip(answers, truth, strict=True)]
            right = [((answer > 0) == (true > 0.5)).float().mean() for answer, true in zip(answers, truth, strict=True)]
        losses['loss_discriminator'] = self.loss_weight * sum(costs) / 2
        losses['acc_discriminator'] = 100 * sum(right) / 2
        return losses

    def _seen(self, model, logits):
        if self.output == 'probabilities':
            return probabilities_of_model_bins(logits, model.bins)
        depth = read_depth(model, logits)
        first, last = (math.log(max(edge, 1e-3)) for edge in (model.bins.min_depth, model.bins.max_depth))
        return 2 * (depth.clamp_min(1e-3).log() - first) / (last - first) - 1


def _has_gradient(model):
    logits = torch.zeros(1, model.decoder.num_logits or model.bins.num_bins, 1, 1, requires_grad=True)
    return read_depth(model, BinLogits(logits)).requires_grad


def discriminator(in_channels: int, channels: Sequence[int]) -> nn.Sequential:
    """Convolutions of 3 x 3 that halve a map each, whatever its size; at the end one logit a place, above 0 for the
    source."""
    layers: list[nn.Module] = []
    for number in channels:
        layers += [nn.Conv2d(in_channels, number, 3, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
        in_channels = number
    return nn.Sequential(*layers, nn.Conv2d(in_channels, 1, 1))


class _Reversal(torch.autograd.Function):
    """Leaves what goes forward as it is, and turns what comes back."""

    @staticmethod
    def forward(ctx, values, strength):
        ctx.save_for_backward(strength)
        return values.view_as(values)

    @staticmethod
    def backward(ctx, gradient):
        strength, = ctx.saved_tensors
        return -strength * gradient, None


def reversed_gradient(values: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    """The values, whose gradient comes back times -strength (0-dimensional)."""
    return _Reversal.apply(values, strength)
