"""Pictures as people have them, as (H, W, 3) RGB of 8 bits, the right way up. Pure."""
from __future__ import annotations

import os

import cv2
import numpy as np

from ..datasets.files.image_header import probe_image
from ..datasets.files.stand_in import content_of

# Endings by which pictures are found in a folder; of a file that is named its content counts alone. HEIC is refused by
# its name, not passed over.
PICTURE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.jpe', '.jfif', '.bmp', '.dib', '.tif', '.tiff', '.webp', '.ppm', '.pgm',
                    '.pbm', '.pnm', '.gif', '.jp2', '.avif', '.heic', '.heif')


def read_picture(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a picture of any kind that OpenCV, and so MMCV, decodes: gray, palette, with alpha (which is dropped), CMYK,
    of 16 bits (scaled to 8). Its EXIF orientation is obeyed.

    Args:
        path: of the file; of several pictures in it the first counts.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        OSError: if there is no such file, or it cannot be read.
        ValueError: if it is empty, truncated, no picture, or of more than 2**28 pixels; names it.
    """
    path = os.fspath(path)
    probe_image(path)
    with open(path, 'rb') as file:
        data = file.read()
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        raise ValueError(f'{path}: OpenCV cannot decode it: it is '
                         f'{content_of(data)[0] or "damaged"}. Copy the file again, or convert it to PNG or JPEG.')
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # much faster than NumPy's copy


def check_picture(image: np.ndarray, name: str = 'the picture') -> np.ndarray:
    """A picture that is given as an array.

    Args:
        image: (H, W, 3) uint8, RGB.
        name: for messages.

    Raises:
        TypeError: for another type or shape; says how to mend it.
    """
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 \
            or not image.size:
        got = f'{image.dtype} of shape {image.shape}' if isinstance(image, np.ndarray) else type(image).__name__
        raise TypeError(f'{name} must be (H, W, 3) uint8 in the order RGB, got {got}. (A gray picture: '
                        'np.stack([gray] * 3, axis=-1); of OpenCV: image[..., ::-1]; in 0..1: (image * 255).astype'
                        "('uint8'))")
    return image
