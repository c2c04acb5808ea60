"""Sets drawn by weights: shares, whole turns within a set, several processes, epochs, and weights that are wrong."""
from collections import Counter
from itertools import islice
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.dataset import ConcatDataset
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmdepthcls.compat.numbered_loading import number_loader
from mmdepthcls.config.loader_check import check_loops
from mmdepthcls.datasets import DepthDataset
from mmdepthcls.datasets.weighted_set_sampler import WeightedSetSampler, sets_of
from mmdepthcls.hooks.finite_loader_hook import FiniteLoaderHook


class Part(list):
    """A data set with a name, as far as the sampler looks."""

    def __init__(self, set_name, size):
        super().__init__(range(size))
        self.set_name = set_name


def parts(**sizes):
    datasets = [Part(name, size) for name, size in sizes.items()]
    return SimpleLength(datasets)


class SimpleLength:
    def __init__(self, datasets):
        self.datasets = datasets

    def __len__(self):
        return sum(map(len, self.datasets))


def as_rank(monkeypatch, rank, world):
    monkeypatch.setattr('mmdepthcls.datasets.weighted_set_sampler.get_dist_info', lambda: (rank, world))


@settings(max_examples=15)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=4), seed=st.integers(0, 2**31), data=st.data())
def test_shares_and_whole_turns(sizes, seed, data):
    """Each set has its share of the draws, and no sample comes again before all others of its set have come."""
    weights = data.draw(st.lists(st.floats(0, 10), min_size=len(sizes), max_size=len(sizes)).filter(
        lambda found: sum(found) > 0.01))
    names = [f'set{number}' for number in range(len(sizes))]
    sampler = WeightedSetSampler(parts(**dict(zip(names, sizes, strict=True))),
                                 dict(zip(names, weights, strict=True)), seed=seed)
    draws = list(islice(sampler, 4000))
    start = 0
    for size, weight in zip(sizes, weights, strict=True):
        mine = [index for index in draws if start <= index < start + size]
        share = weight / sum(weights)
        assert abs(len(mine) / 4000 - share) < 5.5 * (share * (1 - share) / 4000)**0.5 + 1e-9
        for turn in range(len(mine) // size):
            assert sorted(mine[turn * size:(turn + 1) * size]) == list(range(start, start + size))
        start += size


def test_processes_together_draw_what_one_would(monkeypatch):
    def drawn(rank, world, number, **options):
        as_rank(monkeypatch, rank, world)
        sampler = WeightedSetSampler(parts(a=5, b=50), dict(a=1, b=1), seed=3, **options)
        return list(islice(sampler, number)), len(sampler)

    alone, _ = drawn(0, 1, 60)
    dealt = [drawn(rank, 3, 20)[0] for rank in range(3)]
    assert [index for group in zip(*dealt, strict=True) for index in group] == alone
    ends = [drawn(rank, 3, None, epoch_size=10) for rank in range(3)]  # 4 each: as many steps for all
    assert [length for _, length in ends] == [4, 4, 4] == [len(found) for found, _ in ends]
    assert [index for group in zip(*(found for found, _ in ends), strict=True) for index in group] == drawn(
        0, 1, 12)[0]


def test_epochs_differ_and_come_again():
    sampler = WeightedSetSampler(parts(a=30, b=30), dict(a=1, b=3), epoch_size=40, seed=1)
    first = list(sampler)
    assert first == list(sampler) and len(first) == len(sampler) == 40
    sampler.set_epoch(1)
    assert list(sampler) != first
    sampler.set_epoch(0)
    assert list(sampler) == first
    endless = WeightedSetSampler(parts(a=30, b=30), dict(a=1, b=3), seed=1)
    endless.set_epoch(7)  # as MMEngine does; it has no epochs
    assert list(islice(endless, 40)) == first and len(endless) == 60


def test_sets_are_found_in_wrappers(pairs, mmseg_scope):
    def dataset(name=None, **options):
        return dict(type='DepthFolderDataset', ann_file='split.txt', data_root=str(pairs), pipeline=[], set_name=name,
                    **options)

    mixed = ConcatDataset([dataset('a'), dict(type='RepeatDataset', times=2, dataset=dataset('b')), dataset('a')])
    assert sets_of(mixed) == dict(a=[0, 1, 2, 9, 10, 11], b=[3, 4, 5, 6, 7, 8])
    assert sets_of(DepthDataset(ann_file='split.txt', data_root=str(pairs), pipeline=[], set_name='c')) == dict(
        c=[0, 1, 2])
    assert mixed.get_data_info(4)['set_name'] == 'b' == mixed[4]['set_name']
    with pytest.raises(ValueError, match=r"DepthFolderDataset of .*split.txt has no name.*set_name='kitti'"):
        sets_of(ConcatDataset([dataset('a'), dataset()]))
    with pytest.raises(ValueError, match=r"set_name is a short name .*, got '\.\./a'"):
        DepthDataset(ann_file='split.txt', data_root=str(pairs), pipeline=[], set_name='../a')


@pytest.mark.parametrize('weights, message', [
    (dict(a=1), r"'b' has no weight. Give each set one \(0: it is not drawn\)"),
    (dict(a=1, b=1, kiti=2), r"weights name 'kiti', and there is no such set; sets are 'a', 'b'"),
    (dict(a=0, b=0.0), r"no set would be drawn: .*got \{'a': 0, 'b': 0.0\}"),
    (dict(a=-1, b=2), r"numbers from 0 on, got \{'a': -1\}"),
    (dict(a=float('nan'), b=2), r"numbers from 0 on, got \{'a': nan\}"),
    (dict(a='1', b=2), r"numbers from 0 on, got \{'a': '1'\}"),
    ([1, 2], r"by the names of the sets, such as dict\(a=1\), got \[1, 2\]"),
    ({}, 'by the names of the sets')])
def test_wrong_weights(weights, message):
    with pytest.raises(ValueError, match=message):
        WeightedSetSampler(parts(a=3, b=3), weights)


def test_other_mistakes():
    with pytest.raises(ValueError, match='epoch_size must be a whole number of samples from 1 on'):
        WeightedSetSampler(parts(a=3), dict(a=1), epoch_size=0)
    with pytest.raises(ValueError, match="the set 'b' .* has no sample"):
        WeightedSetSampler(parts(a=3, b=0), dict(a=1, b=1))
    assert set(islice(WeightedSetSampler(parts(a=3, b=3), dict(a=0, b=2), seed=0), 50)) == {3, 4, 5}


def test_a_stream_without_end_is_refused_where_an_end_is_waited_for(mmseg_scope):
    endless = dict(type='WeightedSetSampler', weights=dict(a=1))
    loops = dict(train_cfg=dict(type='EpochBasedTrainLoop', max_epochs=2), val_cfg=dict(type='ValLoop'))
    with pytest.raises(ValueError, match=r'train_dataloader.sampler.epoch_size=N \(samples\), or train by iterations'):
        check_loops({**loops, 'train_dataloader': dict(sampler=endless)})
    with pytest.raises(ValueError, match=r"val_dataloader.sampler=dict\(type='DefaultSampler', shuffle=False\)"):
        check_loops({**loops, 'val_dataloader': dict(sampler=endless)})
    check_loops({**loops, 'train_dataloader': dict(sampler=dict(endless, epoch_size=10))})
    check_loops(dict(train_cfg=dict(type='IterBasedTrainLoop', max_iters=2), train_dataloader=dict(sampler=endless)))
    sampler = WeightedSetSampler(parts(a=3), dict(a=1))
    runner = SimpleNamespace(val_dataloader=DataLoader(sampler.dataset, sampler=sampler), val_loop=SimpleNamespace())
    with pytest.raises(ValueError, match='waits for the end of the val_dataloader, which its WeightedSetSampler'):
        FiniteLoaderHook().before_val(runner)


def test_a_resumed_training_takes_the_seed_of_its_checkpoint():
    """Where the config says none, each start draws another."""
    def begun(seed):
        sampler = WeightedSetSampler(parts(a=30, b=30), dict(a=1, b=3), seed=seed)
        return number_loader(DataLoader(sampler.dataset, 2, sampler=sampler), seed, 0, True)

    resumed = begun(1)
    resumed.seed_with(2)
    drawn, expected = ([draw.index for batch in islice(loader.numbered_indices, 20) for draw in batch]
                       for loader in (resumed, begun(2)))
    assert drawn == expected


def test_a_loader_of_mmengine_builds_it(pairs, mmseg_scope):
    dataset = dict(type='DepthFolderDataset', ann_file='split.txt', data_root=str(pairs), pipeline=[
        dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')])
    loader = Runner.build_dataloader(dict(
        dataset=dict(type='ConcatDataset', datasets=[dict(dataset, set_name='a'), dict(dataset, set_name='b')]),
        batch_size=4, num_workers=0, sampler=dict(type='WeightedSetSampler', weights=dict(a=3, b=1))), seed=0)
    names = Counter(sample.set_name for batch, _ in zip(loader, range(20), strict=False)
                    for sample in batch['data_samples'])
    assert names.total() == 80 and 45 <= names['a'] <= 72
