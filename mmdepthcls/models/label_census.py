"""How many pixels of each training image have a label: known without waiting for a device.

Losses pick the measured pixels out of a batch, and to know how many these are a program waits until a GPU has done all
that it was given. So they are counted before the batch is sent there (:class:`.DepthDataPreProcessor`), and labels of
the pipeline are compared with the bins there too. Whatever comes without a count is counted where it is.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from ..bins import DepthBins
from .bin_labels import add_labels, check_labels
from .canonical_metres import CanonicalMetres

FIELD = 'label_number'


class LabelNumber(NamedTuple):
    """How many pixels of a map have a label. It holds for this very map, and only while nobody writes into it.

    Args:
        number (int): of pixels.
        ignore_index (int): the label that is none.
        of (Tensor): the map, of labels or of the depth that gets them.
        version (int or None): of the map; None where PyTorch counts none.
    """
    number: int
    ignore_index: int
    of: torch.Tensor
    version: int | None

    def holds(self, sample: Any, ignore_index: int) -> bool:
        """Whether it is that of a sample."""
        return (self.of is _map(sample) and self.ignore_index == ignore_index and self.version == _version(self.of))


def _map(sample):
    """What the labels of a sample follow from (Tensor), or None."""
    for name in ('gt_sem_seg', 'gt_depth_map'):
        if name in sample:
            return sample.get(name).data
    return None


def _version(values):
    return None if values.is_inference() else values._version


def numbers_of(data_samples: list, ignore_index: int) -> list[int] | None:
    """Labelled pixels of each sample; None unless all are known."""
    known = [sample.get(FIELD) for sample in data_samples]
    if all(each is not None and each.holds(sample, ignore_index)
           for each, sample in zip(known, data_samples, strict=True)):
        return [each.number for each in known]
    return None


class LabelCensus:
    """Counts labelled pixels, and compares the first labels that it sees with the bins.

    Args:
        bins: the model's.
        ignore_index: label of pixels without depth.
        metres: what the bins are of; ground truth is brought to them first. Default: metres of each camera.
    """

    def __init__(self, bins: DepthBins, ignore_index: int, metres: CanonicalMetres | None = None) -> None:
        self.bins, self.ignore_index = bins, ignore_index
        self.metres = metres or CanonicalMetres()
        self._checked = False

    def count(self, data_samples: list) -> list[int | None]:
        """Look at samples, best on the CPU.

        Args:
            data_samples (list[SegDataSample])

        Returns:
            Labelled pixels of each; None without labels and depth.

        Raises:
            ValueError: for labels of other bins (:func:`.check_labels`), and for a sample of unknown focal length where
                there is a canonical camera.
        """
        self.metres.to_canonical(data_samples)
        if not self._checked:
            check_labels(data_samples, self.bins, self.ignore_index, repr(self.metres))
        numbers = [self._count(sample) for sample in data_samples]
        self._checked |= any(numbers)  # samples without a label show nothing of their bins
        return numbers

    def _count(self, sample):
        if 'gt_sem_seg' in sample:
            return int((sample.gt_sem_seg.data != self.ignore_index).sum())
        if 'gt_depth_map' in sample:
            return self.bins.num_labelled(sample.gt_depth_map.data)
        return None

    def note(self, data_samples: list, numbers: Sequence[int | None]) -> None:
        """Write down what :meth:`count` gave, in the samples as they are now."""
        for sample, number in zip(data_samples, numbers, strict=True):
            if number is not None:
                of = _map(sample)
                sample.set_field(LabelNumber(number, self.ignore_index, of, _version(of)), FIELD)

    def complete(self, data_samples: list) -> Sequence[int | None]:
        """Give every sample labels and a count.

        Args:
            data_samples: changed in place.

        Returns:
            Labelled pixels of each.

        Raises:
            ValueError: for a sample with neither labels nor depth; for labels of other bins.
        """
        known = numbers_of(data_samples, self.ignore_index)
        self.metres.to_canonical(data_samples)
        add_labels(data_samples, self.bins, self.ignore_index)
        numbers: Sequence[int | None] = self.count(data_samples) if known is None else known
        self.note(data_samples, numbers)
        return numbers
