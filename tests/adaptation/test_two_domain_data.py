"""Batches of two domains: their composition, their order, several processes, resuming."""
from collections import Counter
from itertools import islice

import pytest
from mmengine.dataset import InfiniteSampler
from mmengine.runner import Runner
from mmseg.registry import DATASETS

from mmdepthcls.adaptation import TwoDomainBatchSampler, TwoDomainDataset, two_domain_data
from mmdepthcls.compat.numbered_loading import number_loader

PIPELINE = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackDepthInputs')]


@pytest.fixture
def domains(tmp_path, builders, mmseg_scope):
    """Config of three samples with depth and five without any depth on disk."""
    for name, number in (('source', 3), ('target', 5)):
        builders.pairs(tmp_path / name, number)
    for path in (tmp_path / 'target/depth').iterdir():
        path.write_bytes(b'nobody may open this')
    common = dict(type='DepthFolderDataset', ann_file='split.txt', pipeline=PIPELINE)
    return dict(type='TwoDomainDataset', datasets=[
        dict(common, data_root=str(tmp_path / 'source')),
        dict(common, data_root=str(tmp_path / 'target'), images_only=True)])


def batches_of(dataset, number, rank=0, world=1, seed=3, batch_size=3, shuffle=True, **options):
    sampler = TwoDomainBatchSampler(InfiniteSampler(dataset, shuffle, seed), batch_size, **options)
    sampler.rank, sampler.world_size = rank, world
    return list(islice(sampler, number))


def test_samples_say_their_domain_and_targets_have_no_depth(domains):
    dataset = DATASETS.build(domains)
    samples = [dataset[index]['data_samples'] for index in range(len(dataset))]
    assert [sample.domain for sample in samples] == ['source'] * 3 + ['target'] * 5
    assert ['gt_depth_map' in sample for sample in samples] == [True] * 3 + [False] * 5
    assert dataset.get_data_info(4)['domain'] == 'target'
    assert set(dataset.get_data_info(4)) & {'depth_map_path', 'depth_format'} == set()


def test_batches_have_as_many_of_each_domain_and_every_sample_comes_before_one_comes_again(domains):
    dataset = DATASETS.build(domains)
    batches = batches_of(dataset, 5, source=1)
    assert all(index < 3 for batch in batches for index in batch[:1])
    assert all(index >= 3 for batch in batches for index in batch[1:])
    target = [index for batch in batches for index in batch[1:]]
    assert sorted(target[:5]) == sorted(target[5:]) == list(range(3, 8)) and target[:5] != target[5:]
    assert sorted(batch[0] for batch in batches[:3]) == [0, 1, 2]
    assert batches == batches_of(dataset, 5, source=1) != batches_of(dataset, 5, source=1, seed=4)
    assert batches_of(dataset, 1, shuffle=False) == [[0, 1, 3]]


@pytest.mark.parametrize('world', [2, 3])
def test_processes_share_the_batch_that_one_would_have(domains, world):
    dataset = DATASETS.build(domains)
    whole = batches_of(dataset, 4, batch_size=3 * world, source=world)
    parts = [batches_of(dataset, 4, rank, world, source=1) for rank in range(world)]
    for batch, *shares in zip(whole, *parts, strict=True):
        assert Counter(batch) == Counter(index for share in shares for index in share)


def test_a_loader_goes_on_where_it_was_broken_off(domains):
    def loader():
        plain = Runner.build_dataloader(dict(
            batch_size=2, num_workers=0, dataset=dict(domains), sampler=dict(type='InfiniteSampler'),
            batch_sampler=dict(type='TwoDomainBatchSampler', source=1)), seed=5)
        return number_loader(plain, 5, 0, True)

    def names(batches):
        return [[sample.img_path for sample in batch['data_samples']] for batch in batches]

    whole, late = loader(), loader()
    assert len(whole) == 5
    late.numbered_indices.advance(4, late.set_epoch)
    assert names(islice(late, 4)) == names(islice(whole, 8))[4:]
    late.seed_with(6)
    assert late.batch_sampler.sampler.seed == 6


@pytest.mark.parametrize('number', [0, 1, 3])
def test_other_numbers_of_domains_are_refused(number):
    with pytest.raises(ValueError, match=f'two, the source and the target, got {number}'):
        TwoDomainDataset([dict(type='DepthFolderDataset')] * number)


@pytest.mark.parametrize('source', [-1, 4, True, 1.0])
def test_batches_that_cannot_be_are_refused(domains, source):
    with pytest.raises(ValueError, match='batch_size=3'):
        batches_of(DATASETS.build(domains), 1, source=source)


def test_other_data_are_refused(domains):
    source = DATASETS.build(domains['datasets'][0])
    with pytest.raises(ValueError, match='TwoDomainDataset.*got InfiniteSampler of DepthFolderDataset'):
        TwoDomainBatchSampler(InfiniteSampler(source), 2)


def test_names_are_those_that_others_read():
    assert (two_domain_data.SOURCE, two_domain_data.TARGET, two_domain_data.DOMAIN) == ('source', 'target', 'domain')
