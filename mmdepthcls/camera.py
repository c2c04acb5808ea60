"""Cameras: focal lengths in pixels, and what they have to do with a model's metres. Pure.

A model that saw pictures of one focal length measures size: what is twice as large in the network's input is half as
far, whatever camera took it. So a picture of another focal length is answered in wrong metres, by the ratio of the
two, **both in pixels of the network's input**::

    metres = depth * focal length of the picture / focal length trained at

Resizing multiplies the focal length, cropping and padding leave it, and so does turning a picture.
"""
from __future__ import annotations

import math
from dataclasses import dataclass

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
