"""What a depth classifier saves beside its weights (edges, canonical camera, temperature), and what becomes of a
checkpoint before its weights are loaded."""
from __future__ import annotations

from typing import Any

from . import bin_checkpoint
from .canonical_metres import FOCAL_KEY, stored_focal
from .image_bins_head import ImageBinsHead
from .temperature import TEMPERATURE_KEY, read_temperature, stored_temperature


class TrainingPhase:
    """Whether training has begun. Shared with deep copies: EMAHook copies the model before it is initialised."""

    def __init__(self) -> None:
        self.starts_training = False

    def __deepcopy__(self, memo: dict) -> TrainingPhase:
        return self


def add_state(model: Any, state_dict: dict[str, Any], prefix: str) -> None:
    """Write what a model saves beside its weights.

    Args:
        model (DepthClassifier)
        state_dict: changed in place.
        prefix: of the model's keys.
    """
    # Written from the bins and not kept as a buffer, which half() and to() would round.
    state_dict[prefix + bin_checkpoint.EDGES_KEY] = bin_checkpoint.stored_edges(model.bins)
    if model.canonical_focal_px is not None:
        state_dict[prefix + FOCAL_KEY] = stored_focal(model.canonical_focal_px)
    if model.temperature != 1:
        state_dict[prefix + TEMPERATURE_KEY] = stored_temperature(model.temperature)


def take_state(model: Any, state_dict: dict[str, Any], prefix: str, head_configs: dict,
               starts_training: bool) -> None:
    """Compare a checkpoint with a model, give the model its temperature, and leave the weights that are to be loaded.

    Args:
        model (DepthClassifier)
        state_dict: changed in place.
        prefix: of the model's keys.
        head_configs: see :func:`.keep_what_fits`.
        starts_training: whether whatever fits is taken, and not the whole model or nothing.

    Raises:
        BinMismatchError: see :func:`.require_all`.
        ValueError: for what is no temperature.
    """
    temperature = read_temperature(state_dict.pop(prefix + TEMPERATURE_KEY, None))
    if isinstance(model.decode_head, ImageBinsHead):
        model.decode_head.take_weights(state_dict, prefix + 'decode_head.')
    model.temperature = 1.0 if starts_training else temperature  # it is of the old weights
    if starts_training:
        bin_checkpoint.keep_what_fits(model, state_dict, prefix, model.bins, head_configs, model.canonical_focal_px)
    else:
        bin_checkpoint.require_all(model, state_dict, prefix, model.bins, model.require_edges,
                                   model.canonical_focal_px)
    if model.adaptation is None:
        bin_checkpoint.drop_adaptation(state_dict, prefix)
    for key in (bin_checkpoint.EDGES_KEY, FOCAL_KEY):
        state_dict.pop(prefix + key, None)
