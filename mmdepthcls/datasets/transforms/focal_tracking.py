"""What each step of a pipeline does to the focal length of a sample, and the bookkeeping of it.

``results['focal_px']`` is the focal length in pixels of ``results['img']`` at this step. Resizing multiplies it
by the geometric mean of the two directions' scales; what crops, pads, turns, mirrors or colors leaves it; a
``RandomDepthWarp`` divides depth by its zoom and leaves it (the same camera, the scene nearer). So exactly one of the
two, depth or focal length, accounts for a zoom. A step of which nothing is known takes the focal length away:
``results['focal_lost']`` then names it, and what needs a focal length refuses the sample.

A class of one's own says it by an attribute: ``focal_effect = 'same'``, ``'resized'`` (by the new size of the image) or
``'own'`` (it writes ``focal_px`` itself). The transforms of MMCV and MMSegmentation know nothing of focal lengths, so
the call that all of them share is watched; it costs a look-up a step, and nothing where a sample has no ``focal_px``.
What packs a sample, MMSegmentation's ``PackSegInputs`` too, carries the focal length to the model.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from ...camera import resized_focal

FOCAL, LOST = 'focal_px', 'focal_lost'
CARRIED = (FOCAL, LOST, 'canonical_focal_px')  # by packed samples
SAME, RESIZED, OWN, MADE_OF_OTHERS, MAPPED = 'same', 'resized', 'own', 'made of others', 'mapped'
# Names of the classes whose ``transform`` does it, of these packages.
PACKAGES = ('mmcv', 'mmseg', 'mmdepthcls')
RESIZING = ('Resize', 'RandomResize', 'RandomChoiceResize', 'ResizeToMultiple', 'ResizeShortestEdge')
RANDOMLY_RESIZING = ('RandomResize', 'RandomChoiceResize')
EFFECTS: dict[str, str] = {
    **dict.fromkeys(RESIZING, RESIZED),
    **dict.fromkeys((
        'LoadImageFromFile', 'LoadImageFromNDArray', 'LoadImageFromNpyFile', 'LoadAnnotations', 'LoadDepthAnnotation',
        'InferencerLoader', 'LoadVelodyneDepth', 'KBCrop', 'DepthCrop', 'RandomDepthWarp', 'RandomCrop',
        'CenterCrop', 'Pad', 'RandomFlip', 'RandomRotate', 'RandomRotFlip', 'RandomCutOut', 'RandomColorGain',
        'PhotoMetricDistortion', 'Normalize', 'RandomGrayscale', 'RGB2Gray', 'AdjustGamma', 'CLAHE', 'Rerange',
        'SegRescale', 'GenerateEdge', 'DepthToBinLabel', 'ToTensor', 'ImageToTensor', 'PackSegInputs',
        'PackDepthInputs'), SAME),
    'CanonicalCamera': OWN,
    'LoadDepth': OWN,  # which may bring the image to the size of the depth
    **dict.fromkeys(('Compose', 'RandomApply', 'RandomChoice', 'TestTimeAug', 'MultiScaleFlipAug'), MADE_OF_OTHERS),
    **dict.fromkeys(('KeyMapper', 'TransformBroadcaster'), MAPPED),
}
# Of what is resized there may be a part left; then its size does not tell by how much.
OF_OTHER_SIZE = ('KBCrop', 'DepthCrop', 'RandomDepthWarp', 'RandomCrop', 'CenterCrop', 'Pad', 'RandomRotFlip')


def focal_effect(kind: type) -> str | None:
    """What a class of transforms does to the focal length; None: it is not known.

    Args:
        kind: the class.
    """
    for each in kind.__mro__:
        if 'focal_effect' in vars(each):
            return vars(each)['focal_effect']
        if 'transform' in vars(each):  # whoever overrides it may do anything
            return EFFECTS.get(each.__name__) if each.__module__.partition('.')[0] in PACKAGES else None
    return None


def unwatched_step(pipeline: Any) -> str | None:
    """Name of the first step that does not come by the watched call (a function, a class with a ``__call__`` of its
    own), of which nothing is known; None where all do.

    Args:
        pipeline: composed transforms, or a transform.
    """
    for step in _steps(pipeline):
        if not isinstance(step, BaseTransform) or type(step).__call__ is not BaseTransform.__call__:
            return getattr(step, '__name__', type(step).__name__)
    return None


def forget_unwatched(samples: list[dict], pipeline: Any) -> None:
    """Take the focal lengths away from samples whose pipeline has a step that may do anything to them.

    Args:
        samples: changed in place.
        pipeline: see :func:`unwatched_step`.
    """
    strange = unwatched_step(pipeline)
    for sample in samples if strange else ():
        if sample.pop(FOCAL, None) is not None:
            sample[LOST] = strange


def _steps(pipeline: Any) -> Iterator[Any]:
    """Every step of a pipeline, those inside of others too."""
    inner = getattr(pipeline, 'transforms', None) or getattr(pipeline, 'subroutines', None) or ()
    for step in inner if isinstance(inner, (list, tuple)) else [inner]:
        if isinstance(step, BaseTransform):
            if focal_effect(type(step)) not in (MADE_OF_OTHERS, MAPPED):
                yield step
            yield from _steps(step)
        elif hasattr(step, 'transforms'):
            yield from _steps(step)  # MMEngine's Compose
        else:
            yield step


def _kept(transform, before, image, after):
    """Focal length after a step; None where it is not known."""
    effect = focal_effect(type(transform))
    if effect == SAME:
        return before
    if effect in (OWN, MADE_OF_OTHERS):
        return after.get(FOCAL)
    if effect == MAPPED:
        return _after_mapping(transform, before, image, after.get('img'))
    resize = getattr(transform, 'resize', None)  # of RandomResize and the like, where any class may stand
    if isinstance(resize, BaseTransform) and focal_effect(type(resize)) != RESIZED:
        return None
    return _resized(before, image, after.get('img')) if effect == RESIZED else None


def _after_mapping(transform, before, image, new):
    """What is mapped is a copy: the inner steps' own bookkeeping stays in it."""
    if new is image and image is not None:
        return before
    inner = list(_steps(transform))
    effects = {focal_effect(type(step)) for step in inner}
    if effects <= {SAME}:
        return before
    sized = any(each.__name__ in OF_OTHER_SIZE for step in inner for each in type(step).__mro__)
    return _resized(before, image, new) if effects <= {SAME, RESIZED} and not sized else None


def _resized(before, image, new):
    if not isinstance(image, np.ndarray) or not isinstance(new, np.ndarray):
        return None
    (height, width), (new_height, new_width) = image.shape[:2], new.shape[:2]
    return resized_focal(before, new_width / width, new_height / height)


def _carry(transform, packed, told):
    """Tell what is packed; steps that are made of others have told it already."""
    effect = focal_effect(type(transform))
    if effect == SAME:
        packed.set_metainfo(told)
    elif effect is None and FOCAL in told:
        packed.set_metainfo({LOST: type(transform).__name__})


def _watched(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def __call__(self, results):
        if not isinstance(results, dict) or FOCAL not in results and LOST not in results:
            return call(self, results)
        before, image = results.get(FOCAL), results.get('img')
        told = {key: results[key] for key in CARRIED if key in results}
        after = call(self, results)
        if isinstance(after, dict) and before is not None and FOCAL in after:
            focal = _kept(self, before, image, after)
            after[FOCAL] = focal
            if focal is None:
                del after[FOCAL]
                after.setdefault(LOST, type(self).__name__)
        elif isinstance(after, dict) and hasattr(after.get('data_samples'), 'set_metainfo'):
            _carry(self, after['data_samples'], told)
        return after

    __call__.watches_focal_lengths = True  # type: ignore[attr-defined]
    return __call__


if not hasattr(BaseTransform.__call__, 'watches_focal_lengths'):
    BaseTransform.__call__ = _watched(BaseTransform.__call__)
