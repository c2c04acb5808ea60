"""Several data sets in one training: how often each is drawn is said by weights, and not by its size."""
from __future__ import annotations

import math
from collections.abc import Iterator, Sized
from itertools import islice
from typing import Any

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from mmengine.logging import print_log
from mmseg.registry import DATA_SAMPLERS
from torch.utils.data import Sampler

from ..config.set_weights import shares_of_sets

CHUNK = 1024  # draws that are made at once


@DATA_SAMPLERS.register_module()
class WeightedSetSampler(Sampler):
    """Draws a set by its weight, and then a sample of it that has not been drawn since the set was last through.

    The stream of samples follows from the seed alone and is dealt out to the processes of a distributed training in
    turn, so that together they draw what one would. A training that goes on draws what it would have drawn.

    Args:
        dataset: a ``ConcatDataset`` of data sets with a ``set_name``; sets of one name are one set.
        weights: of each set, by its ``set_name``, from 0 on. ``dict(kitti=2, synthia=1)``: two of three samples are
            KITTI's. 0: not drawn at all.
        epoch_size: samples of an epoch, of all processes together (rounded up so that each has as many), for
            ``EpochBasedTrainLoop``. Default: it never ends, for ``IterBasedTrainLoop``.
        seed: of the stream. Default: one that all processes agree on.

    Raises:
        ValueError: for weights without sense, and a set without a weight, a weight without its set, or a data set
            without a name; says which there are.
    """

    # The stream follows from ``seed`` and ``epoch``, not from the process's generators.
    draws_by_seed = True

    def __init__(self, dataset: Sized, weights: dict[str, float], epoch_size: int | None = None,
                 seed: int | None = None) -> None:
        self.rank, self.world_size = get_dist_info()
        if epoch_size is not None and not (_is_whole(epoch_size) and epoch_size > 0):
            raise ValueError(f'WeightedSetSampler: epoch_size must be a whole number of samples from 1 on, or None (it '
                             f'never ends), got {epoch_size!r}')
        self.sets = sets_of(dataset)
        self.shares = shares_of_sets(weights, list(self.sets))
        self.dataset, self.epoch_size, self.epoch = dataset, epoch_size, 0
        self.seed = sync_random_seed() if seed is None else seed
        said = ', '.join(f'{name} {share:.1%} of {len(self.sets[name])} samples'
                         for name, share in self.shares.items())
        print_log(f'Drawn are: {said}', logger='current')

    @property
    def endless(self) -> bool:
        """Whether it never ends."""
        return self.epoch_size is None

    def __iter__(self) -> Iterator[int]:
        """Indices of this process."""
        stop = None if self.epoch_size is None else len(self) * self.world_size
        return islice(self._stream(), self.rank, stop, self.world_size)

    def __len__(self) -> int:
        """Samples of an epoch of this process; where it never ends, of the data set, as MMEngine's samplers say."""
        return len(self.dataset) if self.epoch_size is None else math.ceil(self.epoch_size / self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Let the next epoch be another one. What never ends has only one."""
        self.epoch = 0 if self.epoch_size is None else epoch

    def _stream(self) -> Iterator[int]:
        """Indices of all processes together."""
        names = [name for name, share in self.shares.items() if share]
        shares = np.array([self.shares[name] for name in names])
        streams = [_shuffled(self.sets[name], np.random.default_rng((self.seed, self.epoch, 1, number)))
                   for number, name in enumerate(names)]
        chooser = np.random.default_rng((self.seed, self.epoch, 0))
        while True:
            for number in chooser.choice(len(names), CHUNK, p=shares).tolist():
                yield next(streams[number])


def sets_of(dataset: Any) -> dict[str, list[int]]:
    """The sets that are in a data set.

    Args:
        dataset: a ``ConcatDataset``, also of others or of ``RepeatDataset``; or one data set.

    Returns:
        Indices of the samples of each, by its ``set_name``, in the order in which they come.

    Raises:
        ValueError: for a data set without a name, and one without samples.
    """
    found: dict[str, list[int]] = {}
    start = 0
    for part in _leaves(dataset):
        inner = part
        while not hasattr(inner, 'set_name') and getattr(inner, 'dataset', None) is not None:
            inner = inner.dataset  # such as RepeatDataset
        name = getattr(inner, 'set_name', None)
        if name is None:
            source = getattr(inner, 'source', None) or getattr(inner, 'data_root', None) or 'its files'
            raise ValueError(f'WeightedSetSampler: {type(inner).__name__} of {source} has no name, by which weights '
                             "are given. Give each data set one: set_name='kitti'")
        if not len(part):
            raise ValueError(f'WeightedSetSampler: the set {name!r} ({type(inner).__name__}) has no sample')
        found.setdefault(name, []).extend(range(start, start + len(part)))
        start += len(part)
    return found


def _leaves(dataset):
    parts = getattr(dataset, 'datasets', None)
    return [dataset] if parts is None else [leaf for part in parts for leaf in _leaves(part)]


def _shuffled(indices, generator):
    """All of some indices in a random order, and again in another, for ever."""
    while True:
        for place in generator.permutation(len(indices)).tolist():
            yield indices[place]


def _is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)
