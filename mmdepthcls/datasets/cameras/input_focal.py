"""Focal lengths in pixels of a network's input: what a config's pipeline makes of those of the images."""
from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from mmengine.config import ConfigDict
from mmengine.dataset import Compose
from mmseg.registry import TRANSFORMS

from ...config.config_class import class_name, class_of, is_a
from ..transforms.focal_tracking import OWN, RANDOMLY_RESIZING, RESIZED, SAME, focal_effect

# Of what changes no focal length these decide what is resized after them.
OF_SIZE = ('KBCrop', 'DepthCrop')


class InputFocal:
    """What the steps of a pipeline do to focal lengths, without any image.

    Args:
        steps (sequence of dict): configs of transforms.

    Attributes:
        unclear (str or None): the first step of which it is not known, or is random.
    """

    def __init__(self, steps: Sequence[dict]) -> None:
        effects = [(step, _effect(step)) for step in steps]
        self.unclear = next((class_name(step) for step, effect in effects if effect is None), None)
        self._resize = None if self.unclear else Compose([
            TRANSFORMS.build(ConfigDict(step).to_dict()) for step, effect in effects
            if effect in (RESIZED, OWN) or is_a(step, TRANSFORMS, *OF_SIZE)])
        self._known = lru_cache(64)(self._run)

    def __call__(self, focal_px: float, shape: tuple[int, int]) -> float | None:
        """Focal length in pixels of the network's input; None where a step is unclear.

        Args:
            focal_px: of an image, in its pixels.
            shape: H, W of the image.

        Raises:
            ValueError: for an image that a step refuses.
        """
        return None if self.unclear else self._known(focal_px, tuple(shape))

    def _run(self, focal_px, shape):
        assert self._resize is not None
        return self._resize(dict(img=np.zeros((*shape, 3), np.uint8), img_shape=shape, ori_shape=shape,
                                 img_path='an image', focal_px=focal_px))['focal_px']


def _effect(step):
    """What a step does to the focal length, the same for every picture; None: it is not known, or is random."""
    kind = class_of(step, TRANSFORMS)
    known = isinstance(kind, type) and not is_a(step, TRANSFORMS, *RANDOMLY_RESIZING)
    effect = focal_effect(kind) if known else None
    return effect if effect in (SAME, RESIZED, OWN) else None
