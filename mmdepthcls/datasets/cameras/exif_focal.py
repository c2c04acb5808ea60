"""The focal length that a camera has written into a picture. Pure."""
from __future__ import annotations

import math
import os

from PIL import Image

from ...camera import PictureCamera, focal_of_film, is_plausible

EXIF_IFD = 0x8769
FOCAL_LENGTH, FILM_FOCAL_LENGTH = 0x920A, 0xA405
PLANE_X_RESOLUTION, PLANE_UNIT, PIXELS_X, PIXELS_Y = 0xA20E, 0xA210, 0xA002, 0xA003
MILLIMETRES = {2: 25.4, 3: 10.0, 4: 1.0}  # of the unit of the plane's resolution: inch, cm, mm
SAME_SHAPE = 0.02  # by which sides may differ that are meant to be in one proportion


def exif_camera(path: str | os.PathLike[str], shape: tuple[int, int]) -> PictureCamera | None:
    """The camera that a picture's EXIF describes: by the 35 mm equivalent of its focal length, else by the focal length
    and the resolution of the sensor.

    Args:
        path: of a JPEG, TIFF, WebP or PNG; other files have none.
        shape: H, W of the picture as it is seen, turned as its EXIF says.

    Returns:
        None where nothing is written, nothing that can be, or of another picture than this (a part cut out of it).
    """
    tags = _tags(path)
    sides = sorted((_number(tags.get(PIXELS_X)), _number(tags.get(PIXELS_Y))))
    if sides[0] and abs(sides[1] / sides[0] * min(shape) / max(shape) - 1) > SAME_SHAPE:
        return None  # a part: how large a part of the angle it shows is not known
    film = _number(tags.get(FILM_FOCAL_LENGTH))
    if film:
        focal, source = focal_of_film(film, *shape), f'EXIF, {film:g} mm on 35 mm film'
    else:
        focal, source = _by_plane(tags, sides[1], max(shape)), f'EXIF, {_number(tags.get(FOCAL_LENGTH)):g} mm'
    return PictureCamera(focal, source=source) if focal and is_plausible(focal, *shape) else None


def _by_plane(tags, stored_side, side):
    """Focal length times pixels per millimetre of the sensor, in pixels of a picture that may have been resized."""
    focal, resolution = _number(tags.get(FOCAL_LENGTH)), _number(tags.get(PLANE_X_RESOLUTION))
    unit = MILLIMETRES.get(tags.get(PLANE_UNIT, 2))
    if not focal or not resolution or unit is None:
        return 0.0
    return focal * resolution / unit * (side / stored_side if stored_side else 1)


def _tags(path):
    """dict: the EXIF of a picture by tag. It was written by anybody, and read by Pillow, which may raise anything."""
    try:
        with Image.open(path) as image:
            if image.format == 'PNG' and 'exif' not in image.info:
                return {}  # Pillow would decode the pixels to look behind them
            return dict(image.getexif().get_ifd(EXIF_IFD))
    except Exception:
        return {}


def _number(value):
    """float: a tag that is a positive finite number; 0 for all else."""
    try:
        value = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return 0.0
    return value if math.isfinite(value) and value > 0 else 0.0
