"""Measured pixels of an image and what a model says of them; and the division of images into groups. Pure."""
from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...datasets.kitti_layout import DRIVE

UNITS = ('image', 'folder')


@dataclass
class MeasuredImage:
    """P measured pixels of one image.

    Args:
        path: of the image.
        digest: :func:`~mmdepthcls.apis.image_sketch.image_hash` of it.
        gt: (P, ) positive metres.
        pred: (P, ) m, of the model, without any calibration of before.
        interval: (2, P) m, likewise.
        correction: by which the model's metres were multiplied for the camera.
        logits: (Q, K) of some of the pixels, divided by the model's temperature; None: not asked for.
        logits_gt: (Q, ) m, of those.
        places: (P, ) where each was measured, for messages; empty: at pixels of a depth map.
        camera: where its focal length is known from; '': it is unknown.
    """
    path: str
    digest: str
    gt: np.ndarray
    pred: np.ndarray
    interval: np.ndarray
    correction: float = 1.0
    logits: np.ndarray | None = field(default=None, repr=False)
    logits_gt: np.ndarray | None = field(default=None, repr=False)
    places: tuple[str, ...] = ()
    camera: str = ''

    def within(self, low: float, high: float) -> MeasuredImage:
        """The pixels whose measured depth lies in a range, m, times the image's correction."""
        kept = (self.gt >= low * self.correction) & (self.gt <= high * self.correction)
        return replace(self, gt=self.gt[kept], pred=self.pred[kept], interval=self.interval[:, kept])

    def uncorrected(self) -> MeasuredImage:
        """As the model says it without the correction for the camera."""
        factor = self.correction
        return self if factor == 1 else replace(self, pred=self.pred / factor, interval=self.interval / factor,
                                                correction=1.0)

    def unit(self, kind: str) -> str:
        """What is counted as one: the image, or what images of one drive or folder have in common."""
        if kind == 'image':
            return self.digest  # a copy of an image is the same one
        drive = DRIVE.search(self.path)
        return drive[0] if drive else os.path.dirname(os.path.abspath(self.path))


def groups_of(images: Sequence[MeasuredImage], unit: str) -> list[list[MeasuredImage]]:
    """Images that belong together, in an order that follows from their content alone.

    Args:
        images: of any order.
        unit: of :data:`UNITS`.
    """
    groups: dict[str, list[MeasuredImage]] = {}
    for image in images:
        groups.setdefault(image.unit(unit), []).append(image)
    return [groups[key] for key in sorted(groups, key=lambda key: (zlib.crc32(min(
        each.digest for each in groups[key]).encode()), key))]


def folds_of(groups: Sequence[list[MeasuredImage]], number: int) -> list[tuple[list, list]]:
    """Divisions for cross-validation: groups to fit to, and groups that are left out; each is left out once.

    Args:
        groups: of :func:`groups_of`, two at the least.
        number: of divisions, at the most.
    """
    number = min(number, len(groups))
    return [([each for index, each in enumerate(groups) if index % number != fold], list(groups[fold::number]))
            for fold in range(number)]
