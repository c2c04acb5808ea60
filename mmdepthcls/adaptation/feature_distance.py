"""Base of methods that make the features of two domains alike."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from .adaptation_method import AdaptationMethod, check_number, images_at, indices_by_domain


class FeatureDistance(AdaptationMethod):
    """Adds a distance between the features of the two domains of a batch. Each place of a feature map is one vector of
    its channels; with several processes each compares what it has.

    A subclass has :meth:`distance`, and says its ``loss_name``.

    Args:
        loss_weight: see :class:`AdaptationMethod`.
        level: which of the backbone's feature maps, or several of them, whose distances are added. Default: the last.
        after_neck: take the maps of the model's neck instead.
        places: how many vectors of a domain are compared at the most, drawn anew for each batch; None: all.
        target_labels: see :class:`AdaptationMethod`.

    Raises:
        ValueError: for arguments without sense; in training, for maps that the model does not have.
    """
    loss_name: str = 'loss_features'

    def __init__(self, loss_weight: float = 1.0, level: int | Sequence[int] = -1, after_neck: bool = False,
                 places: int | None = None, target_labels: bool = False) -> None:
        super().__init__(loss_weight, target_labels)
        self.levels = [level] if isinstance(level, int) else list(level)
        if not self.levels or any(isinstance(each, bool) or not isinstance(each, int) for each in self.levels):
            raise ValueError(f'{type(self).__name__}: level is the number of a feature map, or a list of such, got '
                             f'{level!r}')
        if places is not None:
            check_number(self, 'places', places, least=2)
        self.after_neck = after_neck
        self.places = places

    def attach(self, model: Any) -> None:
        """See :class:`AdaptationMethod`."""
        if self.after_neck and not model.with_neck:
            raise ValueError(f'{type(self).__name__}: after_neck=True, but the model has no neck. Set '
                             'model.adaptation.after_neck=False.')

    def loss(self, model: Any, inputs: torch.Tensor, data_samples: Sequence[Any]) -> dict[str, torch.Tensor]:
        """See :class:`AdaptationMethod`."""
        source, target = indices_by_domain(data_samples)
        maps = model.backbone(inputs)
        features = model.neck(maps) if model.with_neck else maps
        known = self.labelled(source, data_samples)
        losses = model.loss_of_features([images_at(each, known) for each in features],
                                        [data_samples[index] for index in known])
        losses[self.loss_name] = self.loss_weight * sum(
            self._of_map(each, source, target) for each in self._levels(features if self.after_neck else maps))
        return losses

    def distance(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Distance (0-dimensional) of (n, C) and (m, C) float32 vectors, n and m from 2 on."""
        raise NotImplementedError

    def _levels(self, maps):
        for level in self.levels:
            if not -len(maps) <= level < len(maps):
                raise ValueError(f'{type(self).__name__}: there is no feature map {level}; the '
                                 f'{"neck" if self.after_neck else "backbone"} gives {len(maps)}. Set '
                                 f'model.adaptation.level to one of -{len(maps)}..{len(maps) - 1}.')
            yield maps[level]

    def _of_map(self, values, source, target):
        with torch.autocast(values.device.type, enabled=False):
            return self.distance(self._vectors(values, source), self._vectors(values, target))

    def _vectors(self, values, indices):
        """(n, C) float32 of (N, C, h, w)."""
        chosen = images_at(values, indices).float()
        vectors = chosen.permute(0, 2, 3, 1).reshape(-1, chosen.shape[1])
        if len(vectors) < 2:
            raise ValueError(f'{type(self).__name__}: a feature map of {chosen.shape[2]} x {chosen.shape[3]} places '
                             f'and {len(chosen)} image is a single vector, of which no distribution can be seen. Train '
                             'with more images a batch, or larger ones.')
        if self.places is None or self.places >= len(vectors):
            return vectors
        return vectors[torch.randperm(len(vectors), device=vectors.device)[:self.places]]
