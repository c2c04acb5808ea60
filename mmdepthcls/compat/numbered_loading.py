"""A data loader whose samples are numbered, and draw random numbers that follow from their number alone.

Whoever loads a sample, in which order and in however many processes, it comes out the same. A training that goes on
passes over what it has had without loading it; the generators of the training's own process are not touched by loading.
And when loading fails it is known what was being loaded.
"""
from __future__ import annotations

from itertools import islice
from multiprocessing import RawArray
from typing import Any, NamedTuple

from torch.utils.data import BatchSampler, DataLoader, IterableDataset, SequentialSampler, get_worker_info

from ..generators import generators_kept, generators_state, seed_generators, set_generators
from .loading_failures import LoadingError, failure

# The last number of a seed: what is drawn.
SAMPLE, ORDER = 0, 1
_END = object()


class Draw(NamedTuple):
    """A sample that is to be loaded.

    Args:
        index (int or object): what the sampler gave.
        turn (int): how often the sampler had begun anew.
        place (int): how many samples had been drawn in this turn.
    """

    index: Any
    turn: int
    place: int


class DrawnDataset:
    """A data set that seeds the generators before each sample. In all else it is the data set inside.

    Args:
        dataset (Dataset): with a length and samples.
        seed (int): of the run.
        rank (int): of this process among those of a distributed training.
        workers (int): processes that load.
    """

    def __init__(self, dataset, seed, rank, workers):
        self.dataset, self.seed, self.rank = dataset, seed, rank
        # What each worker holds, and what it could not load first: an index + 1, 0 for none. Its parent reads the one
        # when the worker has died, the other when it has raised an error and gone on.
        self.held, self.failed = (RawArray('q', max(workers, 1)) for _ in range(2))

    def __getattr__(self, name):
        if name.startswith('__') or name == 'dataset':
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, draw):
        if not isinstance(draw, Draw):
            return self.dataset[draw]
        worker = get_worker_info()
        slot = 0 if worker is None else worker.id
        self.held[slot] = number = draw.index + 1 if isinstance(draw.index, int) else 0
        try:
            if worker is not None:  # whose generators serve nothing else
                return self._load(draw)
            with generators_kept():
                return self._load(draw)
        except Exception:
            self.failed[slot] = self.failed[slot] or number
            raise
        finally:
            self.held[slot] = 0

    def _load(self, draw):
        seed_generators(self.seed, self.rank, draw.turn, draw.place, SAMPLE)
        return self.dataset[draw.index]


class NumberedIndices:
    """A sampler, or batch sampler, that gives a :class:`Draw` for each index.

    Args:
        sampler (Sampler): gives indices; or lists of them.
        batched (bool): it gives lists.
        counts_turns (bool): each turn has other random numbers.
    """

    def __init__(self, sampler, batched, seed, counts_turns):
        self.sampler, self.batched, self.seed = sampler, batched, seed
        self.turn, self._step = 0, int(counts_turns)
        self._drop, self._prepared = 0, None

    def __len__(self):
        return len(self.sampler)

    def __iter__(self):
        # A turn begins with its first batch: torch asks for two iterators, and uses one.
        turn, self._prepared = self._prepared, None
        if turn is None:
            turn = _Turn(self, self.turn)
            self.turn += self._step
            turn.drop(self._drop)
            self._drop = 0
        yield from turn

    def begin(self, turn, dropped):
        """Let the next turn be one of a number, without its first batches."""
        self.turn, self._drop, self._prepared = turn, dropped, None

    def advance(self, batches, set_epoch):
        """Pass over batches, turn by turn, now.

        Args:
            batches (int): how many.
            set_epoch (callable): called with the number of each turn but the first, before it begins.

        Returns:
            int: number of the turn that goes on.
        """
        number = 0
        while True:
            turn = _Turn(self, number)
            dropped = turn.drop(batches)
            batches -= dropped
            if not batches or not dropped:
                self.turn, self._prepared = number + 1, turn
                return number
            number += 1
            set_epoch(number)


class _Turn:
    """What a sampler gives until it ends.

    Samplers of MMEngine shuffle with a generator of their own. What others draw comes from the process's generators,
    which are then those of this turn.
    """

    def __init__(self, indices, number):
        self._batched, self._number, self._place = indices.batched, number, 0
        self._own = None
        if not _has_own_generator(indices.sampler):
            with generators_kept():
                seed_generators(indices.seed, number, ORDER)
                self._own = generators_state(devices=False)
                self._source = iter(indices.sampler)
        else:
            self._source = iter(indices.sampler)

    def __iter__(self):
        return self

    def __next__(self):
        item = self._next()
        if item is _END:
            raise StopIteration
        if not self._batched:
            self._place += 1
            return Draw(item, self._number, self._place - 1)
        draws = [Draw(index, self._number, self._place + place) for place, index in enumerate(item)]
        self._place += len(draws)
        return draws

    def drop(self, number):
        """Pass over some; returns how many there were."""
        dropped = 0
        for item in islice(iter(self._next, _END), number):
            self._place += len(item) if self._batched else 1
            dropped += 1
        return dropped

    def _next(self):
        if self._own is None:
            return next(self._source, _END)
        with generators_kept():
            set_generators(self._own)
            item = next(self._source, _END)
            self._own = generators_state(devices=False)
        return item


class NumberedLoading:
    """Mixed into the class of a data loader by :func:`number_loader`."""

    @property
    def _index_sampler(self):
        return self.__dict__['numbered_indices']

    def __iter__(self):
        return LoadedBatches(self)

    def load(self):
        """The iterator of the data loader's own class; its workers start now."""
        with generators_kept():
            return super().__iter__()

    def _get_iterator(self):
        # What others see as the loader's data set stays what it was.
        plain, self.__dict__['dataset'] = self.__dict__['dataset'], self.drawn_dataset
        try:
            return super()._get_iterator()
        finally:
            self.__dict__['dataset'] = plain

    def seed_with(self, seed):
        """Let samples that have not been loaded yet follow from another seed; also those of MMEngine's samplers."""
        self.drawn_dataset.seed = self.numbered_indices.seed = seed
        for sampler in (self.sampler, getattr(self.batch_sampler, 'sampler', None)):
            if _has_own_generator(sampler) and hasattr(sampler, 'seed'):
                sampler.seed = seed

    def set_epoch(self, number):
        """Tell the sampler, as MMEngine does when a loader begins anew."""
        for sampler in (self.sampler, getattr(self.batch_sampler, 'sampler', None)):
            if hasattr(sampler, 'set_epoch'):
                sampler.set_epoch(number)
                return


class LoadedBatches:
    """Batches of a numbered loader. Nothing is loaded before the first is asked for, so that until then a loader can
    be brought to where a training goes on.

    Raises:
        LoadingError: if a batch cannot be loaded; names the file.
    """

    def __init__(self, loader):
        self._loader, self._batches = loader, None

    def __iter__(self):
        return self

    def __len__(self):
        return len(self._loader)

    def __getattr__(self, name):
        batches = self.__dict__.get('_batches')
        if batches is None or name.startswith('__'):
            raise AttributeError(name)
        return getattr(batches, name)

    def __next__(self):
        try:
            if self._batches is None:
                self._batches = self._loader.__dict__['loading'] = self._loader.load()
            return next(self._batches)
        except StopIteration:
            raise
        except Exception as error:
            message = failure(error, self._loader)
            if message is None:
                raise
            raise LoadingError(message) from error


def number_loader(loader, seed, rank, counts_turns):
    """A data loader whose samples are numbered.

    Args:
        loader (DataLoader): which stays as it is.
        seed (int): of the run.
        rank (int): of this process.
        counts_turns (bool): each time that it begins anew it draws other random numbers (a training); or the same.

    Returns:
        DataLoader: of a subclass of the loader's class, :class:`NumberedLoading`; the loader itself where it is one, or
        where its data cannot be picked by an index.
    """
    plain = type(loader)
    if not isinstance(loader, DataLoader) or isinstance(loader, NumberedLoading) \
            or isinstance(loader.dataset, IterableDataset):
        return loader
    numbered = object.__new__(type(plain.__name__, (NumberedLoading, plain), dict(__module__=__name__)))
    numbered.__dict__.update(
        loader.__dict__, drawn_dataset=DrawnDataset(loader.dataset, seed, rank, loader.num_workers),
        numbered_indices=NumberedIndices(loader._index_sampler, loader._auto_collation, seed, counts_turns))
    return numbered


def _has_own_generator(sampler):
    if type(sampler) is BatchSampler:
        sampler = sampler.sampler
    return (type(sampler) is SequentialSampler or type(sampler).__module__ == 'mmengine.dataset.sampler'
            or getattr(sampler, 'draws_by_seed', False))
