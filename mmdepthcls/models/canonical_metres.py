"""Metres of a canonical camera in a model: labels are of them, results in the metres of each picture's own camera."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.structures import PixelData

from ..camera import canonical_depth, check_camera_settings, focal_correction, missing_focal

FOCAL_KEY = 'canonical_focal_px'  # in checkpoints, and of a sample that went through a CanonicalCamera
DONE = 'depth_is_canonical'  # of a sample
IN_METRES = ('pred_depth_map', 'pred_std', 'pred_interval')


class CanonicalMetres:
    """From the metres of cameras to those of a model's bins, and back.

    Args:
        focal_px: of the canonical camera, in pixels of the network's input; None: there is none, and the bins are of
            each camera's own metres.
        depth_range: nearest and farthest depth, in metres of the camera that took a picture, that are learned. Default:
            the bins alone decide.

    Raises:
        ValueError: for what is no focal length, and no range.
    """

    def __init__(self, focal_px: float | None = None, depth_range: Sequence[float] | None = None) -> None:
        self.focal_px, self.depth_range = check_camera_settings(focal_px, depth_range, 'DepthClassifier')

    def __repr__(self) -> str:
        return 'no canonical camera' if self.focal_px is None else f'a canonical camera of {self.focal_px:g} px'

    def factor(self, metainfo: Mapping[str, Any]) -> float:
        """By which metres of the bins are multiplied to be those of the camera that took a picture.

        Args:
            metainfo: of the sample; ``focal_px`` in pixels of the network's input.

        Returns:
            1 without a canonical camera.

        Raises:
            ValueError: if its focal length is not known, or its pipeline has another canonical camera; names the image.
        """
        self._check_pipeline(metainfo)
        if self.focal_px is None:
            return 1.0
        focal = metainfo.get('focal_px')
        if focal is None:
            raise ValueError(missing_focal(metainfo.get('img_path') or 'a sample', metainfo.get('focal_lost')))
        return focal_correction(float(focal), self.focal_px)

    def to_canonical(self, data_samples: Sequence[Any]) -> None:
        """Bring the ground truth of training samples to the metres of the bins, once; what is not learned becomes 0.

        Args:
            data_samples (list[SegDataSample]): changed in place.

        Raises:
            ValueError: see :meth:`factor`.
        """
        for sample in data_samples:
            if DONE in sample.metainfo:
                continue
            factor = self.factor(sample.metainfo)
            if (self.focal_px is not None or self.depth_range is not None) and 'gt_depth_map' in sample:
                depth = canonical_depth(sample.gt_depth_map.data, factor, 1.0, self.depth_range)
                sample.set_data(dict(gt_depth_map=PixelData(data=depth)))
                sample.set_metainfo({DONE: True})

    def in_metres(self, maps: dict[str, torch.Tensor], factor: float) -> dict[str, torch.Tensor]:
        """Maps of an image by name, those in metres multiplied by what :meth:`factor` gives."""
        if factor == 1:
            return maps
        return {name: values * factor if name in IN_METRES else values for name, values in maps.items()}

    def _check_pipeline(self, metainfo):
        given = metainfo.get(FOCAL_KEY)
        if given is not None and (self.focal_px is None or abs(given / self.focal_px - 1) > 1e-6):
            raise ValueError(
                f'{metainfo.get("img_path")}: its pipeline has a CanonicalCamera of {given:g} px, but the model has '
                f'{self!r}. Set model.canonical_focal_px and focal_px of CanonicalCamera to the same number of pixels.')


def stored_focal(focal_px: float) -> torch.Tensor:
    """A canonical focal length as it is saved: scalar float64 tensor."""
    return torch.tensor(focal_px, dtype=torch.float64)


def same_focal(stored: Any, focal_px: float | None) -> bool:
    """Whether what a checkpoint says (None: nothing) is the focal length of a model (None: no canonical camera)."""
    if stored is None or focal_px is None:
        return stored is None and focal_px is None
    if not torch.is_tensor(stored) or stored.numel() != 1 or not stored.is_floating_point():
        return False
    return abs(float(stored) / focal_px - 1) <= torch.finfo(stored.dtype).eps + 1e-9


def describe_focal(stored: Any) -> str:
    """What a checkpoint says of its canonical camera, for messages."""
    if stored is None:
        return 'without a canonical camera'
    number = float(stored) if torch.is_tensor(stored) and stored.numel() == 1 else stored
    return f'with canonical_focal_px={number}'
