"""The Eigen split against the published counts."""
from collections import Counter

import pytest

from mmdepthcls.datasets.eigen import EIGEN_SPLITS, VAL_DRIVES, eigen_split


@pytest.mark.parametrize('name, frames, drives', [
    ('train', 23488, 33), ('train_annotated', 23158, 33), ('test', 697, 28), ('test_annotated', 652, 28)])
def test_counts(name, frames, drives):
    split = eigen_split(name)
    assert len(split) == len(set(split)) == frames
    assert len({drive for drive, _ in split}) == drives


def test_no_drive_is_in_train_and_test():
    train, test = ({drive for drive, _ in eigen_split(name)} for name in ('train', 'test'))
    assert not train & test and len(train | test) == 61


@pytest.mark.parametrize('suffix', ['', '_annotated'])
def test_fit_and_val_are_train(suffix):
    fit, val, train = (eigen_split(part + suffix) for part in ('fit', 'val', 'train'))
    assert sorted(fit + val) == sorted(train)
    assert not {drive for drive, _ in fit} & {drive for drive, _ in val}
    assert {drive for drive, _ in val} == set(VAL_DRIVES)
    assert fit == [sample for sample in train if sample[0] not in VAL_DRIVES]
    assert 0.04 < len(val) / len(train) < 0.08


def test_whole_drives_from_0_in_order():
    train = eigen_split('train')
    lengths = Counter(drive for drive, _ in train)
    assert train == [(drive, frame) for drive in lengths for frame in range(lengths[drive])]
    assert lengths['2011_09_26_drive_0001'] == 108
    annotated = eigen_split('train_annotated')
    assert [frame for drive, frame in annotated if drive == '2011_09_26_drive_0001'] == list(range(5, 103))
    assert set(annotated) < set(train)


def test_test_frames_in_the_customary_order():
    test = eigen_split('test')
    assert test[:2] == [('2011_09_26_drive_0002', 69), ('2011_09_26_drive_0002', 54)]
    annotated = eigen_split('test_annotated')
    assert annotated == [sample for sample in test if sample in set(annotated)]
    assert ('2011_09_26_drive_0009', 177) not in test  # a frame without a scan


def test_well_known_members():
    train, test = ({drive for drive, _ in eigen_split(name)} for name in ('train', 'test'))
    date = '2011_09_26_drive_'
    assert {date + number for number in ('0001', '0005', '0079', '0095', '0113')} | {'2011_09_29_drive_0026'} <= train
    assert {date + number for number in ('0002', '0013', '0020', '0023', '0036')} <= test
    assert {'2011_09_30_drive_0016', '2011_10_03_drive_0047'} <= test


def test_the_list_belongs_to_the_caller():
    eigen_split('train').clear()
    assert len(eigen_split('train')) == 23488


def test_unknown_name():
    with pytest.raises(ValueError, match="no split 'training'; there are train, .*test_annotated"):
        eigen_split('training')
    assert all(eigen_split(name) for name in EIGEN_SPLITS)
