"""Samples whose random numbers follow from their number, and files that are named when loading fails."""
import os
import signal

import numpy as np
import pytest
import torch
from mmengine.runner import Runner
from torch.utils.data import DataLoader, IterableDataset

from mmdepthcls.compat.loading_failures import LoadingError, failure
from mmdepthcls.compat.numbered_loading import NumberedLoading, number_loader

BINS = dict(type='SIDBins', min_depth=1.0, max_depth=80.0, num_bins=8)
LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadDepth')]
AUGMENT = [dict(type='RandomFlip', prob=0.5), dict(type='PhotoMetricDistortion')]
PACK = [dict(type='PackDepthInputs')]


class Images:
    """A data set as anybody writes one: its samples are random numbers, and each has a file."""

    def __init__(self, bad=None, how=None, samples=8):
        self.bad, self.how, self.samples = bad, how, samples

    def __len__(self):
        return self.samples

    def __getitem__(self, index):
        assert type(index) is int
        if index == self.bad:
            self.how()
        return index, float(np.random.rand()), torch.rand(()).item()

    def get_data_info(self, index):
        return dict(img_path=f'images/{index}.png')


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(4))


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def fail():
    raise ValueError('a broken decoder')


def name_it():
    raise ValueError('images/5.png is truncated')


def loader(dataset, workers=0, counts_turns=True, **options):
    return number_loader(DataLoader(dataset, 2, num_workers=workers, **options), 5, 0, counts_turns)


@pytest.mark.parametrize('wrapper', ['RepeatDataset', 'ConcatDataset', 'MultiImageMixDataset'])
def test_workers_change_nothing_and_nothing_is_loaded_that_was_had(wrapper, minidrive, mmseg_scope):
    """Also where a data set is wrapped, and one that draws several samples for one: real loaders of MMEngine's."""
    inner = dict(type='MiniDriveDataset', data_root=minidrive, split='train', pipeline=LOAD + AUGMENT + PACK)
    mosaic = [dict(type='RandomMosaic', prob=1.0, img_scale=(32, 64)), *PACK]
    labeled = dict(inner, pipeline=[*LOAD, dict(type='DepthToBinLabel', bins=BINS), *AUGMENT])
    dataset = {
        'RepeatDataset': dict(type='RepeatDataset', times=3, dataset=inner),
        'ConcatDataset': dict(type='ConcatDataset', datasets=[inner, inner]),
        'MultiImageMixDataset': dict(type='MultiImageMixDataset', pipeline=mosaic, dataset=labeled)}[wrapper]

    def batches(workers, passed=0):
        plain = Runner.build_dataloader(dict(
            dataset=dataset, batch_size=2, num_workers=workers, sampler=dict(type='InfiniteSampler')), seed=1)
        numbered = number_loader(plain, 5, 0, True)
        numbered.numbered_indices.advance(passed, numbered.set_epoch)
        state = torch.get_rng_state()
        found = [torch.stack(batch['inputs']) for batch, _ in zip(numbered, range(4 - passed), strict=False)]
        assert torch.equal(torch.get_rng_state(), state)
        return found

    expected = batches(0)
    assert not torch.equal(expected[0], expected[1])
    for got, wanted in ((batches(2), expected), (batches(0, 3), expected[3:])):
        assert all(map(torch.equal, got, wanted))


@pytest.mark.parametrize('method', ['fork', pytest.param('spawn', marks=pytest.mark.long)])
def test_turns_differ_where_they_are_counted(method):
    """However processes begin."""
    whole = loader(Images())
    first, second = ([batch[1].tolist() for batch in whole] for _ in range(2))
    assert first != second
    again = loader(Images(), counts_turns=False)
    assert [batch[1].tolist() for batch in again] == [batch[1].tolist() for batch in again] == first
    workers = loader(Images(), 1, multiprocessing_context=method, persistent_workers=True)
    assert [batch[1].tolist() for batch in workers] == first
    assert [batch[1].tolist() for batch in workers] == second


def test_a_loader_is_what_it_was():
    dataset = Images()
    plain = DataLoader(dataset, 3, drop_last=True)
    numbered = number_loader(plain, 5, 0, True)
    assert isinstance(numbered, DataLoader) and numbered.dataset is dataset and len(numbered) == len(plain) == 2
    assert numbered.sampler is plain.sampler and number_loader(numbered, 6, 0, True) is numbered
    assert [batch[0].tolist() for batch in plain] == [batch[0].tolist() for batch in numbered]
    stream = DataLoader(Stream())
    assert number_loader(stream, 5, 0, True) is stream and not isinstance(stream, NumberedLoading)


@pytest.mark.parametrize(('how', 'workers', 'expected'), [
    (die, 1, 'has died .SIGKILL.. It held images/5.png.*num_workers'),
    (fail, 2, '^images/5.png could not be loaded: ValueError: a broken decoder'),
    (fail, 0, '^images/5.png could not be loaded: ValueError: a broken decoder')])
def test_what_cannot_be_loaded_is_named(how, workers, expected):
    with pytest.raises(LoadingError, match=expected):
        list(loader(Images(5, how), workers))


def test_a_worker_that_dies_while_a_batch_is_taken_from_it_is_named_too():
    """Then the connection to it breaks before torch has learned of it."""
    numbered = loader(Images(5, die), 1)
    with pytest.raises(LoadingError):
        list(numbered)
    for error in (ConnectionResetError(104, 'Connection reset by peer'), EOFError()):
        assert 'has died (SIGKILL). It held images/5.png' in failure(error, numbered)
    assert failure(ConnectionResetError(), loader(Images(5), 2)) is None  # of something else: none of it has died


def test_what_names_its_file_is_left_as_it_is():
    with pytest.raises(ValueError, match='^images/5.png is truncated$'):
        list(loader(Images(5, name_it)))
