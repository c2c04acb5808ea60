"""What a dataset lists, and that no damaged, missing or foreign file gets past it."""
import io
import os

import cv2
import numpy as np
import pytest
from PIL import Image

from mmdepthcls.datasets import DepthFolderDataset, KITTIDepthDataset, MiniDriveDataset, SYNTHIADepthDataset
from mmdepthcls.datasets.depth_file import DepthFormat


def open_split(root, text=None, **kwargs):
    """The dataset of ``split.txt``, after writing it."""
    if text is not None:
        (root / 'split.txt').write_bytes(text if isinstance(text, bytes) else text.encode())
    return DepthFolderDataset(ann_file='split.txt', data_root=str(root), **kwargs)


def listed(dataset):
    """(image, depth or None) of every sample, relative to the data root."""
    samples = [dataset.get_data_info(index) for index in range(len(dataset))]
    return [tuple(sample[key].removeprefix(f'{dataset.data_root}/') if key in sample else None
                  for key in ('img_path', 'depth_map_path')) for sample in samples]


BOTH = [('image/0.png', 'depth/0.png'), ('image/1.png', 'depth/1.png')]
LINES = 'image/0.png depth/0.png\nimage/1.png depth/1.png\n'


@pytest.mark.parametrize('text', [
    pytest.param(LINES, id='plain'),
    pytest.param(LINES.rstrip(), id='no final newline'),
    pytest.param(LINES.replace('\n', '\r\n'), id='crlf'),
    pytest.param('\ufeff' + LINES, id='bom'),
    pytest.param(b'\xef\xbb\xbf' + LINES.replace('\n', '\r\n').encode(), id='bom and crlf'),
    pytest.param('# a comment\n\n' + LINES.replace('\n', '\n \t\n') + '#image/2.png depth/2.png', id='comments'),
    pytest.param(LINES.replace('\n', ' 721.5377\n'), id='bts focal column'),
    pytest.param(LINES.replace(' ', '\t  '), id='tabs'),
    pytest.param(LINES.replace('\n', '  \t\n'), id='trailing blanks'),
    pytest.param(LINES.replace('\n', '\r'), id='cr'),
    pytest.param(LINES.replace(' ', ','), id='csv'),
    pytest.param(LINES.replace(' ', ';'), id='semicolons'),
    pytest.param('image,depth,focal\n' + LINES.replace(' ', ',').replace('\n', ',721.5\n'), id='csv with a header'),
    pytest.param(',depth_path,image_path\n0,depth/0.png,image/0.png\n1,depth/1.png,image/1.png', id='pandas'),
    pytest.param('1.5 image/0.png 1.6 depth/0.png\n2.5 image/1.png 2.4 depth/1.png', id='tum'),
    pytest.param('1.5 depth/0.png 1.6 image/0.png\n2.5 depth/1.png 2.4 image/1.png', id='tum, depth first'),
    pytest.param(LINES.replace('/', '\\'), id='backslashes'),
    pytest.param(LINES.replace('image/1', './image/../image/1'), id='dots that stay inside'),
])
def test_forms_of_a_split_file(pairs, text):
    got = [(image.replace('./image/../', ''), depth) for image, depth in listed(open_split(pairs, text))]
    assert got == BOTH


def test_a_sample_has_what_the_pipeline_needs(pairs):
    dataset = open_split(pairs, depth_format=dict(scale=100.0))
    assert len(dataset) == 3
    sample = dataset.get_data_info(1)
    assert sample == dict(
        img_path=f'{pairs}/image/1.png', depth_map_path=f'{pairs}/depth/1.png', depth_format=DepthFormat(scale=100.0),
        seg_fields=[], label_map=None, reduce_zero_label=False, sample_idx=1)


def test_prefixes_and_absolute_folders(pairs):
    text = '0.png 0.png\n1.png 1.png\n'
    prefix = dict(img_path='image', depth_map_path='depth')
    assert listed(open_split(pairs, text, data_prefix=prefix)) == BOTH
    prefix = dict(img_path=str(pairs / 'image'), depth_map_path=str(pairs / 'depth'))
    assert listed(open_split(pairs, text, data_prefix=prefix)) == BOTH
    # One folder may be left out: it is then the data root.
    assert listed(open_split(pairs, '0.png depth/0.png\n1.png depth/1.png', data_prefix=dict(img_path='image'))) == BOTH
    assert prefix == dict(img_path=str(pairs / 'image'), depth_map_path=str(pairs / 'depth'))


@pytest.mark.parametrize('test_mode', [False, True])
def test_samples_without_ground_truth_are_for_testing_only(pairs, test_mode):
    dataset = open_split(pairs, LINES + 'image/2.png None 721.5\n', test_mode=test_mode)
    assert listed(dataset) == BOTH + [('image/2.png', None)] * test_mode
    if test_mode:
        assert not {'depth_map_path', 'depth_format'} & set(dataset.get_data_info(2))


def test_loaded_through_the_pipeline(pairs, builders, mmseg_scope):
    pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='PackSegInputs')]
    packed = open_split(pairs, pipeline=pipeline)[1]
    np.testing.assert_array_equal(packed['inputs'].numpy()[::-1].transpose(1, 2, 0), builders.image(1))
    np.testing.assert_array_equal(packed['data_samples'].gt_depth_map.data[0].numpy(), builders.units(1) / 256)


# -------------------------------------------------------------------------------------------------------------- damage
def flip(data, place):
    return data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1:]


def as_jpeg(builders):
    return cv2.imencode('.jpg', builders.image())[1].tobytes()


# name, file that is spoilt, its new content (None: deleted), message, whether verify=False leaves it to LoadDepth
DAMAGE = [
    ('empty depth', 'depth', lambda b, data: b'', 'empty file', True),
    ('empty image', 'image', lambda b, data: b'', 'empty file', False),
    *((f'depth cut to {share:.0%}', 'depth', lambda b, data, s=share: data[:int(len(data) * s)],
       'truncated|cut off', True) for share in (0.02, 0.1, 0.5, 0.999)),
    *((f'image cut to {share:.0%}', 'image', lambda b, data, s=share: data[:int(len(data) * s)],
       'truncated|cut off', False) for share in (0.005, 0.5, 0.999)),
    ('depth header byte', 'depth', lambda b, data: flip(data, 18), 'header is cut off or damaged', True),
    ('image header byte', 'image', lambda b, data: flip(data, 18), 'header is cut off or damaged', False),
    ('8-bit depth', 'depth', lambda b, data: b.png_bytes(b.image()[..., 0]), '16-bit depth, got 8 bits', True),
    ('8-bit color depth', 'depth', lambda b, data: b.png_bytes(b.image()), '16-bit depth, got 8 bits', True),
    ('3-channel depth', 'depth', lambda b, data: b.png_bytes(np.stack([b.units()] * 3, -1)), '1 channel.*got 3', True),
    ('jpeg as depth', 'depth', lambda b, data: as_jpeg(b), 'a JPEG', True),
    ('depth of another size', 'depth', lambda b, data: b.png_bytes(b.units(shape=(20, 63))),
     r'depth has 20 x 63 pixels, but its image .*image/1.png has 20 x 64', True),
    ('depth on its side', 'depth', lambda b, data: b.png_bytes(b.units(shape=(64, 20))), 'has 64 x 20', True),
    ('text', 'depth', lambda b, data: b'version https://git-lfs.github.com/spec/v1' * 2, 'pointer of Git LFS', True),
]


def spoil(pairs, builders, folder, change):
    path = pairs / folder / '1.png'
    path.write_bytes(change(builders, path.read_bytes()))


@pytest.mark.parametrize('folder, change, message', [pytest.param(*case[1:4], id=case[0]) for case in DAMAGE])
def test_damage_is_seen_before_training(pairs, builders, folder, change, message):
    assert len(open_split(pairs)) == 3
    spoil(pairs, builders, folder, change)
    with pytest.raises(ValueError, match=f'{folder}/1.png: (?s:.*)({message})'):
        open_split(pairs)


@pytest.mark.parametrize('folder, change, message',
                         [pytest.param(*case[1:4], id=case[0]) for case in DAMAGE if case[4]])
def test_damage_is_seen_while_loading_without_verify(pairs, builders, mmseg_scope, folder, change, message):
    spoil(pairs, builders, folder, change)
    dataset = open_split(pairs, verify=False, pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadDepth')])
    assert dataset[0]['gt_depth_map'].max() > 0
    with pytest.raises(ValueError, match=f'{folder}/1.png: (?s:.*)({message})'):
        dataset[1]


@pytest.mark.parametrize('folder', ['image', 'depth'])
def test_a_flipped_byte_among_the_pixels_is_seen_while_loading(pairs, builders, mmseg_scope, folder, capfd):
    spoil(pairs, builders, folder, lambda b, data: flip(data, len(data) // 2))
    dataset = open_split(pairs, pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadDepth')])
    with pytest.raises((ValueError, AssertionError), match=f'{folder}/1.png'):
        dataset[1]
    capfd.readouterr()


@pytest.mark.parametrize('spoiled, message', [
    pytest.param(lambda data: b'', 'expected an image', id='empty'),
    pytest.param(lambda data: b'<html>' + data, 'expected an image.* web page', id='not-a-jpeg'),
    pytest.param(lambda data: data[:len(data) // 2], 'the JPEG is truncated', id='truncated')])
def test_damaged_jpegs(pairs, builders, spoiled, message):
    jpeg = cv2.imencode('.jpg', cv2.imread(str(pairs / 'image/1.png')))[1].tobytes()
    builders.write(pairs / 'image/1.jpg', jpeg)
    assert len(open_split(pairs, 'image/1.jpg depth/1.png\n')) == 1
    builders.write(pairs / 'image/1.jpg', jpeg + b'\0' * 8)
    assert len(open_split(pairs, 'image/1.jpg depth/1.png\n')) == 1
    builders.write(pairs / 'image/1.jpg', spoiled(jpeg))
    with pytest.raises(ValueError, match=f'image/1.jpg: {message}'):
        open_split(pairs, 'image/1.jpg depth/1.png\n')


@pytest.mark.parametrize('verify', [True, False])
@pytest.mark.parametrize('missing', ['image', 'depth'])
def test_missing_files(pairs, missing, verify):
    for index in (1, 2):
        (pairs / missing / f'{index}.png').unlink()
    with pytest.raises(FileNotFoundError, match=f'2 of the 6 files of .*split.txt do not exist, .*{missing}/1.png '
                                                r'\(.*split.txt, line 2\)'):
        open_split(pairs, verify=verify)


def test_a_missing_folder_is_a_missing_file(pairs):
    with pytest.raises(FileNotFoundError, match='1 of the 2 files .*nowhere/0.png'):
        open_split(pairs, 'image/0.png nowhere/0.png')


def test_missing_split_file(pairs):
    (pairs / 'split.txt').unlink()
    with pytest.raises(FileNotFoundError, match='split file .*split.txt does not exist'):
        open_split(pairs)


@pytest.mark.parametrize('text, kwargs, message', [
    ('', {}, 'split.txt holds no sample with ground truth'),
    ('# nothing\n\n', dict(test_mode=True), 'split.txt holds no sample. Check'),
    ('image/0.png None\n', {}, 'holds no sample with ground truth'),
], ids=['empty', 'comments', 'no depth'])
def test_empty_splits(pairs, text, kwargs, message):
    with pytest.raises(ValueError, match=message):
        open_split(pairs, text, **kwargs)


@pytest.mark.parametrize('line, path', [
    ('/../0.png depth/0.png', '/../0.png'),
    ('//etc/0.png depth/0.png', '//etc/0.png'),
    (r'..\0.png depth/0.png', '../0.png'),
    (r'\\etc\0.png depth/0.png', '//etc/0.png'),
    ('../pairs/image/0.png depth/0.png', '../pairs/image/0.png'),
    ('image/0.png depth/../../pairs/depth/0.png', 'depth/../../pairs/depth/0.png'),
    ('image/0.png ..', '..'),
    ('C:/image/0.png depth/0.png', 'C:/image/0.png'),
])
def test_paths_that_leave_the_data_root(pairs, line, path):
    with pytest.raises(ValueError, match=f"split.txt, line 3: path '{path}' leaves the data root"):
        open_split(pairs, f'# first\nimage/1.png depth/1.png\n{line}\n')


@pytest.mark.parametrize('line', ['image/0.png', 'image/0,depth.png'])
def test_a_line_with_one_column(pairs, line):
    with pytest.raises(ValueError, match=f"split.txt, line 4: expected 'IMAGE DEPTH' .*got '{line}'"):
        open_split(pairs, f'{LINES}\n{line}\n')


def test_a_leading_slash_is_the_data_root(pairs):
    assert listed(open_split(pairs, '/image/0.png /depth/0.png 518.8\n/image/1.png /depth/1.png 518.8')) == BOTH
    # A whole path is taken where it lies in the root, and is below the root where it does not: never elsewhere.
    assert listed(open_split(pairs, f'{pairs}/image/0.png {pairs}/depth/0.png\nimage/1.png depth/1.png')) == BOTH
    with pytest.raises(FileNotFoundError, match=rf'the first is {pairs}/etc/0.png \(.*split.txt, line 1\)'):
        open_split(pairs, '/etc/0.png depth/0.png')


def test_a_path_behind_a_link_does_not_leave_the_root(pairs, builders):
    """To the system 'link/../secret.png' is beside the folder to which the link leads."""
    builders.write(pairs.parent / 'elsewhere/secret.png', builders.image())
    (pairs.parent / 'elsewhere/inside').mkdir()
    (pairs / 'link').symlink_to(pairs.parent / 'elsewhere/inside')
    with pytest.raises(FileNotFoundError, match=f'the first is {pairs}/secret.png'):
        open_split(pairs, 'link/../secret.png depth/0.png')


def test_links_of_the_data_folder_are_followed(pairs):
    (pairs / 'image').rename(pairs.parent / 'disk')
    (pairs / 'image').symlink_to(pairs.parent / 'disk')
    assert listed(open_split(pairs, LINES)) == BOTH


@pytest.mark.parametrize('text, lines', [
    (LINES + '\n# once more\nimage/0.png depth/0.png 721.5', '1.*5'),
    (LINES + 'image/1.png\tdepth/1.png', '2.*3'),
    (LINES + './image/x/../1.png depth/1.png', '2.*3'),
    (LINES + r'image\1.png depth\1.png', '2.*3'),
    (LINES + 'IMAGE/1.PNG depth/1.png', '2.*3'),
])
@pytest.mark.parametrize('test_mode', [False, True])
def test_a_sample_that_is_listed_twice_is_an_error_of_both_lines(pairs, text, lines, test_mode):
    first, second = lines.split('.*')
    with pytest.raises(ValueError, match=rf'1 samples .* listed twice, the first in .*split.txt, line {first} and '
                                         rf'again in .*split.txt, line {second}. Each counts once'):
        open_split(pairs, text, test_mode=test_mode)


def test_one_depth_or_one_image_twice_is_no_repetition(pairs):
    assert len(open_split(pairs, 'image/0.png depth/0.png\nimage/0.png depth/1.png\nimage/1.png depth/1.png')) == 3


@pytest.mark.parametrize('name', ['my frame 1.png', 'ü.png', 'a,b.png', '100%.png', '%20.png', "it's.png", '#1.png',
                                  '{0}.png', 'a\xa0b.png', '東京\u3000駅.png', 'x=1;y.png', '-.png', 'None.png'])
def test_names_as_people_give_them(pairs, name, mmseg_scope):
    for folder in ('image', 'depth'):
        (pairs / folder / '1.png').rename(pairs / folder / name)
    for text in (f'image/{name}\tdepth/{name}', f'"image/{name}" "depth/{name}"', f'"image/{name}","depth/{name}"'):
        dataset = open_split(pairs, text, pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadDepth')])
        assert listed(dataset) == [(f'image/{name}', f'depth/{name}')] and dataset[0]['gt_depth_map'].max() > 0


@pytest.mark.parametrize('on_disk, in_list', [('NFD', 'NFC'), ('NFC', 'NFD')])
def test_accents_may_be_spelled_as_macos_or_as_others_do(pairs, on_disk, in_list):
    from unicodedata import normalize
    for folder in ('image', 'depth'):
        (pairs / normalize(on_disk, f'{folder}/café')).mkdir()
        (pairs / f'{folder}/1.png').rename(pairs / normalize(on_disk, f'{folder}/café/é.png'))
    (sample, ) = listed(open_split(pairs, normalize(in_list, 'image/café/é.png depth/café/é.png')))
    assert sample == tuple(normalize(on_disk, f'{folder}/café/é.png') for folder in ('image', 'depth'))


def test_a_name_in_another_case_is_found_unless_it_may_be_two(pairs):
    assert listed(open_split(pairs, 'Image/0.PNG DEPTH/0.Png\nimage/1.png depth/1.png')) == BOTH
    (pairs / 'depth/2.png').rename(pairs / 'depth/0.PNG')
    assert listed(open_split(pairs, 'image/0.png depth/0.PNG')) == [('image/0.png', 'depth/0.PNG')]
    with pytest.raises(ValueError, match=r"line 1: .*0.Png does not exist, and both '0.\w+' and '0.\w+' may be meant"):
        open_split(pairs, 'image/0.png depth/0.Png')


@pytest.mark.parametrize('make, what', [
    (lambda path: path.symlink_to('gone.png'), 'a link to gone.png, which does not exist'),
    (lambda path: path.symlink_to(path.name), 'a link to 1.png, which does not exist'),
    (lambda path: path.mkdir(), 'a folder'),
    (lambda path: os.mkfifo(path), 'neither a file nor a folder'),
])
def test_what_is_no_file_is_named(pairs, make, what):
    (pairs / 'depth/1.png').unlink()
    make(pairs / 'depth/1.png')
    with pytest.raises(FileNotFoundError, match=rf'the first is .*depth/1.png, which is {what} \(.*line 2\)'):
        open_split(pairs, LINES, verify=False)


@pytest.mark.parametrize('encoding', ['utf-16', 'utf-16-le', 'utf-32', 'utf-8-sig'])
def test_a_split_file_in_another_encoding(pairs, encoding):
    mark = '\ufeff' * (encoding == 'utf-16-le')
    assert listed(open_split(pairs, (mark + LINES).encode(encoding))) == BOTH


# --------------------------------------------------------------------------------------------------------- all together
def own_data(root, builders, pipeline):
    """JPEG images with millimetres in .npy files."""
    for index in range(2):
        (root / 'depth').mkdir(parents=True, exist_ok=True)
        (root / 'image').mkdir(exist_ok=True)
        cv2.imwrite(str(root / f'image/{index}.jpg'), builders.image(index))
        np.save(root / f'depth/{index}.npy', builders.units(index))
    return DepthFolderDataset(data_root=str(root), data_prefix=dict(img_path='image', depth_map_path='depth'),
                              depth_format=dict(scale=1000.0), pipeline=pipeline)


def test_all_datasets_concatenate(tmp_path, builders, minidrive, mmseg_scope):
    from mmengine.dataset import ConcatDataset
    pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadDepth'), dict(type='LoadVelodyneDepth'),
                dict(type='DepthCrop', crop_size=(20, 60)),
                dict(type='DepthToBinLabel', bins=dict(type='SIDBins', min_depth=1, max_depth=80, num_bins=71)),
                dict(type='PackSegInputs')]
    kitti = builders.kitti(tmp_path / 'kitti')
    parts = [
        KITTIDepthDataset(data_root=str(kitti), pipeline=pipeline),
        KITTIDepthDataset(data_root=str(kitti), ground_truth='velodyne', pipeline=pipeline),
        MiniDriveDataset(data_root=minidrive, pipeline=pipeline),
        SYNTHIADepthDataset(data_root=str(builders.synthia(tmp_path / 's', [0, 1, 50])), pipeline=pipeline),
        open_split(builders.pairs(tmp_path / 'pairs'), pipeline=pipeline),
        own_data(tmp_path / 'own', builders, pipeline),
    ]
    together = ConcatDataset(parts)
    assert [len(part) for part in parts] == [2, 4, 4, 3, 3, 2] and len(together) == 18
    assert together.metainfo['classes'] == ('depth', )
    for index in range(18):
        packed = together[index]
        assert packed['inputs'].shape == (3, 20, 60)
        depth = packed['data_samples'].gt_depth_map.data
        assert depth.shape == (1, 20, 60) and 0 < depth.max() < 660
        assert packed['data_samples'].gt_sem_seg.data.shape == (1, 20, 60)


def test_base_class_features_still_work(pairs):
    assert len(open_split(pairs, indices=2)) == 2
    lazy = open_split(pairs, lazy_init=True)
    lazy.full_init()
    assert len(lazy) == 3
    first, second = open_split(pairs, serialize_data=False), open_split(pairs)
    assert listed(first) == listed(second)


# --------------------------------------------------------------------------------------------------- EXIF orientation
def turned(folder, builders, orientation, depth_shape):
    """A JPEG of 20 x 64 stored pixels with an orientation tag, and depth of a shape."""
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(builders.image(shape=(20, 64))).save(folder / 'image/1.jpg', exif=exif)
    builders.write(folder / 'depth/1.png', builders.units(shape=depth_shape))
    return 'image/1.jpg depth/1.png\n'


def load(pairs, line, color_type='color', **kwargs):
    pipeline = [dict(type='LoadImageFromFile', color_type=color_type), dict(type='LoadDepth')]
    return open_split(pairs, line, pipeline=pipeline, **kwargs)[0]


@pytest.mark.parametrize('verify', [True, False])
@pytest.mark.parametrize('orientation', [5, 6, 7, 8])
def test_depth_of_a_turned_image(pairs, builders, mmseg_scope, orientation, verify):
    line = turned(pairs, builders, orientation, (64, 20))
    assert load(pairs, line, verify=verify)['img'].shape == (64, 20, 3)
    with pytest.raises(ValueError, match=f"orientation tag {orientation}, and depth shows the pixels turned.*'color'"):
        load(pairs, line, 'color_ignore_orientation', verify=verify)
    line = turned(pairs, builders, orientation, (20, 64))
    assert load(pairs, line, 'color_ignore_orientation', verify=verify)['img'].shape == (20, 64, 3)
    with pytest.raises(ValueError, match=f"tag {orientation}, and depth shows the pixels as stored.*_ignore"):
        load(pairs, line, verify=verify)


@pytest.mark.parametrize('orientation', [2, 3, 4])
def test_a_turn_that_sizes_do_not_tell(pairs, builders, mmseg_scope, orientation):
    line = turned(pairs, builders, orientation, (20, 64))
    with pytest.raises(ValueError, match=f'image/1.jpg: its EXIF orientation tag {orientation} .*depth_follows_exif'):
        load(pairs, line)
    stored = load(pairs, line, 'color_ignore_orientation')['img']
    seen = load(pairs, line, depth_follows_exif=True)['img']
    expected = {2: stored[:, ::-1], 3: stored[::-1, ::-1], 4: stored[::-1]}[orientation]
    assert np.abs(seen.astype(int) - expected).mean() < 12  # JPEG's blocks lie elsewhere


@pytest.mark.parametrize('name', ['1.bmp', '1.TIF', '1.webp', '1.ppm', '1.gif', '1.jp2'])
def test_images_of_other_kinds(pairs, builders, name):
    file = io.BytesIO()
    kind = {'tif': 'TIFF', 'jp2': 'JPEG2000'}.get(name[2:].lower(), name[2:].upper())
    Image.fromarray(builders.image(shape=(20, 64))).save(file, kind)
    builders.write(pairs / 'image' / name, file.getvalue())
    builders.write(pairs / 'depth/1.png', builders.units(shape=(20, 64)))
    assert len(open_split(pairs, f'image/{name} depth/1.png\n')) == 1
    builders.write(pairs / 'depth/1.png', builders.units(shape=(64, 20)))
    with pytest.raises(ValueError, match='64 x 20 pixels, but its image .* has 20 x 64'):
        open_split(pairs, f'image/{name} depth/1.png\n')
