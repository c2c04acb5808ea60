"""One size for an image and its depth where a sensor gives them in different resolutions. Pure."""
import cv2
import numpy as np

from .depth_format import DepthFileError

IMAGE, DEPTH = 'image', 'depth'
RESIZED = (None, IMAGE, DEPTH)
SAME_SHAPE = 0.02  # by which the ratios of width to height may differ: ScanNet's by 0.4 %


def same_view(image, depth):
    """bool: whether two sizes (H, W) may be of one view: equal ratios of width to height."""
    return abs(image[1] * depth[0] / (image[0] * depth[1]) - 1) <= SAME_SHAPE


def check_view(image, depth, image_path, depth_path):
    """Refuse an image and a depth map of which resizing would not make one view.

    Args:
        image, depth (tuple[int, int]): H, W.
        image_path, depth_path (str): for the message.

    Raises:
        DepthFileError: names both.
    """
    if not same_view(image, depth):
        raise DepthFileError(
            f'{depth_path}: depth has {depth[0]} x {depth[1]} pixels, its image {image_path} has {image[0]} x '
            f'{image[1]}: one is no resized other, but a crop or turned. Pair the right files.')


def resizing_remedy(image, depth):
    """str: how to say that one of the two is to be resized; continues a sentence.

    >>> resizing_remedy((968, 1296), (480, 640))
    ", or, if they show one view in two resolutions, say which of the two is resized: resized='image' or 'depth'"
    """
    return (", or, if they show one view in two resolutions, say which of the two is resized: resized='image' or "
            "'depth'" if same_view(image, depth) else '')


def resized_image(image, shape):
    """An image in another size.

    Args:
        image (ndarray): (H, W, 3) uint8.
        shape (tuple[int, int]): H, W.
    """
    smaller = shape[0] < image.shape[0]
    return cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def nearest_depth(depth, shape):
    """A depth map in another size, each pixel from the nearest one: no depth is made that was not measured.

    Args:
        depth (ndarray): (h, w) metres.
        shape (tuple[int, int]): H, W.

    >>> nearest_depth(np.array([[1, 2, 3]]), (2, 5)).tolist()
    [[1, 1, 2, 3, 3], [1, 1, 2, 3, 3]]
    """
    rows, columns = (((np.arange(new) + 0.5) * old / new).astype(int)
                     for new, old in zip(shape, depth.shape, strict=True))
    return depth[rows[:, None], columns]
