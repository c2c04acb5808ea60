"""Batches of two domains: so many samples of the source, whose depth is known, and so many of the target."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset, ConcatDataset, InfiniteSampler
from mmengine.dist import get_dist_info
from mmseg.registry import DATA_SAMPLERS, DATASETS

SOURCE, TARGET = 'source', 'target'
DOMAINS = (SOURCE, TARGET)
DOMAIN = 'domain'  # in a sample and, packed, in its metainfo


@DATASETS.register_module()
class TwoDomainDataset(ConcatDataset):
    """The samples of a source and, behind them, those of a target; each says in its metainfo which ``domain`` it is of:
    'source' or 'target'. Those of the target may have neither ``gt_depth_map`` nor labels (``images_only=True`` of a
    :class:`~mmdepthcls.datasets.DepthDataset`)::

        train_dataloader = dict(
            batch_size=4,
            sampler=dict(type='InfiniteSampler'),
            batch_sampler=dict(type='TwoDomainBatchSampler', source=2),
            dataset=dict(type='TwoDomainDataset', datasets=[
                dict(type='SYNTHIADepthDataset', ...), dict(type='KITTIDepthDataset', images_only=True, ...)]))

    Args:
        datasets: configs or data sets: the source, then the target.
        **kwargs: see :class:`mmengine.dataset.ConcatDataset`.

    Raises:
        ValueError: unless there are two.
    """

    def __init__(self, datasets: Sequence[dict | BaseDataset], **kwargs: Any) -> None:
        if isinstance(datasets, dict) or len(datasets) != len(DOMAINS):
            raise ValueError('TwoDomainDataset: datasets are two, the source and the target, got '
                             f'{"a dict" if isinstance(datasets, dict) else len(datasets)}. Several of one domain '
                             "become one by dict(type='ConcatDataset', datasets=[...]).")
        super().__init__(datasets, **kwargs)

    def domain_of(self, index: int) -> str:
        """'source' or 'target', of a sample."""
        return DOMAINS[self._get_ori_dataset_idx(index)[0]]

    def domain_indices(self) -> dict[str, range]:
        """Which indices the samples of each domain have."""
        source = len(self.datasets[0])
        return {SOURCE: range(source), TARGET: range(source, len(self))}

    def get_data_info(self, idx: int) -> dict:
        """As a sample comes into its pipeline, with ``domain``."""
        return dict(super().get_data_info(idx), domain=self.domain_of(idx))

    def __getitem__(self, idx: int) -> dict:
        """A packed sample, whose metainfo has ``domain``."""
        sample = super().__getitem__(idx)
        sample['data_samples'].set_metainfo({DOMAIN: self.domain_of(idx)})
        return sample


@DATA_SAMPLERS.register_module()
class TwoDomainBatchSampler:
    """Batches without end: first samples of the source, then of the target, each domain in an order of its own, of
    which every sample comes once before one comes again.

    Which samples a batch has follows from the seed and the batch's number alone. With several processes each takes its
    part of one larger batch: what all of them have together, a single process of as many times ``source`` and
    ``batch_size`` would have.

    Args:
        sampler: the loader's ``InfiniteSampler`` of a :class:`TwoDomainDataset`; says the seed and whether to shuffle.
        batch_size: the loader's, of one process.
        source: how many of a batch are of the source. Default: half of them, and the odd one.

    Raises:
        ValueError: for another data set, another sampler, and batches without room for both domains.
    """

    def __init__(self, sampler: InfiniteSampler, batch_size: int, source: int | None = None) -> None:
        if not isinstance(sampler, InfiniteSampler) or not isinstance(sampler.dataset, TwoDomainDataset):
            raise ValueError('TwoDomainBatchSampler needs an InfiniteSampler of a TwoDomainDataset, got '
                             f'{type(sampler).__name__} of {type(getattr(sampler, "dataset", None)).__name__}: set '
                             "train_dataloader.sampler=dict(type='InfiniteSampler') and "
                             "train_dataloader.dataset.type='TwoDomainDataset'.")
        source = (batch_size + 1) // 2 if source is None else source
        if isinstance(source, bool) or not isinstance(source, int) or not 0 <= source <= batch_size or batch_size < 1:
            raise ValueError('TwoDomainBatchSampler: expected source to be a whole number from 0 to '
                             f'train_dataloader.batch_size={batch_size}, got {source!r}')
        self.sampler, self.batch_size = sampler, batch_size
        self.numbers = {SOURCE: source, TARGET: batch_size - source}
        self.rank, self.world_size = get_dist_info()

    def __len__(self) -> int:
        """Batches until every sample of the target has come (of the source, where there are none of the target)."""
        domain = TARGET if self.numbers[TARGET] else SOURCE
        number = len(self.sampler.dataset.domain_indices()[domain])
        return -(-number // (self.numbers[domain] * self.world_size))

    def __iter__(self) -> Iterator[list[int]]:
        """Batches of this process."""
        streams = [(self._stream(domain), number) for domain, number in self.numbers.items() if number]
        while True:
            batch = []
            for stream, number in streams:
                of_all = list(islice(stream, number * self.world_size))
                batch += of_all[self.rank * number:(self.rank + 1) * number]
            yield batch

    def _stream(self, domain):
        """Indices of a domain's samples, pass by pass."""
        indices = self.sampler.dataset.domain_indices()[domain]
        turn = 0
        while True:
            order = np.arange(len(indices))
            if self.sampler.shuffle:
                order = np.random.default_rng([self.sampler.seed, DOMAINS.index(domain), turn]).permutation(order)
            yield from (indices[position] for position in order.tolist())
            turn += 1
