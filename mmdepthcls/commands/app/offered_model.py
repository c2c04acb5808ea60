"""A model that the page offers, and what can be asked of it."""
from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from pathlib import Path

from ...apis.depth_inferencer import DepthInferencer
from ...apis.loaded_model import shipped_model
from ...datasets.cameras.camera_finder import CameraFinder
from .logit_reading import LogitReading

WANTED = ('confidence', 'interval')


class OfferedModel:
    """A model with what the page says of it.

    Args:
        name: what the page calls it.
        inferencer: predicts.
        provisional: whether it is the one that comes with the package.

    Attributes:
        outputs (tuple[str, ...]): of confidence and interval what it can give.
        reading (LogitReading): the ways to read its logits.
    """

    def __init__(self, name: str, inferencer: DepthInferencer, provisional: bool = False) -> None:
        self.name, self.inferencer, self.provisional = name, inferencer, provisional
        self.reading = LogitReading(inferencer.loaded.classifier)
        self.outputs = tuple(each for each in WANTED if _gives(inferencer, each))

    def of_camera(self, focal_px: float | None, fov: float | None) -> DepthInferencer:
        """The same model for pictures of another camera.

        Raises:
            ValueError: for what no camera has.
        """
        inferencer = copy.copy(self.inferencer)  # shares the weights, and the lock
        inferencer.cameras = CameraFinder(None, focal_px, fov)
        return inferencer

    @property
    def coverage(self) -> float:
        """What share of the probability an interval holds."""
        widening = self.inferencer.loaded.calibration[1]
        return widening['coverage'] if widening else 0.9


def load_models(paths: Sequence[str] | None, device: str | None) -> list[OfferedModel]:
    """Load the models that the page offers.

    Args:
        paths: model files and exported files; None: the model of this package.
        device: where they compute.

    Raises:
        OSError, ValueError: for what is no model; names the file.
    """
    if paths is None:
        path = shipped_model()
        return [OfferedModel(Path(path).stem, DepthInferencer(path, device=device), provisional=True)]
    names = names_of(paths)
    shipped = os.path.realpath(shipped_model())
    return [OfferedModel(name, DepthInferencer(path, device=device), os.path.realpath(path) == shipped)
            for name, path in zip(names, paths, strict=True)]


def names_of(paths: Sequence[str]) -> list[str]:
    """What files are called: by their names, those of the same name with as much of their paths as tells them apart.

    Raises:
        ValueError: for a file that is given twice.
    """
    parts = [Path(path).absolute().parts for path in paths]
    twice = next((path for index, path in enumerate(paths) if parts[index] in parts[:index]), None)
    if twice is not None:
        raise ValueError(f'--model {twice} is given twice')
    return [next('/'.join(each[-depth:]) for depth in range(1, len(each) + 1)
                 if sum(other[-depth:] == each[-depth:] for other in parts) == 1) for each in parts]


def _gives(inferencer, output):
    try:
        inferencer.check_outputs((output, ))
    except ValueError:
        return False
    return True
