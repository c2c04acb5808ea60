"""From what a network gave for an image to the prediction that a protocol scores. Pure."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..crops import crop_region
from ..models.view_blending import blend_ramp
from .errors import is_good
from .filling import fill_unpredicted
from .protocols import Protocol


@dataclass(frozen=True)
class Views:
    """What one pass of the network gave for an image.

    Args:
        depth: (h, w) metres.
        flipped: (h, w) metres, prediction for the mirror image, mirrored back.
        crop_box: top, left, height, width of the part of the frame that the network saw. None: all of it.
    """
    depth: np.ndarray
    flipped: np.ndarray | None = None
    crop_box: tuple[int, int, int, int] | None = None


def unmade(protocol: Protocol, views: Views, shape: tuple[int, int]) -> str | None:
    """Why a protocol's prediction was not made, or None.

    Args:
        protocol (Protocol)
        views (Views)
        shape: H, W of the frame.
    """
    height, width = shape
    if protocol.input_crop is None and views.crop_box not in (None, (0, 0, height, width)):
        return 'needs a prediction of the whole frame, the network saw a crop (KBCrop or DepthCrop)'
    if protocol.input_crop == 'kb':
        try:
            rows, columns = crop_region('kb', height, width)
        except ValueError as error:
            return str(error)
        box = (rows.start, columns.start, rows.stop - rows.start, columns.stop - columns.start)
        if (views.crop_box or (0, 0, height, width)) != box:
            return 'needs a prediction of the KB crop (KBCrop in the test pipeline)'
    if protocol.flip is not None and views.flipped is None:
        return 'needs a prediction of the mirror image (model.test_cfg.flip=True)'
    return None


def predict(protocol: Protocol, views: Views, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray | None]:
    """The prediction that a protocol scores, not yet clamped where that can be done pixel by pixel.

    Bad predictions (NaN, infinite, zero, negative) are missing, and so is whatever they are averaged or interpolated
    with.

    Args:
        protocol (Protocol)
        views (Views)
        shape: H, W of the frame.

    Returns:
        (H, W) metres, where bad values (NaN, infinite, zero, negative) cannot be scored; and (H, W) bool of what was
        bad before filling. None: the values tell.
    """
    box = views.crop_box or (0, 0, *shape)
    depth, mask = views.depth, None
    if protocol.flip is not None or depth.shape != box[2:] or protocol.fill:
        depth, mask = _mixed(protocol, views, box[2:])
    if box != (0, 0, *shape):
        depth, mask = _paste(depth, mask, box, shape)
    if protocol.fill:
        mask = ~is_good(depth) if mask is None else mask
        depth = fill_unpredicted(depth, mask) if mask.any() else depth
    return depth, mask


def _mixed(protocol, views, shape):
    """Views averaged and resized, clamped before; and where a bad one has a part in it."""
    maps = [views.depth] if protocol.flip is None else [views.depth, views.flipped]
    bad = ~np.logical_and.reduce([is_good(depth) for depth in maps])
    maps = [np.where(bad, 1, depth) for depth in maps]  # any number: NaN would spread farther than it has a part in
    if protocol.clamp is not None and protocol.alignment is None:
        maps = [np.clip(depth, *protocol.clamp) for depth in maps]
    depth = combine(maps, protocol.flip)
    if depth.shape != shape:
        depth = resize(depth, shape, protocol.align_corners)
        bad = resize(bad.astype(np.float32), shape, protocol.align_corners) > 0
    return np.where(bad, np.nan, depth), bad


def combine(maps: list[np.ndarray], flip: str | None) -> np.ndarray:
    """Prediction for an image and, mirrored back, for its mirror image -> one map.

    Args:
        maps: one or two of (h, w).
        flip: None: the first; 'mean'; 'blend', see :class:`~.protocols.Protocol`.

    Returns:
        (h, w).
    """
    if flip is None:
        return maps[0]
    plain, flipped = maps
    mean = (plain + flipped) / 2
    if flip == 'mean':
        return mean
    at_left = blend_ramp(plain.shape[1])
    at_right = at_left[::-1]
    return at_right * plain + at_left * flipped + (1 - at_left - at_right) * mean


def resize(depth: np.ndarray, shape: tuple[int, int], align_corners: bool) -> np.ndarray:
    """Bilinear, as PyTorch does it.

    Args:
        depth: (h, w).
        shape: H, W.
        align_corners: see :func:`torch.nn.functional.interpolate`.

    Returns:
        (H, W).
    """
    tensor = torch.from_numpy(np.ascontiguousarray(depth))[None, None]
    return torch.nn.functional.interpolate(tensor, shape, mode='bilinear', align_corners=align_corners)[0, 0].numpy()


def _paste(depth, mask, box, shape):
    """Into an empty frame; what was not predicted is 0 and bad."""
    top, left, height, width = box
    inside = (slice(top, top + height), slice(left, left + width))
    frame = np.zeros(shape, depth.dtype)
    frame[inside] = depth
    if mask is None:
        return frame, None
    bad = np.ones(shape, bool)
    bad[inside] = mask
    return frame, bad
