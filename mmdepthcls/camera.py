"""Cameras: focal lengths in pixels, and what they have to do with a model's metres. Pure.

A model that saw pictures of one focal length measures size: what is twice as large in the network's input is half as
far, whatever camera took it. So a picture of another focal length is answered in wrong metres, by the ratio of the
two, **both in pixels of the network's input**::

    metres = depth * focal length of the picture / focal length trained at

Resizing multiplies the focal length, cropping and padding leave it, and so does turning a picture.

A *canonical camera* (Yin et al., Metric3D, ICCV 2023) is the same law in training: labels are the metres of one camera
for all pictures, ``canonical = metres * canonical focal length / focal length of the picture``, and that is the focal
length that the model was trained at.
"""
from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Diagonal of the film of 36 x 24 mm, to which the "35 mm equivalent" of a focal length refers.
FILM_DIAGONAL = math.hypot(36, 24)
# What a photograph or a drawing can have: fisheyes of 170 degrees to telescopes, in widths of the picture.
LEAST_FOCAL, GREATEST_FOCAL = 0.02, 500


@dataclass(frozen=True)
class PictureCamera:
    """A pinhole camera with square pixels.

    Args:
        focal_px: focal length in pixels of the picture.
        center: principal point (x, y) in pixels of the picture, the center of the first pixel being (0, 0). None: the
            picture's center.
        source: where it is from, for people.

    Raises:
        ValueError: for what no camera has.
    """
    focal_px: float
    center: tuple[float, float] | None = None
    source: str = ''

    def __post_init__(self):
        where = f'{self.source}: ' if self.source else ''
        if not 0 < self.focal_px < math.inf:
            raise ValueError(f'{where}a focal length must be a positive number of pixels, got {self.focal_px}')
        if self.center is not None and not all(map(math.isfinite, self.center)):
            raise ValueError(f'{where}a principal point must be two finite numbers of pixels, got {self.center}')

    def resized(self, scale_x: float, scale_y: float | None = None) -> PictureCamera:
        """The same camera after its pictures were resized.

        Args:
            scale_x: new width / old width.
            scale_y: new height / old height; default: as the width.
        """
        scale_y = scale_x if scale_y is None else scale_y
        center = self.center
        if center is not None:  # pixel centers are whole numbers, the picture begins at -0.5
            center = ((center[0] + 0.5) * scale_x - 0.5, (center[1] + 0.5) * scale_y - 0.5)
        return PictureCamera(resized_focal(self.focal_px, scale_x, scale_y), center, self.source)

    def center_in(self, height: int, width: int) -> tuple[float, float]:
        """Principal point (x, y) in a picture of H x W pixels."""
        return ((width - 1) / 2, (height - 1) / 2) if self.center is None else self.center


def resized_focal(focal_px: float, scale_x: float, scale_y: float) -> float:
    """Focal length after a picture was resized; where the two sides were not resized alike, the geometric mean, since a
    network sees areas.

    >>> resized_focal(700.0, 0.5, 0.5)
    350.0
    """
    return focal_px * math.sqrt(scale_x * scale_y)


def focal_correction(focal_px: float | None, trained_px: float | None,
                     scale: tuple[float, float] = (1.0, 1.0)) -> float:
    """The number by which a model's metres (depth, interval, standard deviation) are multiplied.

    Args:
        focal_px: of the picture, in its pixels; None: unknown.
        trained_px: that the model was trained at, in pixels of the network's input; None: unknown.
        scale: (x, y): pixels of the network's input for a pixel of the picture.

    Returns:
        1 where one of them is unknown.

    >>> focal_correction(1400.0, 350.0, (0.5, 0.5))
    2.0
    """
    if focal_px is None or trained_px is None:
        return 1.0
    return resized_focal(focal_px, *scale) / trained_px


def focal_of_fov(degrees: float, width: int) -> float:
    """Focal length in pixels of a picture that shows so many degrees from its left to its right border.

    Raises:
        ValueError: unless 0 < degrees < 180.

    >>> round(focal_of_fov(90.0, 1000), 6)
    500.0
    """
    if not 0 < degrees < 180:
        raise ValueError(f'a horizontal field of view must be between 0 and 180 degrees, got {degrees:g}')
    return width / 2 / math.tan(math.radians(degrees) / 2)


def focal_of_film(millimetres: float, height: int, width: int) -> float:
    """Focal length in pixels, of the "35 mm equivalent" that cameras write: the same angle along the diagonal.

    >>> round(focal_of_film(36.0, 2000, 3000), 6)
    3000.0
    """
    return millimetres * math.hypot(height, width) / FILM_DIAGONAL


def is_plausible(focal_px: float, height: int, width: int) -> bool:
    """Whether a focal length can be that of a picture of H x W pixels; what programs write into EXIF often cannot."""
    return LEAST_FOCAL * max(height, width) <= focal_px <= GREATEST_FOCAL * max(height, width)


def canonical_depth(depth: Any, focal_px: float | None, canonical_px: float | None,
                    depth_range: tuple[float, float] | None = None) -> Any:
    """Depth as the canonical camera would have it to show what is seen: metres * canonical / focal length.

    Args:
        depth: array or tensor, m, 0 = no measurement.
        focal_px: of the picture, in its pixels.
        canonical_px: of the canonical camera, pixels; None: metres stay.
        depth_range: m; what lies outside becomes 0. Default: all stays.

    Returns:
        The same kind and shape.
    """
    if depth_range is not None:
        depth = depth * ((depth >= depth_range[0]) & (depth <= depth_range[1]))
    # Multiplied by a number of single precision, which gives the same on all devices and in all libraries.
    return depth * float(np.float32(1 / focal_correction(focal_px, canonical_px)))


def canonical_range(depth_range: tuple[float, float], focals_px: Iterable[float],
                    canonical_px: float) -> tuple[float, float]:
    """The depths that a canonical camera needs, so that those of several cameras have a place: for the edges of bins.

    Args:
        depth_range: least and greatest depth of all of them, m.
        focals_px: of the cameras, in pixels of the network's input.
        canonical_px: of the canonical camera, pixels.

    Returns:
        Least and greatest canonical depth, m.

    Raises:
        ValueError: without a camera, and for what is no range.

    >>> low, high = canonical_range((1.0, 80.0), [721.5377, 1000.0], 1000.0)
    >>> round(low, 6), round(high, 1)
    (1.0, 110.9)
    """
    low, high = depth_range
    focals = [PictureCamera(focal, source='focals_px').focal_px for focal in focals_px]
    if not focals or not 0 <= low < high < math.inf:
        raise ValueError(f'canonical_range: expected 0 <= nearest < farthest depth and focal lengths, got '
                         f'{depth_range} and {focals}')
    return low / focal_correction(max(focals), canonical_px), high / focal_correction(min(focals), canonical_px)


def check_camera_settings(canonical_px: float | None, depth_range: Sequence[float] | None,
                          where: str) -> tuple[float | None, tuple[float, float] | None]:
    """The settings of a canonical camera, checked.

    Args:
        canonical_px: focal length, pixels; None: no canonical camera.
        depth_range: nearest and farthest depth, m; None: any.
        where: who has them, for messages.

    Raises:
        ValueError: for what is no focal length and no range.
    """
    if canonical_px is not None:
        if isinstance(canonical_px, (bool, str)):
            raise ValueError(f'{where}: a focal length must be a positive number of pixels, got {canonical_px!r}')
        canonical_px = PictureCamera(float(canonical_px), source=where).focal_px
    if depth_range is None:
        return canonical_px, None
    if not isinstance(depth_range, (list, tuple)) or len(depth_range) != 2 or not (
            0 <= depth_range[0] < depth_range[1] < math.inf):
        raise ValueError(f'{where}: depth_range must be the nearest and the farthest depth in metres, got '
                         f'{depth_range!r}')
    return canonical_px, (float(depth_range[0]), float(depth_range[1]))


# How to say the focal length of a picture.
IN_A_CONFIG = ("Say it in the dataset's config: focal_px=PIXELS (of the images as they are on disk), "
               "cameras='cameras.json' for one an image, focal_px='list' for the third column of the list, "
               "focal_px='exif' for what the images say.")
TO_PREDICT = ('Give it: --focal-px, --cameras or --fov (focal_px, cameras, fov of DepthInferencer). '
              '--no-focal-correction (focal_correction=False) answers in the metres of the canonical camera.')


def missing_focal(source: Any, lost: str | None = None, remedy: str = IN_A_CONFIG) -> str:
    """Why a picture cannot be used with a canonical camera, in words, with the remedy.

    Args:
        source: the picture.
        lost: the step of the pipeline after which nothing is known; None: nothing was known from the start.
        remedy: how to say it here.
    """
    if lost:
        return (f'{source}: what {lost} does to the focal length is not known, and a canonical camera needs it. Leave '
                f"{lost} out of the pipeline (or out of a wrapper that maps keys), or say in its class what it does: "
                "focal_effect = 'same' (it crops, turns, colors) or 'resized' (by the image's new size).")
    return f'{source}: the focal length of its camera is not known, and a canonical camera needs it. {remedy}'
