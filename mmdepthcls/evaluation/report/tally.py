"""What a process keeps for the report beside its records: confusion of bins, worst and best images. Pure.

Neither grows with the number of images.
"""
from dataclasses import dataclass

import numpy as np

NUM_EXTREMES = 3


@dataclass(frozen=True)
class ScoredImage:
    """An image as a protocol scores it, for pictures.

    Args:
        name (str): the image's path, or its number where it has none.
        position (int): in the whole data set.
        abs_rel (float): its error.
        prediction (ndarray): (H, W) float32 metres.
        truth (ndarray): (H, W) float32 metres.
        scored (ndarray): (H, W) bool, the pixels that count.
        crop_box (tuple, optional): top, left, height, width of the part of the image that the network saw.
    """
    name: str
    position: int
    abs_rel: float
    prediction: np.ndarray
    truth: np.ndarray
    scored: np.ndarray
    crop_box: tuple | None = None

    @property
    def key(self):
        """tuple: what it is ordered by; no two images share one."""
        return (self.abs_rel, self.name, self.position)


def extremes(keys, number=NUM_EXTREMES):
    """Worst and best of some images; none is both.

    Args:
        keys (iterable of tuple): see :attr:`ScoredImage.key`.
        number (int): how many of each, at most.

    Returns:
        tuple[list[tuple], list[tuple]]: worst first, and best first; of equal errors the first name is the better.
    """
    order = sorted(keys)
    num_worst = min(number, (len(order) + 1) // 2)
    return order[::-1][:num_worst], order[:len(order) - num_worst][:number]


def _ends(keys, number=NUM_EXTREMES):
    """The keys that may be among the worst or best of all, seen from only some of them."""
    order = sorted(keys)
    return {*order[:number], *order[-number:]}


class ReportTally:
    """Adds up the confusion of bins and keeps the worst and best images that one process sees.

    Samplers give every process as many images as any other, so the last one may be one that another process has too.
    Which that is is known only in the end, so the last image is held back until another comes.

    Args:
        num_bins (int, optional): K. None: no confusion.
    """

    def __init__(self, num_bins=None):
        self.confusion = None if num_bins is None else np.zeros((num_bins, num_bins), np.int64)
        self._images, self._last = {}, None

    def wants(self, key):
        """Whether an image of this key may be among the worst or best."""
        return key in _ends([*self._images, key])

    def add(self, position, confusion=None, image=None):
        """Count the next image.

        Args:
            position (int): in the whole data set.
            confusion (ndarray, optional): (K, K) counts.
            image (ScoredImage, optional): if it is wanted, see :meth:`wants`.
        """
        self._accept()
        self._last = position, confusion, image

    def finish(self, size):
        """Count the last image too, if it is one of the first ``size`` of the whole data set.

        Args:
            size (int): images of the data set.

        Returns:
            dict[tuple, ScoredImage]: the images, by key.
        """
        if self._last is not None and self._last[0] < size:
            self._accept()
        self._last = None
        return {key: image for key, image in self._images.items() if image.position < size}

    def _accept(self):
        if self._last is None:
            return
        _, confusion, image = self._last
        self._last = None
        if confusion is not None:
            self.confusion += confusion
        if image is not None:
            self._images[image.key] = image
            self._images = {key: self._images[key] for key in _ends(self._images)}
