"""From a picture to what a network takes, by a config's own test pipeline, without ground truth."""
from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import DefaultScope
from mmseg.registry import TRANSFORMS

from ..config.config_class import class_name, is_a
from ..config.config_parts import leaf_datasets

# Make no sense without ground truth, or read what has been read already.
LOADERS = ('LoadImageFromFile', 'LoadAnnotations', 'LoadDepth', 'LoadVelodyneDepth', 'DepthToBinLabel',
           'LoadDepthAnnotation')


# Test-time augmentation where a config has none of its own.
MIRRORED = dict(type='TestTimeAug', transforms=[
    [dict(type='RandomFlip', prob=0.0), dict(type='RandomFlip', prob=1.0)], [dict(type='PackDepthInputs')]])


class InputPipeline:
    """A pipeline of transforms that begins with a picture. May be used by several threads: each has its own transforms.

    Args:
        steps: configs of transforms, between the loading and the packing.
        mirrored: also give the mirror image, as a second view.
        to_float32: give the transforms floating point, as the config's loader does.
    """

    def __init__(self, steps: Sequence[dict], to_float32: bool = False, mirrored: bool = False) -> None:
        steps = [*steps, MIRRORED] if mirrored else steps
        self._steps, self._to_float32 = [*steps, *_packing(steps)], to_float32
        self._threads = threading.local()
        self._pipeline()

    def __repr__(self):
        return f'InputPipeline({self._steps}, {self._to_float32})'

    def _pipeline(self):
        if not hasattr(self._threads, 'pipeline'):
            with DefaultScope.overwrite_default_scope('mmseg'):
                self._threads.pipeline = Compose([TRANSFORMS.build(copy.deepcopy(step)) for step in self._steps])
        return self._threads.pipeline

    def __call__(self, picture: np.ndarray, name: str, focal_px: float | None = None) -> dict[str, Any]:
        """Prepare a picture.

        Args:
            picture: (H, W, 3) uint8 RGB.
            name: for messages.
            focal_px: of the camera, in pixels of the picture; None: unknown.

        Returns:
            ``inputs`` and ``data_samples``, each a list of views for a pipeline of test-time augmentation.

        Raises:
            ValueError: for a picture that a transform refuses; for one of an unknown camera where the pipeline resizes
                to that of a canonical one.
        """
        shape = picture.shape[:2]
        image = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)  # as MMCV loads it
        packed = self._pipeline()(dict(
            img=image.astype(np.float32) if self._to_float32 else image, img_path=name, img_shape=shape,
            ori_shape=shape, seg_fields=[], **({} if focal_px is None else {'focal_px': focal_px})))
        if packed is None:
            raise ValueError(f'{name}: the test pipeline gives nothing for this picture')
        return packed


def pipeline_of_config(cfg: Config, tta: bool = False) -> InputPipeline:
    """The pipeline that a config tests with.

    Args:
        cfg: of a model; not changed.
        tta: its ``tta_pipeline``; where it has none, the picture and its mirror image.

    Raises:
        ValueError: if it has none.
    """
    own = cfg.get('tta_pipeline') if tta else None
    steps = own or _test_pipeline(cfg)
    if not steps:
        raise ValueError(f'the config {cfg.filename or ""} has neither test_dataloader.dataset.pipeline nor '
                         'test_pipeline: how a picture becomes the input of the network is not known')
    loader: dict = next((step for step in steps if _is_loader(step)), {})
    return InputPipeline(_without_loading(steps), bool(loader.get('to_float32', False)), tta and not own)


def _test_pipeline(cfg):
    loader = cfg.get('test_dataloader') or cfg.get('val_dataloader')
    found = leaf_datasets(loader.dataset)[0].get('pipeline') if loader else None
    return found or cfg.get('test_pipeline')


def _without_loading(steps):
    """Without what loads and packs; also inside of test-time augmentation, whose lists are views of one step."""
    kept = []
    for step in steps:
        if _is_loader(step) or _is_packing(step) or labels_alone(step):
            continue
        step = copy.deepcopy(step)
        if class_name(step) == 'TestTimeAug':
            lists = [[each for each in views if not (_is_loader(each) or _is_packing(each) or labels_alone(each))]
                     for views in step['transforms']]
            step['transforms'] = [views for views in lists if views] + [_packing(())]
        kept.append(step)
    return kept


def labels_alone(step: dict) -> bool:
    """Whether a step of a pipeline is a ``CanonicalCamera`` that concerns labels and no picture."""
    return is_a(step, TRANSFORMS, 'CanonicalCamera') and step.get('by', 'depth') == 'depth'


def _packing(steps):
    packed = bool(steps) and class_name(steps[-1]) == 'TestTimeAug'
    return [] if packed else [dict(type='PackDepthInputs')]


def _is_loader(step):
    return class_name(step).startswith('Load') or is_a(step, TRANSFORMS, *LOADERS)


def _is_packing(step):
    return class_name(step).startswith('Pack') or is_a(step, TRANSFORMS, 'PackSegInputs')
