"""Base of what trains a model on batches of two domains."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from .two_domain_data import DOMAIN, DOMAINS, SOURCE, TARGET


class AdaptationMethod(nn.Module):
    """A way to learn from batches of two domains, :class:`.TwoDomainDataset`: the source, whose depth is known, and the
    target, of which images alone are looked at. It is the ``adaptation`` of a model::

        model = dict(adaptation=dict(type='DeepCORAL', loss_weight=1.0))

    A subclass has :meth:`loss`, and becomes a ``type`` by ``MODELS.register_module()``. What it learns or counts is a
    parameter or a buffer, so that a training resumes exactly; checkpoints hold it under ``adaptation.``, and are taken
    by models without an adaptation as they are by those with one. A subclass must have no ``init_weights``: its weights
    begin as they were built.

    Args:
        loss_weight: factor of what the method adds to the losses of the source.
        target_labels: the target has labels too, as self-training makes them: the losses of the model are those of both
            domains.

    Raises:
        ValueError: for a weight below 0 or that is no number.
    """

    def __init__(self, loss_weight: float = 1.0, target_labels: bool = False) -> None:
        super().__init__()
        check_number(self, 'loss_weight', loss_weight)
        self.loss_weight, self.target_labels = loss_weight, target_labels

    def attach(self, model: Any) -> None:
        """Make what depends on a model, :class:`~mmdepthcls.models.DepthClassifier` which must not be kept. Called
        once, when all of the model is built and nothing is initialised."""

    def loss(self, model: Any, inputs: torch.Tensor, data_samples: Sequence[Any]) -> dict[str, torch.Tensor]:
        """Losses of a batch by their names: those of the model on what has labels, and the method's own.

        Args:
            model: the one that it is attached to.
            inputs: (N, 3, H, W) normalised images.
            data_samples: N; their metainfo has ``domain``.

        Raises:
            ValueError: for samples without a domain, and batches that lack one of the two.
        """
        raise NotImplementedError

    def labelled(self, source: Sequence[int], data_samples: Sequence[Any]) -> Sequence[int]:
        """Which samples of a batch have labels, of which ``source`` are of the source."""
        return range(len(data_samples)) if self.target_labels else source


def check_number(owner: Any, name: str, value: Any, least: float = 0.0, most: float = float('inf')) -> None:
    """Refuse an argument that is no number within two ends, in the name of its owner's class."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most or value == float(
            'inf'):
        ends = f'from {least:g} to {most:g}' if most < float('inf') else f'from {least:g} on'
        raise ValueError(f'{type(owner).__name__}: expected {name} {ends}, got {value!r}')


def indices_by_domain(data_samples: Sequence[Any]) -> tuple[list[int], list[int]]:
    """Which samples of a batch are of the source, and which of the target.

    Raises:
        ValueError: for a sample that is of neither, and a domain without a sample.
    """
    domains = [sample.metainfo.get(DOMAIN) for sample in data_samples]
    for sample, domain in zip(data_samples, domains, strict=True):
        if domain not in DOMAINS:
            raise ValueError(f"{sample.metainfo.get('img_path')}: expected a domain, 'source' or 'target', got "
                             f"{domain!r}. A model with an adaptation is trained on a TwoDomainDataset: set "
                             "train_dataloader.dataset.type='TwoDomainDataset', or take model.adaptation out.")
    found = {each: [index for index, domain in enumerate(domains) if domain == each] for each in DOMAINS}
    for domain, indices in found.items():
        if not indices:
            raise ValueError(f'a batch of {len(domains)} samples has none of the {domain}. Set train_dataloader.'
                             "batch_sampler=dict(type='TwoDomainBatchSampler', source=...), and room for both in "
                             'train_dataloader.batch_size.')
    return found[SOURCE], found[TARGET]


def images_at(maps: torch.Tensor, indices: Sequence[int]) -> torch.Tensor:
    """Some images of a batch (N, ...), by their indices. An index tensor would have to be sent to the device, which is
    waited for."""
    return torch.stack([maps[index] for index in indices])
