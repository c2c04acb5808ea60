"""Two folders become lists without leaks; lists that are there are used."""
import re

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmdepthcls.commands.make_config.own_data import LISTS, OwnData, split_pairs
from mmdepthcls.datasets import DepthFolderDataset


@given(st.lists(st.tuples(st.sampled_from('abcdefghijklmno'), st.integers(0, 30)), min_size=3, unique=True))
def test_every_pair_is_in_one_part_and_no_part_is_empty(names):
    pairs = [(f'rgb/{folder}/{number:03d}.png', f'depth/{folder}/{number:03d}.png') for folder, number in names]
    parts = split_pairs(pairs)
    assert list(parts) == ['train', 'val', 'test'] and all(parts.values())
    assert sorted(pair for part in parts.values() for pair in part) == sorted(pairs)
    folders = [{image.split('/')[1] for image, _ in part} for part in parts.values()]
    if len(set.union(*folders)) >= 10:
        assert not folders[0] & folders[1] and not folders[0] & folders[2] and not folders[1] & folders[2]
    else:  # neighbors stay together: only at two borders is one file in another part than the next
        order = [name for image in sorted(image for image, _ in pairs) for name, part in parts.items()
                 if image in dict(part)]
        assert sum(first != second for first, second in zip(order, order[1:], strict=False)) == 2


def test_folders_named_train_and_val_decide():
    pairs = [(f'rgb/{part}/{index}.png', '') for part in ('Training', 'val') for index in range(2)]
    assert {part: len(found) for part, found in split_pairs(pairs).items()} == dict(train=2, val=2)


def test_two_pairs_are_too_few():
    with pytest.raises(ValueError, match='at least 3'):
        split_pairs([('a.png', 'a.npy'), ('b.png', 'b.npy')])


@pytest.fixture
def own(builders, tmp_path):
    """Twelve pairs in folders named otherwise, and an image without depth."""
    builders.pairs(tmp_path, 12)
    builders.write(tmp_path / 'image/alone.png', builders.image())
    for old, new in (('image', 'rgb'), ('depth', 'range')):
        (tmp_path / old).rename(tmp_path / new)
    return OwnData(tmp_path, 'rgb', 'range', scale=1000)


def test_lists_are_made_of_two_folders_and_read_by_the_dataset(own):
    lists = own.make_lists()
    data, size = own.data(lists), own.image_size(made=True)
    assert not own.lists and size == (20, 64)  # nothing is written yet
    own.write(lists)
    assert own.data() == data and own.image_size() == size and 'scale=1000.0' in data.code
    counts = [len(DepthFolderDataset(data_root=str(own.root), ann_file=name, pipeline=[])) for name in LISTS.values()]
    assert counts == [10, 1, 1]
    with pytest.raises(FileExistsError, match='--make-split.*--force'):
        own.make_lists()
    assert own.make_lists(force=True) == lists


def test_names_are_read_from_a_list_as_they_are_written_or_refused(own, builders):
    builders.write(own.root / 'rgb/a b.png', builders.image())
    builders.write(own.root / 'range/a b.png', builders.units())
    try:
        own.write(own.make_lists())
    except ValueError as error:
        assert 'a b.png' in str(error) and 'rename' in str(error)
    else:
        found = [sample['img_path'] for name in LISTS.values() for sample in DepthFolderDataset(
            data_root=str(own.root), ann_file=name, pipeline=[]).load_data_list()]
        assert any(path.endswith('a b.png') for path in found)


def test_validation_is_the_test_where_there_is_no_other(own):
    lists = own.make_lists()
    own.write({name: lists[name] for name in ('train.txt', 'val.txt')})
    assert own.data().splits == ("ann_file='train.txt'", "ann_file='val.txt'", "ann_file='val.txt'")


def test_what_is_not_there_is_said_with_what_to_do(own, tmp_path):
    with pytest.raises(FileNotFoundError, match='train.txt and val.txt.*--make-split'):
        own.data()
    with pytest.raises(FileNotFoundError, match='nowhere'):
        OwnData(tmp_path / 'nowhere')
    with pytest.raises(ValueError, match='--images and --depth'):
        OwnData(tmp_path, 'rgb', 'rgb/..').make_lists()
    with pytest.raises(FileNotFoundError, match='image'):
        OwnData(tmp_path).make_lists()


@pytest.fixture
def german(builders, tmp_path):
    """Four pairs in folders whose names say nothing, of two sizes, and two images without depth."""
    builders.pairs(tmp_path, 4)
    for index in (4, 5):
        builders.write(tmp_path / f'image/{index}.png', builders.image())
    for folder, content in (('image', builders.image), ('depth', builders.units)):
        builders.write(tmp_path / folder / '3.png', content(shape=(16, 32)))
    (tmp_path / 'image').rename(tmp_path / 'fotos')
    (tmp_path / 'depth').rename(tmp_path / 'entfernung')
    return tmp_path


def as_jpeg(folder):
    for path in sorted(folder.iterdir()):
        cv2.imwrite(str(path.with_suffix('.jpg')), cv2.imread(str(path)))
        path.unlink()


@pytest.mark.parametrize('jpeg', [False, True])
def test_exchanged_folders_and_lists_are_refused(german, jpeg):
    if jpeg:
        as_jpeg(german / 'fotos')
    with pytest.raises(ValueError, match='images and depth are exchanged.*Exchange --images and --depth') as caught:
        OwnData(german, 'entfernung', 'fotos').make_lists()
    assert str(german / 'entfernung/0.png') in str(caught.value) and str(german / 'fotos/0.') in str(caught.value)
    ending = 'jpg' if jpeg else 'png'
    for name in ('train.txt', 'val.txt'):
        (german / name).write_text(f'entfernung/1.png fotos/1.{ending}\n')
    with pytest.raises(ValueError, match='images and depth are exchanged.*the two columns of train.txt, val.txt'):
        OwnData(german).image_size()


def told(root):
    with pytest.raises(FileNotFoundError) as caught:
        OwnData(root).make_lists()
    return str(caught.value)


@pytest.mark.parametrize('jpeg', [False, True])
def test_missing_folders_are_told_with_the_options_that_say_which_are_meant(german, builders, jpeg):
    if jpeg:
        as_jpeg(german / 'fotos')
    assert re.search('image does not exist.*entfernung, fotos.*--images fotos --depth entfernung$', told(german))
    for path in list((german / 'fotos').iterdir()):
        path.unlink()
        builders.write(path.with_suffix('.png'), builders.units())
    assert told(german).endswith('--images FOLDER --depth FOLDER')  # either may be the depth
    (german / 'more').mkdir()
    assert told(german).endswith('--images FOLDER --depth FOLDER')
    (german / 'image').symlink_to('nowhere')
    assert 'a link to nowhere' in told(german)


def test_what_is_left_out_and_other_sizes_are_remarked(german):
    own = OwnData(german, 'fotos', 'entfernung')
    own.make_lists()
    assert own.image_size(made=True) == (20, 64)
    assert own.remarks == [
        f'2 of 6 images have no depth of their name and are left out, the first is {german}/fotos/4.png',
        '3 of 4 images have 20 x 64, the others 16 x 32; the crop goes by the most frequent size']


def test_listed_images_without_depth_are_remarked(own):
    own.write(own.make_lists())
    with open(own.root / 'train.txt', 'a', encoding='utf-8') as file:
        file.write('rgb/alone.png None\n')
    listed = OwnData(own.root)
    listed.image_size()
    assert listed.remarks == ['1 of 11 images of train.txt have no depth and are left out of training, the first is '
                              f'{own.root}/rgb/alone.png']


@pytest.mark.parametrize(('values', 'scale', 'told'), [
    (np.uint16([[0, 512], [2560, 7680]]), 256.0, r'is read as metres \* 256, since .*: 2 to 30 m. 1000 is for'),
    (np.float32([[np.nan, 0.5], [4, 7.25]]), 1.0, 'is read as metres, since no --depth-scale is given: 0.5 to 7.25 m'),
    (np.uint16([[0, 0]]), 256.0, None)], ids=['whole', 'floating', 'nothing'])
@pytest.mark.parametrize('written', [False, True])
def test_a_unit_that_nobody_has_said_stands_in_the_config_with_what_it_makes_of_depth(builders, tmp_path, values, scale,
                                                                                      told, written):
    builders.pairs(tmp_path, 4)
    for path in list((tmp_path / 'depth').iterdir()):
        path.unlink()
        np.save(path.with_suffix('.npy'), values)
    own = OwnData(tmp_path)
    lists = own.make_lists()
    if written:
        own.write(lists)
    assert f'depth_format=dict(scale={scale})' in own.data(() if written else lists).code
    assert len(own.remarks) == bool(told) and all(re.search(told, each) for each in own.remarks)


def test_a_unit_that_was_said_is_not_remarked(own):
    own.data(own.make_lists())
    assert not [each for each in own.remarks if 'is read as' in each]


@pytest.fixture
def worded(builders, tmp_path):
    """Four pairs whose depth maps have a word behind, and an image without depth."""
    builders.pairs(tmp_path, 4)
    for path in sorted((tmp_path / 'depth').iterdir()):
        path.rename(path.with_name(f'{path.stem}_depth.png'))
    builders.write(tmp_path / 'image/alone.png', builders.image())
    return OwnData(tmp_path)


def test_names_that_differ_by_a_word_are_paired_with_a_remark(worded):
    worded.write(worded.make_lists())
    assert worded.remarks == [
        "each depth map is named as its image with '_depth' behind",
        f'1 of 5 images have no depth of their name and are left out, the first is {worded.root}/image/alone.png']
    samples = DepthFolderDataset(data_root=str(worded.root), ann_file='train.txt', pipeline=[]).load_data_list()
    assert [re.sub('.*/', '', sample['depth_map_path']) for sample in samples] == ['0_depth.png', '1_depth.png']
    assert [re.sub('.*/', '', sample['img_path']) for sample in samples] == ['0.png', '1.png']


def test_missing_folders_are_told_also_where_names_differ_by_a_word(worded):
    (worded.root / 'depth').rename(worded.root / 'ranges')
    assert told(worded.root).endswith('--images image --depth ranges')


def test_names_that_no_word_pairs_are_told_with_what_to_do(worded):
    for path in sorted((worded.root / 'image').iterdir()):
        path.rename(path.with_name(f'rgb_{path.name}'))
    with pytest.raises(ValueError, match='such as rgb_0.png and 0_depth.png.*rename the files, or write train.txt'):
        worded.make_lists()


@pytest.mark.parametrize('written', [False, True])
def test_depth_beyond_the_bins_is_refused_and_nearer_depth_remarked(own, written):
    lists = own.make_lists()
    if written:
        own.write(lists)
    own.check_range((1.0, 80.0), not written)
    said = list(own.remarks)
    assert not [each for each in said if 'outside of the bins' in each]
    with pytest.raises(ValueError, match='lie outside of the bins.*--depth-scale'):
        own.check_range((0.001, 0.01), not written)
    own.check_range((500.0, 800.0), not written)
    remark, = own.remarks[len(said):]
    assert 'lie outside of the bins' in remark
