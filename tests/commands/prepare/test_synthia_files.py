"""SYNTHIA's files: every fault is named."""
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.commands.prepare.synthia_files import (
    check_files,
    number_ranges,
    printable,
)


@pytest.fixture
def check(builders):

    def check(root, expected=6, **options):
        return check_files(root, expected, size=builders.size, workers=1, progress=False, **options)

    return check


@pytest.mark.parametrize('nested', [True, False], ids=['Depth/Depth', 'Depth'])
@pytest.mark.parametrize('sample', [2, None])
def test_a_complete_set_has_no_fault(tmp_path, builders, check, nested, sample):
    report = check(builders.synthia(tmp_path, range(6), nested), sample=sample)
    assert report.faults == [] and report.pairs == set(range(6)) and report.root == tmp_path
    # uniform between 2.56 m and 200 m
    assert report.notes[0].startswith(f'{sample or 6} depth maps decoded, median depth ')
    assert float(report.notes[0].split()[-2]) == pytest.approx(101, abs=5)


def test_missing_numbers_are_named_on_both_sides(tmp_path, builders, check):
    builders.synthia(tmp_path, range(10))
    for name in ('RGB/0000001.png', 'RGB/0000002.png', 'RGB/0000003.png', 'Depth/Depth/0000003.png',
                 'Depth/Depth/0000007.png'):
        (tmp_path / name).unlink()
    assert check(tmp_path, 12).faults == [
        'Images without depth (1): 7.',
        'Depth maps without image (2): 1-2.',
        'Missing from RGB (5): 1-3, 10-11. Unpack the archive again.',
        'Missing from Depth/Depth (4): 3, 7, 10-11. Unpack the archive again.',
    ]
    assert 'Numbers in RGB that do not belong to 9 files (1): 9.' in '\n'.join(check(tmp_path, 9).faults)


@pytest.mark.parametrize('folder, other', [('RGB', 'Depth'), ('Depth', 'RGB')])
def test_an_archive_with_one_half_is_told(tmp_path, builders, check, folder, other):
    builders.synthia(tmp_path, range(6))
    (tmp_path / folder).rename(tmp_path / 'GT')
    first, = check(tmp_path).faults
    assert f'this archive holds only {other}. Also unpack the one that holds {folder}' in first


def test_a_folder_without_the_set_is_told(tmp_path, check):
    assert 'holds neither RGB/0000000.png nor Depth/Depth/0000000.png' in check(tmp_path).faults[0]


def damage_truncate(root, builders):
    path = root / 'RGB/0000002.png'
    path.write_bytes(path.read_bytes()[:-5])


def damage_middle(root, builders):
    path = root / 'Depth/Depth/0000002.png'
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


def damage(name, make):
    return lambda root, builders: builders.write(root / name, make(builders))


def gray_steps(builders):
    units = np.stack([builders.units(valid=1)] * 3, axis=-1)
    units[3, 4, 1] += 1
    return units


@pytest.mark.parametrize('change, messages', [
    pytest.param(damage_truncate, [r'Unusable files \(1\)', 'RGB/0000002.png: the PNG is truncated'], id='truncated'),
    pytest.param(damage_middle, [r'Unusable depth maps \(1\)', '0000002.png: the PNG is damaged'], id='middle'),
    pytest.param(damage('RGB/0000002.png', lambda b: b''), [r'Empty files \(1\)', 'RGB/0000002.png'], id='empty'),
    pytest.param(damage('RGB/0000002.png', lambda b: '<html>'), ['RGB/0000002.png: expected a PNG'], id='html'),
    pytest.param(damage('Depth/Depth/0000002.png', lambda b: b.image()), ['expected 16-bit depth, got 8'], id='8 bit'),
    pytest.param(damage('Depth/Depth/0000002.png', lambda b: b.units()), [r'expected 3 channel\(s\)'], id='1 channel'),
    pytest.param(damage('RGB/0000002.png', lambda b: b.image(shape=(5, 9))),
                 [r'of another size than 20 x 64 \(1\)', r'RGB/0000002.png \(5 x 9\)',
                  r'Image and depth of different size \(1\): 2\.'], id='size'),
    pytest.param(damage('Depth/Depth/0000002.png', gray_steps), ['the three channels differ'], id='channels'),
    pytest.param(damage('Depth/Depth/0000002.png', lambda b: np.full((*b.size, 3), 65535, np.uint16)),
                 ['every pixel is 0 or 65 535'], id='no depth'),
    pytest.param(damage('RGB/street.png', lambda b: b.image()), ['unexpected names', 'RGB/street.png'], id='name'),
    pytest.param(damage('RGB/more/0000002.png', lambda b: b.image()), ['RGB/more/0000002.png'], id='folder'),
    pytest.param(damage('Depth/0000002.png', lambda b: b.image()), ['Depth/0000002.png'], id='beside Depth/Depth'),
    pytest.param(damage('RAND_CITYSCAPES/RGB/0000002.png', lambda b: b.image()), ['move its content up'], id='twice'),
    pytest.param(damage('RGB\\0000009.png', lambda b: b.image()), [r'backslash \(1\)', '--repair'], id='backslash'),
])
def test_each_fault_is_named(tmp_path, builders, check, change, messages):
    change(builders.synthia(tmp_path, range(6)), builders)
    faults = '\n'.join(check(tmp_path).faults)
    for message in messages:
        assert re.search(message, faults), faults


def test_without_probing_no_file_is_opened(tmp_path, builders, check):
    damage_truncate(builders.synthia(tmp_path, range(6)), builders)
    assert check(tmp_path).faults and check(tmp_path, probe=False).faults == []


def test_what_the_dataset_ignores_is_no_fault(tmp_path, builders, check):
    builders.synthia(tmp_path, range(6))
    builders.write(tmp_path / 'RGB/Thumbs.db', 'x')
    builders.write(tmp_path / 'GT/LABELS/0000000.png', builders.units())
    builders.write(tmp_path / 'README.txt', 'x')
    report = check(tmp_path)
    assert report.faults == [] and report.notes[0] == 'Other files, ignored (1).\n    RGB/Thumbs.db'


def test_a_resized_copy_and_another_unit_are_told(tmp_path, builders, check):
    for number in range(3):
        builders.write(tmp_path / f'RGB/{number:07d}.png', builders.image(shape=(9, 7)))
        builders.write(tmp_path / f'Depth/{number:07d}.png', np.full((9, 7, 3), 20000, np.uint16))  # 20 m in mm
    resized, unit = check(tmp_path, 3).faults
    assert 'have 9 x 7 pixels, expected 20 x 64. Is this a resized copy?' in resized
    assert 'The median depth is 200 m if the unit is the centimetre' in unit


def test_the_folder_above_and_links_will_do(tmp_path, builders, check):
    root = builders.synthia(tmp_path / 'disk/RAND_CITYSCAPES', range(6))
    report = check(tmp_path / 'disk')
    assert report.faults == [] and report.root == root
    linked = tmp_path / 'linked'
    linked.mkdir()
    for name in ('RGB', 'Depth'):
        (linked / name).symlink_to(root / name)
    (root / 'RGB/loop').symlink_to(root)
    assert check(linked).faults == []


def test_a_dead_link_is_an_empty_file(tmp_path, builders, check):
    builders.synthia(tmp_path, range(6))
    (tmp_path / 'RGB/0000000.png').unlink()
    (tmp_path / 'RGB/0000000.png').symlink_to('nowhere.png')
    assert check(tmp_path).faults == ['Empty files (1). Unpack the archive again.\n    RGB/0000000.png']


def test_two_processes_find_what_one_finds(tmp_path, builders):
    damage_truncate(builders.synthia(tmp_path, range(255)), builders)
    reports = [check_files(tmp_path, 255, builders.size, workers=workers, progress=False) for workers in (1, 2)]
    assert reports[0] == reports[1] and len(reports[0].faults) == 1


@given(st.sets(st.integers(0, 60)))
def test_ranges_name_every_number(numbers):
    found = set()
    for text in filter(None, number_ranges(numbers, limit=99).split(', ')):
        first, _, last = text.partition('-')
        found |= set(range(int(first), int(last or first) + 1))
    assert found == numbers


def test_long_lists_and_strange_names_are_readable():
    assert number_ranges(range(0, 40, 2), limit=2) == '0, 2 and 18 more ranges'
    assert printable('RGB\\é\x1b\udcff.png') == 'RGB\\é\\x1b\\udcff.png'
